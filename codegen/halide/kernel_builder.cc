#include "codegen/halide/kernel_builder.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ir/check.h"
#include "ir/kinds.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::Var;
using ir::Node;
using ir::ValueId;

KernelBuilder::KernelBuilder(const KernelSpec& spec, const Machine& machine)
    : spec_(spec), context_{machine, spec.batch_size(), {}} {
  for (ValueId value : spec.kernel.inputs) {
    const ir::Type& type = spec.type(value);
    params_.emplace_back(ToHalide(type.dtype), type.rank(), absl::StrCat("in", params_.size()));
    for (int axis = 0; axis < type.rank() && !context_.rows.defined(); ++axis) {
      const ir::Dim dim = type.shape[static_cast<size_t>(type.rank() - 1 - axis)];
      if (dim == ir::kBatch) context_.rows = params_.back().dim(axis).extent();
    }
    parameters_[value] = {type, params_.back(), -1};
  }
  for (size_t index = 0; index < params_.size(); ++index) {
    SetBounds(params_[index], spec.shape(spec.kernel.inputs[index]), false);
  }
}

// A dense buffer all of whose extents are fixed, except n.
void KernelBuilder::SetBounds(Halide::OutputImageParam param, const ir::Shape& shape, bool strides_only) {
  Expr stride = 1;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const ir::Dim dim = shape[shape.size() - 1 - axis];
    auto dimension = param.dim(static_cast<int>(axis));
    if (!strides_only) {
      dimension.set_min(0);
      if (dim != ir::kBatch) {
        dimension.set_extent(static_cast<int>(dim));
      } else if (context_.rows.defined() && !Halide::Internal::equal(dimension.extent(), context_.rows)) {
        dimension.set_extent(context_.rows);
      }
    }
    dimension.set_stride(stride);
    if (axis + 1 < shape.size()) stride = stride * (dim == ir::kBatch ? context_.rows : Expr(static_cast<int>(dim)));
  }
}

const Tensor* KernelBuilder::Parameter(ValueId value) const {
  const auto tensor = parameters_.find(value);
  return tensor == parameters_.end() ? nullptr : &tensor->second;
}

Lowered KernelBuilder::Lower(const Node& node, const std::vector<Tensor>& operands, const Index& at) {
  LoweringContext context = {node, operands, {}, at, context_.rows, context_.batch_size, context_.lanes};
  for (ValueId output : node.outputs) context.out.push_back(spec_.type(output));
  Lowered lowered = FindAlgorithm(*node.op).lower(context);
  for (Root& root : lowered.roots) {
    LoopNest nest = {root.func, root.shape, root.accumulators};
    Schedule(nest, context_);
  }
  return lowered;
}

const Lowered& KernelBuilder::LowerPrologue(const Node& node) {
  const auto known = prologue_.find(&node);
  if (known != prologue_.end()) return known->second;
  std::vector<Tensor> operands;
  for (ValueId input : node.inputs) operands.push_back(Read(input));
  const int rank = spec_.type(node.outputs[0]).rank();
  return prologue_.emplace(&node, Lower(node, operands, ToIndex(Axes(rank)))).first->second;
}

Tensor KernelBuilder::Read(ValueId value) {
  if (const Tensor* parameter = Parameter(value)) return *parameter;
  const auto stored = stored_.find(value);
  if (stored != stored_.end()) return stored->second;
  const Node& node = *spec_.Producer(value);
  const Lowered& lowered = LowerPrologue(node);
  const auto output = std::find(node.outputs.begin(), node.outputs.end(), value);
  const Func result = lowered.results[static_cast<size_t>(output - node.outputs.begin())];
  const Tensor tensor = {spec_.type(value), result, -1};
  const bool cheap = lowered.accumulators.empty() && node.op->cost <= ir::kCheapCost;
  if (cheap || spec_.IsSummand(value)) return tensor;  // each element of a summand is read once
  LoopNest nest = {result, tensor.type.shape, lowered.accumulators};
  Schedule(nest, context_);
  return stored_[value] = tensor;
}

Tensor KernelBuilder::TrimmedImage(int index) {
  Tensor image = Read(spec_.operand(index));
  if (const Node* producer = spec_.Producer(spec_.operand(index))) {
    const ir::Shape& nonzero = LowerPrologue(*producer).nonzero;
    if (!nonzero.empty()) image.type.shape = nonzero;
  }
  return image;
}

