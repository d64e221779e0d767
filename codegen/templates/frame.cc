#include "codegen/templates/frame.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ir/check.h"
#include "ir/op.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::Var;
using ir::Node;
using ir::ValueId;

Frame::Frame(const KernelRequest& request) : graph_(request.graph), kernel_(request.kernel()) {
  machine_.lanes = request.target.natural_vector_size<float>();
  machine_.registers = request.target.has_feature(Halide::Target::AVX512) ? 32 : 16;
  machine_.batch_size = graph_.batch_size;
  for (ValueId value : kernel_.inputs) {
    const ir::Type& type = graph_.type(value);
    params_.emplace_back(ToHalide(type.dtype), type.rank(), absl::StrCat("in", params_.size()));
    for (int axis = 0; axis < type.rank() && !machine_.rows.defined(); ++axis) {
      if (type.shape[static_cast<size_t>(type.rank() - 1 - axis)] == ir::kBatch)
        machine_.rows = params_.back().dim(axis).extent();
    }
    tensors_[value] = {type, params_.back(), -1};
  }
  for (size_t index = 0; index < params_.size(); ++index)
    SetBounds(params_[index], graph_.type(kernel_.inputs[index]).shape, false);
}

// A dense buffer whose extents are fixed, but for n.
void Frame::SetBounds(Halide::OutputImageParam param, const ir::Shape& shape, bool strides_only) {
  Expr stride = 1;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const ir::Dim dim = shape[shape.size() - 1 - axis];
    auto dimension = param.dim(static_cast<int>(axis));
    if (!strides_only) {
      dimension.set_min(0);
      if (dim != ir::kBatch)
        dimension.set_extent(static_cast<int>(dim));
      else if (machine_.rows.defined() && !Halide::Internal::equal(dimension.extent(), machine_.rows))
        dimension.set_extent(machine_.rows);
    }
    dimension.set_stride(stride);
    if (axis + 1 < shape.size()) stride = stride * (dim == ir::kBatch ? machine_.rows : Expr(static_cast<int>(dim)));
  }
}

const Tensor* Frame::Parameter(ValueId value) const {
  const auto tensor = tensors_.find(value);
  return tensor == tensors_.end() ? nullptr : &tensor->second;
}

std::optional<Tensor> Frame::PictureGradient(ValueId value) {
  if (const Tensor* const parameter = Parameter(value)) return *parameter;
  const Node& maker = *Maker(value);
  if (maker.op != &ir::kReluAvgPoolGrad || IsOutput(value)) return std::nullopt;
  const Tensor &dy = *Parameter(maker.inputs[0]), &mask = *Parameter(maker.inputs[1]);
  Tensor gradient = {graph_.type(value), Lower(maker, {dy, mask}).func, -1};
  for (size_t axis : {0, 1})
    gradient.type.shape[axis + 1] = dy.type.shape[axis + 1] * maker.attributes.Ints("window")[axis];
  return gradient;
}

const Node* Frame::Find(const ir::Op& op) const {
  const Node* found = nullptr;
  for (const Node& node : kernel_.body) {
    if (node.op != &op) continue;
    if (found != nullptr) return nullptr;
    found = &node;
  }
  return found;
}

const Node* Frame::Maker(ValueId value) const {
  for (const Node& node : kernel_.body) {
    if (std::find(node.outputs.begin(), node.outputs.end(), value) != node.outputs.end()) return &node;
  }
  return nullptr;
}

bool Frame::IsOutput(ValueId value) const {
  return std::find(kernel_.outputs.begin(), kernel_.outputs.end(), value) != kernel_.outputs.end();
}

LoopNest Frame::Lower(const Node& node, const std::vector<Tensor>& operands) {
  LoweringContext context = {node, operands, {}, machine_.rows, machine_.batch_size, machine_.lanes};
  for (ValueId output : node.outputs) context.out.push_back(graph_.type(output));
  Lowered lowered = FindAlgorithm(*node.op).lower(context);
  for (Root& root : lowered.roots) {
    LoopNest nest = {root.func, root.shape, root.accumulators};
    Schedule(nest, machine_);
  }
  return {lowered.results[0], context.out[0].shape, lowered.accumulators};
}

Tensor Frame::LowerRest(const Node& node, Tensor value) {
  for (const Node& next : kernel_.body) {
    if (&next == &node) continue;
    std::vector<Tensor> operands;
    for (ValueId input : next.inputs) operands.push_back(Parameter(input) == nullptr ? value : *Parameter(input));
    value.func = Lower(next, operands).func;
  }
  return value;
}

