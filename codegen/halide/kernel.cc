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

// Halide puts an allocation of constant size on the stack if it has at most this size.  Memory of type kOnStack is
// there whatever its size.
constexpr int64_t kMaxImplicitStackBytes = 16 << 10;

constexpr int64_t kPaddingBytes = 64;  // Halide reads up to a vector past the end of an allocation

// The most stack that a kernel may use.  Its thread may be one of the user's, so its stack may be small.
constexpr int64_t kMaxStackBytes = 1 << 20;

constexpr Halide::OutputFileType kFileTypes[] = {Halide::OutputFileType::object, Halide::OutputFileType::stmt,
                                                 Halide::OutputFileType::assembly};  // in the order of OutputForm

// Adds up the allocations of a lowered function: those from halide_malloc, and those on the stack.
class AllocationCounter : public Halide::Internal::IRVisitor {
 public:
  int64_t heap_bytes = 0, stack_bytes = 0;
  std::string error;  // why the memory cannot be planned; empty if it can

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
    if (size == 0 && !allocation->extents.empty()) error = absl::StrCat(allocation->name, " has no constant size");
    if (type == kOnStack || (size <= kMaxImplicitStackBytes && type != Halide::MemoryType::Heap)) {
      const StackBlock taken = TakeStackBlock({allocation->type, size});
      IRVisitor::visit(allocation);
      free_.push_back(taken);
      return;
    }
    IRVisitor::visit(allocation);
    if (loops_ > 0) error = absl::StrCat(allocation->name, " is allocated inside a loop");
    const int64_t padding = int64_t{allocation->padding} * allocation->type.bytes();
    heap_bytes += base::RoundUp(size + padding + kPaddingBytes);
  }

  struct StackBlock {
    Halide::Type type;
    int64_t bytes;
  };

  // A block of the stack for an allocation.  As in Halide's code generator, a block whose allocation has ended is
  // reused for one of the same type that is not larger.
  StackBlock TakeStackBlock(const StackBlock& wanted) {
    const auto block = std::find_if(free_.begin(), free_.end(), [&](const StackBlock& unused) {
      return unused.type == wanted.type && unused.bytes >= wanted.bytes;
    });
    if (block == free_.end()) {
      stack_bytes += wanted.bytes;
      return wanted;
    }
    const StackBlock taken = *block;
    free_.erase(block);
    return taken;
  }

  int loops_ = 0;  // that enclose the statement
  std::vector<StackBlock> free_;
};

struct LoweredKernel {
  Halide::Module module;
  int64_t scratch_bytes = 0;  // from halide_malloc, on the calling thread
  int64_t stack_bytes = 0;    // the sum over the kernel and its tasks, which is at least what one thread needs
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
    if (!is_entry && counter.heap_bytes > 0) counter.error = "memory is allocated inside a parallel loop";
    if (!counter.error.empty()) return absl::InternalError(counter.error);
    if (is_entry) lowered.scratch_bytes = counter.heap_bytes;
    lowered.stack_bytes += counter.stack_bytes;
  }
  return lowered;
}

// The position of `value` among the inputs of the kernel; -1 if it is none of them.
int ArgumentOf(const ir::Node& kernel, ir::ValueId value) {
  const auto argument = std::find(kernel.inputs.begin(), kernel.inputs.end(), value);
  return argument == kernel.inputs.end() ? -1 : static_cast<int>(argument - kernel.inputs.begin());
}

std::vector<CandidateFact> FactsOf(const std::vector<Candidate>& candidates) {
  std::vector<CandidateFact> facts;
  for (const Candidate& candidate : candidates)
    facts.push_back(
        {candidate.strategy->name, candidate.milliseconds, candidate.nonzero_milliseconds, candidate.reason});
  return facts;
}

struct ChosenKernel {
  ScheduledKernel scheduled;
  LoweredKernel lowered;
  KernelFacts facts;
};