// One node of an epilogue at `at`.  Operands that are not in `known` are read there, after a broadcast to the axes of
// the results.
void KernelBuilder::LowerEpilogueNode(const Node& node, const Index& at, Values& known) {
  const ir::Shape& shape = spec_.shape(node.outputs[0]);
  std::vector<Tensor> operands;
  for (size_t index = 0; index < node.inputs.size(); ++index) {
    const auto value = known.find(node.inputs[index]);
    if (value != known.end()) {
      operands.push_back(value->second);
      continue;
    }
    const Tensor operand = Read(node.inputs[index]);
    if (operand.type.shape.empty() || !node.op->reads_elementwise(static_cast<int>(index))) {
      operands.push_back(operand);
      continue;
    }
    const Func here = MakeFunc("operand", Axes(static_cast<int>(shape.size())), {operand(Broadcast(operand.type, at))});
    operands.push_back({{operand.type.dtype, shape}, here, -1});
  }
  const Lowered lowered = Lower(node, operands, at);
  BRINE_CHECK(lowered.accumulators.empty());
  for (size_t result = 0; result < node.outputs.size(); ++result) {
    known[node.outputs[result]] = {spec_.type(node.outputs[result]), lowered.results[result], -1};
  }
}

std::vector<Expr> KernelBuilder::LowerEpilogue(const Index& at, ValueId from, const WindowSum& sum) {
  const std::vector<Var> axes = Axes(static_cast<int>(at.size()));
  const auto element = [&](ValueId value, const Expr& expr) {
    return Tensor{spec_.type(value), MakeFunc("sum", axes, {expr}), -1};
  };
  // The value that the epilogue makes before the pool, at `pixel`, where `from` is `value`.
  const auto before_pool = [&](const Index& pixel, const Expr& value) {
    Values known = {{from, element(from, value)}};
    // `from` replaces the epilogue nodes that compute it; start after them.
    bool reached = from == spec_.sums();
    for (const Node* node : spec_.epilogue) {
      if (reached)
        LowerEpilogueNode(*node, pixel, known);
      else
        reached = node->outputs[0] == from;
    }
    return known;
  };
  Values known;
  if (spec_.pool == nullptr) {
    known = before_pool(at, sum(0, 0));
  } else {
    const Node& pool = *spec_.pool;
    const Window window = ir::PoolWindow(pool);
    std::vector<Expr> cells;
    for (int cell = 0; cell < window.size[0] * window.size[1]; ++cell) {
      const int row = cell / window.size[1], column = cell % window.size[1];
      const Index pixel = {at[0], at[1] * window.stride[0] + row, at[2] * window.stride[1] + column, at[3]};
      cells.push_back(before_pool(pixel, sum(row, column)).at(pool.inputs[0])(ToIndex(axes)));
    }
    const std::vector<Expr> pooled = FindAlgorithm(*pool.op).pool(cells);
    for (size_t result = 0; result < pool.outputs.size(); ++result) {
      const Halide::Type type = ToHalide(spec_.type(pool.outputs[result]).dtype);
      known[pool.outputs[result]] = element(pool.outputs[result], Halide::cast(type, pooled[result]));
    }
    for (const Node* node : spec_.pooled_epilogue) LowerEpilogueNode(*node, at, known);
  }
  std::vector<Expr> results;
  for (ValueId result : spec_.results) results.push_back(known.at(result)(ToIndex(axes)));
  return results;
}

std::vector<Expr> KernelBuilder::LowerEpilogue(ValueId from, const Expr& sum) {
  return LowerEpilogue(ToIndex(Axes(spec_.type(spec_.sums()).rank())), from, [&](int, int) { return sum; });
}

Tensor KernelBuilder::Bordered(const Tensor& image, const Window& window) const {
  return WithBorder(image, window.before,
                    {static_cast<int>(image.type.shape[1]) + window.before[0] + window.after[0],
                     static_cast<int>(image.type.shape[2]) + window.before[1] + window.after[1]});
}

