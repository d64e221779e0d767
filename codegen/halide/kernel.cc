#include "codegen/halide/kernel.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "codegen/halide/schedule.h"
#include "codegen/halide/strategies.h"
#include "ir/check.h"
#include "ir/status.h"
#include "runtime/base/alignment.h"

namespace brine::codegen {
namespace {

using Halide::Internal::Allocate;
using Halide::Internal::LoweredFunc;

constexpr int64_t kStackLimit =
    16 << 10;  // bytes: Halide puts constant allocations up to this size on the stack, of any kind but kOnStack
constexpr int64_t kPadding = 64;  // Halide reads up to a vector past the end of an allocation

// The most that kernels may use of a thread's stack; the thread may be the user's or one of ours.
constexpr int64_t kMaxOnStack = 1 << 20;

constexpr Halide::OutputFileType kFileTypes[] = {Halide::OutputFileType::object, Halide::OutputFileType::stmt,
                                                 Halide::OutputFileType::assembly};  // in the order of OutputForm

// Adds up the allocations of a lowered function from halide_malloc and on the stack.
class AllocationCounter : public Halide::Internal::IRVisitor {
 public:
  int64_t bytes = 0, on_stack = 0;
  std::string fault;

 private:
  using IRVisitor::visit;

  void visit(const Halide::Internal::For* loop) override {
    ++loops_;
    IRVisitor::visit(loop);
    --loops_;
  }

  void visit(const Allocate* allocation) override {
    const Halide::MemoryType type = allocation->memory_type;
    const int64_t size = int64_t{allocation->constant_allocation_size()} * allocation->type.bytes();
    if (size == 0 && !allocation->extents.empty()) fault = absl::StrCat(allocation->name, " has no constant size");
    if (type == kOnStack || (size <= kStackLimit && type != Halide::MemoryType::Heap)) {
      const OnStack taken = Take({allocation->type, size});
      IRVisitor::visit(allocation);
      free_.push_back(taken);
      return;
    }
    IRVisitor::visit(allocation);
    if (loops_ > 0) fault = absl::StrCat(allocation->name, " is allocated inside a loop");
    const int64_t padding = int64_t{allocation->padding} * allocation->type.bytes();
    bytes += base::RoundUp(size + padding + kPadding);
  }

  struct OnStack {
    Halide::Type type;
    int64_t bytes;
  };

  // As in Halide's code generator, memory that is no longer used serves the next allocation of the same type that is
  // not larger.
  OnStack Take(const OnStack& wanted) {
    const auto place = std::find_if(free_.begin(), free_.end(), [&](const OnStack& place) {
      return place.type == wanted.type && place.bytes >= wanted.bytes;
    });
    if (place == free_.end()) {
      on_stack += wanted.bytes;
      return wanted;
    }
    const OnStack taken = *place;
    free_.erase(place);
    return taken;
  }

