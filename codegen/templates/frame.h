// What every template shares: the kernel's parameters, its outputs, and ops that are scheduled by themselves.
#ifndef BRINE_CODEGEN_TEMPLATES_FRAME_H_
#define BRINE_CODEGEN_TEMPLATES_FRAME_H_

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "codegen/images.h"
#include "codegen/schedule.h"
#include "codegen/templates/templates.h"

namespace brine::codegen {

class Frame {
 public:
  explicit Frame(const KernelRequest& request);

  const ir::Graph& graph() const { return graph_; }
  const ir::Node& kernel() const { return kernel_; }
  const Machine& machine() const { return machine_; }

  // A parameter of the kernel; null where `value` is made inside.
  const Tensor* Parameter(ir::ValueId value) const;

  // A parameter, or what a relu_avg_pool_grad inside makes of two of them, computed wherever it is read; then without
  // the rows and columns behind the last windows, which are zero.
  std::optional<Tensor> PictureGradient(ir::ValueId value);

  // The one node of the kernel with this op; null where there is none.
  const ir::Node* Find(const ir::Op& op) const;
  const ir::Node* Maker(ir::ValueId value) const;  // null for a parameter
  bool IsOutput(ir::ValueId value) const;

  // `node` as Funcs over these operands, and its inner loops scheduled at the top of the kernel.  For what is not worth
  // a schedule of its own: the result is one more loop nest.
  LoopNest Lower(const ir::Node& node, const std::vector<Tensor>& operands);

  // What the kernel makes of the result of `node`, all nodes behind which are elementwise, from `value`.
  Tensor LowerRest(const ir::Node& node, Tensor value);

  // `image` with the border that the window's pads ask for, copied once; itself where there are none.
  Tensor Bordered(const Tensor& image, const Window& window) const;
  // The same for a border of `before` rows and columns in front and a whole extent of `size` at least.
  Tensor WithBorder(const Tensor& image, const int before[2], const std::array<int, 2>& size) const;

  // The Func writes these outputs of the kernel: the parts of its Tuple, in order.  Its first buffer is given its
  // shape.
  void AddOutput(Halide::Func func, const std::vector<ir::ValueId>& values);
  // The kernel's reduce_sum, where it has one, as an output over `operand`.
  void AddSum(const Tensor& operand);
  // The same over a PictureGradient.
  void AddGradientSum(ir::ValueId value);
  ScheduledKernel Finish(const char* algorithm);

 private:
  void SetBounds(Halide::OutputImageParam param, const ir::Shape& shape, bool strides_only);

  const ir::Graph& graph_;
  const ir::Node& kernel_;
  Machine machine_;
  std::vector<Halide::ImageParam> params_;
  std::map<ir::ValueId, Tensor> tensors_;
  std::vector<Halide::Func> outputs_;
  std::vector<int> output_order_;
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_FRAME_H_
