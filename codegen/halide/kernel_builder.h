// A kernel while a strategy builds it: its parameters as Funcs, the values of its body, and its outputs.  A strategy
// reads the operands of the hero (Read), schedules the sums, turns them into results (LowerEpilogue), and hands over
// the Funcs that write these (AddOutput).
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

// A kernel that is ready to be lowered.
struct ScheduledKernel {
  Halide::Pipeline pipeline;
  std::vector<Halide::Argument> inputs;  // in the order of the kernel's inputs
  std::vector<int> output_order;         // output k of the pipeline is output output_order[k] of the kernel
  ir::ValueId sparse = ir::kNoValue;     // the parameter whose zeros are skipped
};

// Returns the hero's sum for the element of the result at Axes(rank), or, if a pool follows, for the cell (row, column)
// of that element's window.  Without a pool, both are 0.
using WindowSum = std::function<Halide::Expr(int row, int column)>;

// An image with a border of zeros.  If it is a copy, the strategy schedules it (CopyInTask).
struct BorderedImage {
  Tensor tensor;
  bool is_copy;
};

class KernelBuilder {
 public:
  // The spec must outlive the builder.
  KernelBuilder(const KernelSpec& spec, const Machine& machine);

  // A kernel inside another one: `parameters` are Funcs of that kernel, and so are the results.
  KernelBuilder(const KernelSpec& spec, const LoopContext& context, std::map<ir::ValueId, Tensor> parameters);

  const KernelSpec& spec() const { return spec_; }
  const LoopContext& context() const { return context_; }

  const Tensor* Parameter(ir::ValueId value) const;  // null if the body makes `value`

  // A value that does not depend on the hero.  If it is cheap, it is computed where it is read; any other is stored at
  // the top of the kernel.
  Tensor Read(ir::ValueId value);

  // Whether a value lies in memory once it has been read.  Results of the kernel do after AddOutput.
  bool IsStored(ir::ValueId value) const { return Parameter(value) != nullptr || stored_.count(value) != 0; }

  // Operand `operand` of the hero, an image, without those rows and columns at its end that are known to be zero.
  Tensor TrimmedImage(int operand);

  // The results of the kernel for element `result_index`, in the order of spec().results, as expressions of Axes(rank).
  // The epilogue begins with the value `first_value`, which is the hero's sums, or spec().with_addend or spec().masked
  // if the strategy has computed these nodes itself; `sum` returns that value.  `result_index` is usually the axes
  // themselves.  It differs from them where results are computed over tiles.
  std::vector<Halide::Expr> LowerEpilogue(const Index& result_index, ir::ValueId first_value, const WindowSum& sum);

  // The same, from the hero's sums.
  std::vector<Halide::Expr> LowerEpilogue(const Index& result_index, const WindowSum& sum) {
    return LowerEpilogue(result_index, spec_.sums(), sum);
  }

  // The same, for a kernel without a pool, at the axes themselves.
  std::vector<Halide::Expr> LowerEpilogue(ir::ValueId first_value, const Halide::Expr& sum);

  // A copy of `image` with the border of zeros that the padding of `window` asks for; `image` itself if there is no
  // padding.
  Tensor Bordered(const Tensor& image, const Window& window) const;

  // A copy of `image` with `before` rows and columns of zeros before the first pixel, and of `size` rows and columns;
  // `image` itself if it has at least this size and needs nothing before the first pixel.
  Tensor WithBorder(const Tensor& image, const int before[2], const std::array<int, 2>& size) const;

  // The same copy, of which each task makes the pixels that it reads, so that it does not cross memory.
  BorderedImage WithBorderInTask(const Tensor& image, const int before[2], const std::array<int, 2>& size) const;

  // Schedules the copy inside `loop` of `reader`, on the stack of the task.  An iteration of the loop reads `channels`
  // channels of `images` × `rows` × `columns` pixels.
  void CopyInTask(BorderedImage& image, Halide::Func& reader, const Halide::VarOrRVar& loop, int images, int rows,
                  int columns, int channels) const;

  // States that `func` writes the outputs `values` of the kernel: its value, or the elements of its Tuple in this
  // order.
  void AddOutput(const Halide::Func& func, const std::vector<ir::ValueId>& values);
  // Returns the kernel.  It gets a loop nest for each side reduction that is no output yet, so a strategy need not know
  // of side reductions.
  ScheduledKernel Finish();

 private:
  using Values = std::map<ir::ValueId, Tensor>;

  void SetLayout(Halide::OutputImageParam param, const ir::Shape& shape, bool sets_bounds);
  Lowered Lower(const ir::Node& node, const std::vector<Tensor>& operands, const Index& result_index);
  const Lowered& LowerPrologue(const ir::Node& node);
  void AddSideReductions();
  Tensor ReadForReduction(ir::ValueId value, const ir::Node& reduction);
  void LowerEpilogueNode(const ir::Node& node, const Index& result_index, Values& known);

  const KernelSpec& spec_;
  LoopContext context_;
  const bool is_inside_ = false;  // whether it is a kernel inside another one
  std::vector<Halide::ImageParam> params_;
  Values parameters_;
  Values stored_;                                // values of the body that have memory
  std::map<const ir::Node*, Lowered> prologue_;  // nodes that do not depend on the hero
  std::vector<Halide::Func> outputs_;
  std::vector<int> output_order_;  // see ScheduledKernel
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_KERNEL_BUILDER_H_