  int loops_ = 0;
  std::vector<OnStack> free_;
};

struct LoweredKernel {
  Halide::Module module;
  int64_t scratch = 0, on_stack = 0;  // bytes
};

absl::StatusOr<LoweredKernel> Lower(const ScheduledKernel& kernel, const Halide::Target& target,
                                    const std::string& symbol) {
  Halide::Pipeline pipeline = kernel.pipeline;
  LoweredKernel lowered = {
      pipeline.compile_to_module(kernel.inputs, symbol, target, Halide::LinkageType::ExternalPlusArgv)};
  for (const LoweredFunc& function : lowered.module.functions()) {
    AllocationCounter counter;
    function.body.accept(&counter);
    const bool is_entry = function.name == symbol;
    if (!is_entry && counter.bytes > 0) counter.fault = "memory is allocated inside a parallel loop";
    if (!counter.fault.empty()) return absl::InternalError(counter.fault);
    if (is_entry) lowered.scratch = counter.bytes;
    lowered.on_stack += counter.on_stack;
  }
  return lowered;
}

int ArgumentOf(const ir::Node& kernel, ir::ValueId value) {
  const auto argument = std::find(kernel.inputs.begin(), kernel.inputs.end(), value);
  return argument == kernel.inputs.end() ? -1 : static_cast<int>(argument - kernel.inputs.begin());
}

std::vector<CandidateFact> FactsOf(const std::vector<Candidate>& candidates) {
  std::vector<CandidateFact> facts;
  for (const Candidate& candidate : candidates)
    facts.push_back({candidate.strategy->name, candidate.milliseconds, candidate.reason});
  return facts;
}

struct ChosenKernel {
  ScheduledKernel scheduled;
  LoweredKernel lowered;
  KernelFacts facts;
};

// Builds a kernel by the first of the candidates that can be lowered and whose tasks fit the stack.  If there is none,
// the error says why the last that was tried failed.
absl::StatusOr<ChosenKernel> Choose(const KernelSpec& spec, const Machine& machine, const Halide::Target& target,
                                    const KernelOptions& options) {
  const std::vector<Candidate> candidates = Candidates(spec, machine, options.strategy);
  std::vector<CandidateFact> considered = FactsOf(candidates);
  std::string failure;
  for (size_t index = 0; index < candidates.size(); ++index) {
    if (!candidates[index].reason.empty()) continue;
    KernelBuilder builder(spec, machine);
    ScheduledKernel scheduled = candidates[index].strategy->build(builder);
    absl::StatusOr<LoweredKernel> lowered = Lower(scheduled, target, options.symbol);
    if (!lowered.ok() || lowered->on_stack > kMaxOnStack) {
      failure = lowered.ok() ? absl::StrCat("a task needs ", lowered->on_stack >> 10, " KB on its stack")
                             : std::string(lowered.status().message());
      considered[index].reason = failure;
      continue;
    }
    KernelFacts facts = {lowered->scratch, candidates[index].strategy->name, ArgumentOf(spec.kernel, scheduled.sparse),
                         considered};
    return ChosenKernel{std::move(scheduled), *std::move(lowered), std::move(facts)};
  }
  return absl::UnimplementedError(failure);
}

}  // namespace

absl::StatusOr<KernelFacts> CompileKernel(const ir::Graph& graph, const Halide::Target& base,
                                          const KernelOptions& options, const std::string& path) {
  Halide::Target target = base.with_feature(Halide::Target::NoRuntime).with_feature(Halide::Target::UserContext);
  if (options.asserts) {
    target = target.with_feature(Halide::Target::CheckUnsafePromises);
  } else {
    target = target.with_feature(Halide::Target::NoAsserts).with_feature(Halide::Target::NoBoundsQuery);
  }
  const KernelSpec spec = MakeSpec(graph);
  const Machine& machine = MachineOf(base.to_string());
  if (options.form == OutputForm::kFacts) {
    KernelFacts facts;
    facts.candidates = FactsOf(Candidates(spec, machine, options.strategy));
    facts.strategy = facts.candidates[0].strategy;
    return facts;
  }
  BRINE_ASSIGN_OR_RETURN(ChosenKernel kernel, Choose(spec, machine, target, options));
  const std::vector<int>& output_order = kernel.scheduled.output_order;

  bool found = false;
  for (LoweredFunc& function : kernel.lowered.module.functions()) {
    if (function.name != options.symbol) continue;
    found = true;
    // The pipeline's outputs are in the order of its loops, but callers pass them in the kernel's order.
    const size_t first = function.args.size() - output_order.size();
    std::vector<Halide::Internal::LoweredArgument> outputs(output_order.size());
    for (size_t at = 0; at < outputs.size(); ++at)
      outputs[static_cast<size_t>(output_order[at])] = function.args[first + at];
    std::copy(outputs.begin(), outputs.end(), function.args.begin() + static_cast<std::ptrdiff_t>(first));
  }
  BRINE_CHECK(found);
  kernel.lowered.module.compile({{kFileTypes[static_cast<size_t>(options.form)], path}});
  return kernel.facts;
}

}  // namespace brine::codegen
