#include "codegen/kernel.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "codegen/schedule.h"
#include "codegen/templates/templates.h"
#include "ir/check.h"

namespace brine::codegen {
namespace {

using Halide::Internal::Allocate;
using Halide::Internal::LoweredFunc;

constexpr int64_t kStackLimit = 16 << 10;  // bytes: Halide puts constant allocations up to this size on the stack, of any kind but kOnStack
constexpr int64_t kPadding = 64;           // Halide reads up to a vector past the end of an allocation

// Adds up what a lowered function takes from halide_malloc.
class AllocationCounter : public Halide::Internal::IRVisitor {
 public:
  int64_t bytes = 0;
  std::string fault;

 private:
  using IRVisitor::visit;

  void visit(const Halide::Internal::For* loop) override {
    ++loops_;
    IRVisitor::visit(loop);
    --loops_;
  }

  void visit(const Allocate* allocation) override {
    IRVisitor::visit(allocation);
    const Halide::MemoryType type = allocation->memory_type;
    const int64_t size = int64_t{allocation->constant_allocation_size()} * allocation->type.bytes();
    if (size == 0 && !allocation->extents.empty()) fault = absl::StrCat(allocation->name, " has no constant size");
    if (type == kOnStack || (size <= kStackLimit && type != Halide::MemoryType::Heap)) return;
    if (loops_ > 0) fault = absl::StrCat(allocation->name, " is allocated inside a loop");
    const int64_t padding = int64_t{allocation->padding} * allocation->type.bytes();
    bytes += (size + padding + kPadding + 63) / 64 * 64;
  }

  int loops_ = 0;
};

}  // namespace

absl::StatusOr<int64_t> CompileKernel(const ir::Graph& graph, const Halide::Target& base, const KernelOptions& options, const std::string& path) {
  Halide::Target target = base.with_feature(Halide::Target::NoRuntime).with_feature(Halide::Target::UserContext);
  if (!options.asserts) target = target.with_feature(Halide::Target::NoAsserts).with_feature(Halide::Target::NoBoundsQuery);

  const ScheduledKernel kernel = BuildKernel({graph, target});
  Halide::Pipeline pipeline = kernel.pipeline;
  Halide::Module module = pipeline.compile_to_module(kernel.inputs, options.symbol, target, Halide::LinkageType::ExternalPlusArgv);

  int64_t scratch = 0;
  bool found = false;
  for (LoweredFunc& function : module.functions()) {
    AllocationCounter counter;
    function.body.accept(&counter);
    const bool is_entry = function.name == options.symbol;
    if (!is_entry && counter.bytes > 0) counter.fault = "memory is allocated inside a parallel loop";
    if (!counter.fault.empty()) return absl::InternalError(counter.fault);
    if (!is_entry) continue;
    found = true;
    scratch = counter.bytes;
    // The pipeline's outputs come in the order of its loops; callers pass them in the kernel's own order.
    const size_t first = function.args.size() - kernel.output_order.size();
    std::vector<Halide::Internal::LoweredArgument> outputs(kernel.output_order.size());
    for (size_t at = 0; at < outputs.size(); ++at) outputs[static_cast<size_t>(kernel.output_order[at])] = function.args[first + at];
    std::copy(outputs.begin(), outputs.end(), function.args.begin() + static_cast<std::ptrdiff_t>(first));
  }
  BRINE_CHECK(found);
  module.compile({{Halide::OutputFileType::object, path}});
  return scratch;
}

}  // namespace brine::codegen