Tensor KernelBuilder::WithBorder(const Tensor& image, const int before[2], const std::array<int, 2>& size) const {
  const ir::Shape& shape = image.type.shape;
  if (before[0] == 0 && before[1] == 0 && shape[1] >= size[0] && shape[2] >= size[1]) return image;
  const ir::Type type = {image.type.dtype, {shape[0], size[0], size[1], shape[3]}};
  const int channels = static_cast<int>(shape[3]), height = static_cast<int>(shape[1]),
            width = static_cast<int>(shape[2]);
  if (channels < context_.lanes && before[1] == 0 && (size[1] - width) * channels < context_.lanes) {
    // Rows of few channels are copied in whole vectors.  `likely` makes Halide peel the interior of the image.
    const ImageAxes axes = AxesOfImage();
    const Expr y = axes.y - before[0], in_row = axes.x * channels + axes.c;
    const Expr pixel = RowsOf(image)(
        {axes.n, Halide::clamp(y, 0, height - 1), Halide::clamp(Halide::likely(in_row), 0, width * channels - 1)});
    const Expr zero = Halide::cast(ToHalide(type.dtype), 0);
    Func rows =
        MakeFunc("bordered", Axes(4), {Halide::select(Inside(y, height) && in_row < width * channels, pixel, zero)});
    Var run;
    rows.compute_root()
        .bound(axes.c, 0, channels)
        .bound(axes.x, 0, size[1])
        .bound(axes.y, 0, size[0])
        .bound(axes.n, 0, context_.rows);
    rows.bound_storage(axes.n, static_cast<int>(context_.batch_size));
    rows.fuse(axes.c, axes.x, run).vectorize(run, context_.lanes, Halide::TailStrategy::GuardWithIf).parallel(axes.n);
    return {type, rows, -1};
  }
  const int spread[2] = {1, 1};
  LoopNest nest = {MakeBordered(image, before, spread, size.data()).func, type.shape, {}};
  Schedule(nest, context_);
  return {type, nest.func, -1};
}

void KernelBuilder::AddOutput(const Func& func, const std::vector<ValueId>& values) {
  const std::vector<Halide::OutputImageParam> buffers = func.output_buffers();
  BRINE_CHECK(buffers.size() == values.size());
  const std::vector<ValueId>& outputs = spec_.kernel.outputs;
  for (size_t index = 0; index < values.size(); ++index) {
    SetBounds(buffers[index], spec_.shape(values[index]), index > 0);
    const auto output = std::find(outputs.begin(), outputs.end(), values[index]);
    BRINE_CHECK(output != outputs.end());
    output_order_.push_back(static_cast<int>(output - outputs.begin()));
    const int element = values.size() == 1 ? -1 : static_cast<int>(index);
    stored_[values[index]] = {spec_.type(values[index]), func, element};
  }
  outputs_.push_back(func);
}

// A value with fewer elements than `value` and the same sum over pixels, if there is one.
Tensor KernelBuilder::Summand(ValueId value, const Node& sum) {
  const Node* const producer = spec_.Producer(value);
  if (producer == nullptr || spec_.IsOutput(value) || !ir::SumsPixels(sum)) return Read(value);
  if (producer->op->keeps_pixel_sums) return Read(producer->inputs[0]);
  const Tensor& folded = LowerPrologue(*producer).folded;
  return folded.func.defined() ? folded : Read(value);
}

// Reductions of results read what the kernel has just stored.
void KernelBuilder::AddSideReductions() {
  const std::vector<ValueId>& outputs = spec_.kernel.outputs;
  const std::vector<int> made = output_order_;
  const auto remains = [&](ValueId value) {
    const auto output = std::find(outputs.begin(), outputs.end(), value);
    return output != outputs.end() && std::find(made.begin(), made.end(), output - outputs.begin()) == made.end();
  };
  for (const Node* node : spec_.side_reductions) {
    std::vector<ValueId> values;
    std::copy_if(node->outputs.begin(), node->outputs.end(), std::back_inserter(values), remains);
    if (values.empty()) continue;
    const std::vector<Var> axes = Axes(spec_.type(values[0]).rank());
    const Lowered lowered = Lower(*node, {Summand(node->inputs[0], *node)}, ToIndex(axes));
    std::vector<Expr> results;
    for (ValueId value : values) {
      const auto output = std::find(node->outputs.begin(), node->outputs.end(), value);
      results.push_back(lowered.results[static_cast<size_t>(output - node->outputs.begin())](Reversed(axes)));
    }
    LoopNest nest = {MakeFunc("side", axes, results), spec_.shape(values[0]), lowered.accumulators};
    nest.output = true;
    AddOutput(nest.func, values);
    Schedule(nest, context_);
  }
}

ScheduledKernel KernelBuilder::Finish() {
  AddSideReductions();
  ScheduledKernel result;
  for (const Halide::ImageParam& param : params_) result.inputs.push_back(param);
  BRINE_CHECK(output_order_.size() == spec_.kernel.outputs.size());
  result.output_order = output_order_;
  result.pipeline = Halide::Pipeline(outputs_);
  return result;
}

}  // namespace brine::codegen