Tensor Frame::Bordered(const Tensor& image, const Window& window) const {
  return WithBorder(image, window.before,
                    {static_cast<int>(image.type.shape[1]) + window.before[0] + window.after[0],
                     static_cast<int>(image.type.shape[2]) + window.before[1] + window.after[1]});
}

Tensor Frame::WithBorder(const Tensor& image, const int before[2], const std::array<int, 2>& size) const {
  if (before[0] == 0 && before[1] == 0 && image.type.shape[1] >= size[0] && image.type.shape[2] >= size[1])
    return image;
  const ir::Type type = {image.type.dtype, {image.type.shape[0], size[0], size[1], image.type.shape[3]}};
  const int channels = static_cast<int>(image.type.shape[3]), height = static_cast<int>(image.type.shape[1]),
            width = static_cast<int>(image.type.shape[2]);
  if (channels < machine_.lanes && before[1] == 0 && (size[1] - width) * channels < machine_.lanes) {
    // Rows of few channels are copied in whole vectors; what those read behind a row, in memory that every block has
    // behind it, is not used.
    const Picture at = PictureAxes();
    const Expr y = at.y - before[0], in_row = at.x * channels + at.c;
    const Expr pixel =
        image({at.n, Halide::clamp(y, 0, height - 1), 0, Halide::unsafe_promise_clamped(in_row, 0, channels - 1)});
    Func rows = MakeFunc(
        "bordered", Axes(4),
        {Halide::select(Inside(y, height) && in_row < width * channels, pixel, Halide::cast(ToHalide(type.dtype), 0))});
    Var run;
    rows.compute_root()
        .bound(at.c, 0, channels)
        .bound(at.x, 0, size[1])
        .bound(at.y, 0, size[0])
        .bound(at.n, 0, machine_.rows);
    rows.bound_storage(at.n, static_cast<int>(machine_.batch_size));
    rows.fuse(at.c, at.x, run).vectorize(run, machine_.lanes, Halide::TailStrategy::GuardWithIf).parallel(at.n);
    return {type, rows, -1};
  }
  const int spread[2] = {1, 1};
  LoopNest nest = {MakeBordered(image, before, spread, size.data()).func, type.shape, {}};
  Schedule(nest, machine_);
  return {type, nest.func, -1};
}

void Frame::AddOutput(Func func, const std::vector<ValueId>& values) {
  const std::vector<Halide::OutputImageParam> buffers = func.output_buffers();
  BRINE_CHECK(buffers.size() == values.size());
  for (size_t index = 0; index < values.size(); ++index) {
    SetBounds(buffers[index], graph_.type(values[index]).shape, index > 0);
    const auto at = std::find(kernel_.outputs.begin(), kernel_.outputs.end(), values[index]);
    BRINE_CHECK(at != kernel_.outputs.end());
    output_order_.push_back(static_cast<int>(at - kernel_.outputs.begin()));
  }
  outputs_.push_back(func);
}

void Frame::AddSum(const Tensor& operand) {
  const Node* const node = Find(ir::kReduceSum);
  if (node == nullptr) return;
  LoopNest sum = Lower(*node, {operand});
  sum.output = true;
  AddOutput(sum.func, {node->outputs[0]});
  Schedule(sum, machine_);
}

void Frame::AddGradientSum(ValueId value) {
  if (const Tensor* const parameter = Parameter(value)) return AddSum(*parameter);
  // Of each window as many cells as the mask has bits have a share.
  const Node& maker = *Maker(value);
  const Tensor &dy = *Parameter(maker.inputs[0]), &mask = *Parameter(maker.inputs[1]);
  const std::vector<int64_t>& window = maker.attributes.Ints("window");
  const Index at = ToIndex(Axes(4));
  const Expr share = Halide::cast<float>(Halide::popcount(mask(at))) / static_cast<float>(window[0] * window[1]);
  AddSum({dy.type, MakeFunc("window", Axes(4), {dy(at) * share}), -1});
}

ScheduledKernel Frame::Finish(const char* algorithm) {
  ScheduledKernel result;
  result.algorithm = algorithm;
  for (const Halide::ImageParam& param : params_) result.inputs.push_back(param);
  BRINE_CHECK(output_order_.size() == kernel_.outputs.size());
  result.output_order = output_order_;
  result.pipeline = Halide::Pipeline(outputs_);
  return result;
}

}  // namespace brine::codegen
