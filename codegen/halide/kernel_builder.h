// A kernel while it is built: its parameters as Funcs, the values of its body, and its outputs.
#ifndef BRINE_CODEGEN_HALIDE_KERNEL_BUILDER_H_
#define BRINE_CODEGEN_HALIDE_KERNEL_BUILDER_H_

#include <array>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "codegen/halide/images.h"
#include "codegen/halide/kernel_spec.h"
#include "codegen/halide/schedule.h"

namespace brine::codegen {

struct ScheduledKernel {
  Halide::Pipeline pipeline;
  std::vector<Halide::Argument> inputs;  // in the order of the kernel's inputs
  std::vector<int> output_order;         // the pipeline's output k is the kernel's output output_order[k]
  ir::ValueId sparse = ir::kNoValue;     // the parameter whose zeros are skipped
};

// A sum of the hero, at the element of the result that is being computed, or, before a pool, at this row and column of
// its window.
using WindowSum = std::function<Halide::Expr(int row, int column)>;

class KernelBuilder {
 public:
  KernelBuilder(const KernelSpec& spec, const Machine& machine);

  const KernelSpec& spec() const { return spec_; }
  const LoopContext& context() const { return context_; }

  const Tensor* Parameter(ir::ValueId value) const;  // null if the body makes `value`

  // A value that does not depend on the hero.  A cheap one is computed where it is read; any other is stored at the top
  // of the kernel.
  Tensor Read(ir::ValueId value);

  // Whether a value lies in memory once it has been read.  Results of the kernel do after AddOutput.
  bool IsStored(ir::ValueId value) const { return Parameter(value) != nullptr || stored_.count(value) != 0; }

  // Operand `index` of the hero, an image, without the rows and columns at its end that are known to be zero.
  Tensor TrimmedImage(int index);

  // The results of the kernel at `at`, computed from the value `from` of the epilogue (the sums, or what the spec
  // names), which is `sum` there.  All of it is Exprs of Axes(rank).  `at` is the index of the element, usually the
  // axes themselves.
  std::vector<Halide::Expr> LowerEpilogue(const Index& at, ir::ValueId from, const WindowSum& sum);
  std::vector<Halide::Expr> LowerEpilogue(const Index& at, const WindowSum& sum) {
    return LowerEpilogue(at, spec_.sums(), sum);
  }
  // The same at the axes, for a kernel without a pool.
  std::vector<Halide::Expr> LowerEpilogue(ir::ValueId from, const Halide::Expr& sum);

  // `image` with the border that the window's padding asks for, copied once; `image` itself if there is no padding.
  Tensor Bordered(const Tensor& image, const Window& window) const;
  // The same with `before` rows and columns in front and at least the extents `size`.
  Tensor WithBorder(const Tensor& image, const int before[2], const std::array<int, 2>& size) const;

  // The Func writes these outputs of the kernel: the elements of its Tuple, in order.
  void AddOutput(const Halide::Func& func, const std::vector<ir::ValueId>& values);
  // The kernel, with loop nests for those side reductions that are no outputs yet.
  ScheduledKernel Finish();

 private:
  using Values = std::map<ir::ValueId, Tensor>;

  void SetBounds(Halide::OutputImageParam param, const ir::Shape& shape, bool strides_only);
  Lowered Lower(const ir::Node& node, const std::vector<Tensor>& operands, const Index& at);
  const Lowered& LowerPrologue(const ir::Node& node);
  void AddSideReductions();
  Tensor Summand(ir::ValueId value, const ir::Node& sum);
  void LowerEpilogueNode(const ir::Node& node, const Index& at, Values& known);

  const KernelSpec& spec_;
  LoopContext context_;
  std::vector<Halide::ImageParam> params_;
  Values parameters_, stored_;
  std::map<const ir::Node*, Lowered> prologue_;  // nodes that do not depend on the hero
  std::vector<Halide::Func> outputs_;
  std::vector<int> output_order_;
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_KERNEL_BUILDER_H_