// Builds and lowers the kernel by a strategy.  What Halide refuses is an error of the strategy, not of the model, which
// another strategy may still build.
absl::StatusOr<LoweredKernel> BuildBy(const Strategy& strategy, KernelBuilder& builder, const Halide::Target& target,
                                      const std::string& symbol, ScheduledKernel& scheduled) {
  try {
    scheduled = strategy.build(builder);
    return Lower(scheduled, target, symbol);
  } catch (const Halide::Error& error) {
    std::string text = error.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return absl::InternalError(text);
  }
}

// Builds a kernel by the first candidate that can be lowered and that fits the stack.  If there is none, the error says
// why the last one that was tried does not.
absl::StatusOr<ChosenKernel> Choose(const KernelSpec& spec, const Machine& machine, const Halide::Target& target,
                                    const KernelOptions& options) {
  const std::vector<Candidate> candidates = Candidates(spec, machine, options.strategy);
  std::vector<CandidateFact> considered = FactsOf(candidates);
  std::string failure;
  for (size_t index = 0; index < candidates.size(); ++index) {
    if (!candidates[index].reason.empty()) continue;
    KernelBuilder builder(spec, machine);
    ScheduledKernel scheduled;
    absl::StatusOr<LoweredKernel> lowered =
        BuildBy(*candidates[index].strategy, builder, target, options.symbol, scheduled);
    if (!lowered.ok() || lowered->stack_bytes > kMaxStackBytes) {
      failure = lowered.ok() ? absl::StrCat("a task needs ", lowered->stack_bytes >> 10, " KB on its stack")
                             : std::string(lowered.status().message());
      considered[index].reason = failure;
      continue;
    }
    KernelFacts facts = {lowered->scratch_bytes, candidates[index].strategy->name,
                         ArgumentOf(spec.kernel, scheduled.sparse), considered};
    return ChosenKernel{std::move(scheduled), *std::move(lowered), std::move(facts)};
  }
  return absl::UnimplementedError(failure);
}

}  // namespace

absl::StatusOr<KernelFacts> CompileKernel(const ir::Graph& graph, const Halide::Target& base_target,
                                          const KernelOptions& options, const std::string& path) {
  Halide::Target target = base_target.with_feature(Halide::Target::NoRuntime).with_feature(Halide::Target::UserContext);
  if (options.asserts) {
    target = target.with_feature(Halide::Target::CheckUnsafePromises);
  } else {
    target = target.with_feature(Halide::Target::NoAsserts).with_feature(Halide::Target::NoBoundsQuery);
  }
  const KernelSpec spec = MakeSpec(graph);
  const std::string target_text = base_target.to_string();
  const Machine& machine = MachineOf(target_text);
  if (options.form == OutputForm::kFacts) {
    KernelFacts facts;
    facts.candidates = FactsOf(Candidates(spec, machine, options.strategy));
    facts.strategy = facts.candidates[0].strategy;
    return facts;
  }
  BRINE_ASSIGN_OR_RETURN(ChosenKernel kernel, Choose(spec, machine, target, options));
  const std::vector<int>& output_order = kernel.scheduled.output_order;

  bool has_entry = false;
  for (LoweredFunc& function : kernel.lowered.module.functions()) {
    if (function.name != options.symbol) continue;
    has_entry = true;
    // The pipeline's outputs are in the order of its loops, but callers pass them in the kernel's order.
    const size_t first = function.args.size() - output_order.size();
    std::vector<Halide::Internal::LoweredArgument> outputs(output_order.size());
    for (size_t output = 0; output < outputs.size(); ++output)
      outputs[static_cast<size_t>(output_order[output])] = function.args[first + output];
    std::copy(outputs.begin(), outputs.end(), function.args.begin() + static_cast<std::ptrdiff_t>(first));
  }
  BRINE_CHECK(has_entry);
  kernel.lowered.module.compile({{kFileTypes[static_cast<size_t>(options.form)], path}});
  return kernel.facts;
}

}  // namespace brine::codegen
