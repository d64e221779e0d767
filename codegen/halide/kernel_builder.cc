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

namespace {

constexpr int kNoDilation[2] = {1, 1};

// Whether the image itself has this size and needs nothing before its first pixel; it may be larger.
bool NeedsNoBorder(const Tensor& image, const int before[2], const std::array<int, 2>& size) {
  const ir::Shape& shape = image.type.shape;
  return before[0] == 0 && before[1] == 0 && shape[1] >= size[0] && shape[2] >= size[1];
}

ir::Type TypeWithBorder(const Tensor& image, const std::array<int, 2>& size) {
  return {image.type.dtype, {image.type.shape[0], size[0], size[1], image.type.shape[3]}};
}

}  // namespace

KernelBuilder::KernelBuilder(const KernelSpec& spec, const Machine& machine)
    : spec_(spec), context_{machine, spec.batch_size(), {}} {
  for (ValueId value : spec.kernel.inputs) {
    const ir::Type& type = spec.type(value);
    params_.emplace_back(ToHalide(type.dtype), type.rank(), absl::StrCat("in", params_.size()));
    for (int axis = 0; axis < type.rank() && !context_.batch_extent.defined(); ++axis) {
      const ir::Dim dim = type.shape[static_cast<size_t>(type.rank() - 1 - axis)];
      if (dim == ir::kBatch) context_.batch_extent = params_.back().dim(axis).extent();
    }
    parameters_[value] = {type, params_.back(), -1};
  }
  for (size_t index = 0; index < params_.size(); ++index) {
    SetLayout(params_[index], spec.shape(spec.kernel.inputs[index]), true);
  }
}

KernelBuilder::KernelBuilder(const KernelSpec& spec, const LoopContext& context, Values parameters)
    : spec_(spec), context_(context), is_inside_(true), parameters_(std::move(parameters)) {}

// Tells Halide that `param` is a dense buffer in C order all of whose extents are constants, except n.  With
// `sets_bounds` false, it sets the strides only: of a Func with several outputs, Halide takes the bounds of the first.
void KernelBuilder::SetLayout(Halide::OutputImageParam param, const ir::Shape& shape, bool sets_bounds) {
  Expr stride = 1;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const ir::Dim dim = shape[shape.size() - 1 - axis];
    auto dimension = param.dim(static_cast<int>(axis));
    if (sets_bounds) {
      dimension.set_min(0);
      if (dim != ir::kBatch) {
        dimension.set_extent(static_cast<int>(dim));
      } else if (context_.batch_extent.defined() &&
                 !Halide::Internal::equal(dimension.extent(), context_.batch_extent)) {
        dimension.set_extent(context_.batch_extent);
      }
    }
    dimension.set_stride(stride);
    if (axis + 1 < shape.size())
      stride = stride * (dim == ir::kBatch ? context_.batch_extent : Expr(static_cast<int>(dim)));
  }
}

const Tensor* KernelBuilder::Parameter(ValueId value) const {
  const auto tensor = parameters_.find(value);
  return tensor == parameters_.end() ? nullptr : &tensor->second;
}

Lowered KernelBuilder::Lower(const Node& node, const std::vector<Tensor>& operands, const Index& result_index) {
  LoweringContext context = {node, operands, {}, result_index, context_.batch_extent, context_.batch_size, context_};
  for (ValueId output : node.outputs) context.result_types.push_back(spec_.type(output));
  Lowered lowered = FindAlgorithm(*node.op).lower(context);
  for (StoredFunc& stored : lowered.stored_funcs) {
    LoopNest nest = {stored.func, stored.shape, stored.accumulators};
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
  const bool is_cheap = lowered.accumulators.empty() && node.op->cost <= ir::kCheapCost;
  if (is_cheap || spec_.IsSummand(value)) return tensor;  // each element of a summand is read once
  LoopNest nest = {result, tensor.type.shape, lowered.accumulators};
  Schedule(nest, context_);
  return stored_[value] = tensor;
}

Tensor KernelBuilder::TrimmedImage(int operand) {
  Tensor image = Read(spec_.operand(operand));
  if (const Node* producer = spec_.Producer(spec_.operand(operand))) {
    const ir::Shape& nonzero_shape = LowerPrologue(*producer).nonzero_shape;
    if (!nonzero_shape.empty()) image.type.shape = nonzero_shape;
  }
  return image;
}

// Adds the results of a node of the epilogue, at element `result_index`, to `known`.  An elementwise operand that is
// not in `known` is read at that element, after a broadcast to the shape of the results.
void KernelBuilder::LowerEpilogueNode(const Node& node, const Index& result_index, Values& known) {
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
    const Func here = MakeFunc("operand", Axes(static_cast<int>(shape.size())),
                               {operand(BroadcastIndex(operand.type, result_index))});
    operands.push_back({{operand.type.dtype, shape}, here, -1});
  }
  const Lowered lowered = Lower(node, operands, result_index);
  BRINE_CHECK(lowered.accumulators.empty());
  for (size_t result = 0; result < node.outputs.size(); ++result) {
    known[node.outputs[result]] = {spec_.type(node.outputs[result]), lowered.results[result], -1};
  }
}

std::vector<Expr> KernelBuilder::LowerEpilogue(const Index& result_index, ValueId first_value, const WindowSum& sum) {
  const std::vector<Var> axes = Axes(static_cast<int>(result_index.size()));
  const auto as_tensor = [&](ValueId value, const Expr& expr) {
    return Tensor{spec_.type(value), MakeFunc("sum", axes, {expr}), -1};
  };
  // The values that the epilogue makes before the pool at `pixel`, where `first_value` is `expr`.  The nodes that
  // compute `first_value` are skipped.
  const auto lower_before_pool = [&](const Index& pixel, const Expr& expr) {
    Values known = {{first_value, as_tensor(first_value, expr)}};
    bool has_first_value = first_value == spec_.sums();
    for (const Node* node : spec_.epilogue) {
      if (has_first_value)
        LowerEpilogueNode(*node, pixel, known);
      else
        has_first_value = node->outputs[0] == first_value;
    }
    return known;
  };
  Values known;
  if (spec_.pool == nullptr) {
    known = lower_before_pool(result_index, sum(0, 0));
  } else {
    const Node& pool = *spec_.pool;
    const Window window = ir::PoolWindow(pool);
    std::vector<Expr> cells;
    for (int cell = 0; cell < window.size[0] * window.size[1]; ++cell) {
      const int row = cell / window.size[1], column = cell % window.size[1];
      const Index pixel = {result_index[0], result_index[1] * window.stride[0] + row,
                           result_index[2] * window.stride[1] + column, result_index[3]};
      cells.push_back(lower_before_pool(pixel, sum(row, column)).at(pool.inputs[0])(ToIndex(axes)));
    }
    const std::vector<Expr> pooled = FindAlgorithm(*pool.op).pool(cells);
    for (size_t result = 0; result < pool.outputs.size(); ++result) {
      const Halide::Type type = ToHalide(spec_.type(pool.outputs[result]).dtype);
      known[pool.outputs[result]] = as_tensor(pool.outputs[result], Halide::cast(type, pooled[result]));
    }
    for (const Node* node : spec_.pooled_epilogue) LowerEpilogueNode(*node, result_index, known);
  }
  std::vector<Expr> results;
  for (ValueId result : spec_.results) results.push_back(known.at(result)(ToIndex(axes)));
  return results;
}

std::vector<Expr> KernelBuilder::LowerEpilogue(ValueId first_value, const Expr& sum) {
  return LowerEpilogue(ToIndex(Axes(spec_.type(spec_.sums()).rank())), first_value, [&](int, int) { return sum; });
}

Tensor KernelBuilder::Bordered(const Tensor& image, const Window& window) const {
  return WithBorder(image, window.before,
                    {static_cast<int>(image.type.shape[1]) + window.before[0] + window.after[0],
                     static_cast<int>(image.type.shape[2]) + window.before[1] + window.after[1]});
}

Tensor KernelBuilder::WithBorder(const Tensor& image, const int before[2], const std::array<int, 2>& size) const {
  if (NeedsNoBorder(image, before, size)) return image;
  const ir::Shape& shape = image.type.shape;
  const ir::Type type = TypeWithBorder(image, size);
  const int channels = static_cast<int>(shape[3]), height = static_cast<int>(shape[1]),
            width = static_cast<int>(shape[2]);
  if (channels < context_.lanes && before[1] == 0 && (size[1] - width) * channels < context_.lanes) {
    // With few channels, the channels of one pixel do not fill a vector, so pixels and channels are fused and copied
    // together.  `likely` makes Halide generate a loop without clamps for the interior of the image.
    const ImageAxes axes = AxesOfImage();
    const Expr y = axes.y - before[0], index_in_row = axes.x * channels + axes.c;
    const Expr pixel = RowsOf(image)({axes.n, Halide::clamp(y, 0, height - 1),
                                      Halide::clamp(Halide::likely(index_in_row), 0, width * channels - 1)});
    const Expr zero = Halide::cast(ToHalide(type.dtype), 0);
    Func rows = MakeFunc("bordered", Axes(4),
                         {Halide::select(IsInside(y, height) && index_in_row < width * channels, pixel, zero)});
    Var run;
    rows.compute_root()
        .bound(axes.c, 0, channels)
        .bound(axes.x, 0, size[1])
        .bound(axes.y, 0, size[0])
        .bound(axes.n, 0, context_.batch_extent);
    rows.bound_storage(axes.n, static_cast<int>(context_.batch_size));
    rows.fuse(axes.c, axes.x, run).vectorize(run, context_.lanes, Halide::TailStrategy::GuardWithIf).parallel(axes.n);
    return {type, rows, -1};
  }
  LoopNest nest = {MakeBordered(image, before, kNoDilation, size.data()).func, type.shape, {}};
  Schedule(nest, context_);
  return {type, nest.func, -1};
}

BorderedImage KernelBuilder::WithBorderInTask(const Tensor& image, const int before[2],
                                              const std::array<int, 2>& size) const {
  if (NeedsNoBorder(image, before, size)) return {image, false};
  // A task that takes several images may reach past the last one.
  const ImageAxes axes = AxesOfImage();
  const Tensor clamped = {
      image.type,
      MakeFunc("image", Axes(4), {image({Halide::min(axes.n, context_.batch_extent - 1), axes.y, axes.x, axes.c})}),
      -1};
  return {{TypeWithBorder(image, size), MakeBordered(clamped, before, kNoDilation, size.data()).func, -1}, true};
}

void KernelBuilder::CopyInTask(BorderedImage& image, Func& reader, const Halide::VarOrRVar& loop, int images, int rows,
                               int columns, int channels) const {
  if (!image.is_copy) return;
  const ImageAxes axes = AxesOfImage();
  image.tensor.func.compute_at(Halide::LoopLevel(reader, loop))
      .store_in(kOnStack)
      .bound_extent(axes.c, channels)
      .bound_extent(axes.x, columns)
      .bound_extent(axes.y, rows)
      .bound_extent(axes.n, images)
      .vectorize(axes.c, std::min(channels, context_.lanes), Halide::TailStrategy::GuardWithIf);
}

void KernelBuilder::AddOutput(const Func& func, const std::vector<ValueId>& values) {
  const std::vector<Halide::OutputImageParam> buffers = func.output_buffers();
  BRINE_CHECK(buffers.size() == values.size());
  const std::vector<ValueId>& outputs = spec_.kernel.outputs;
  for (size_t index = 0; index < values.size(); ++index) {
    if (!is_inside_) SetLayout(buffers[index], spec_.shape(values[index]), index == 0);
    const auto output = std::find(outputs.begin(), outputs.end(), values[index]);
    BRINE_CHECK(output != outputs.end());
    output_order_.push_back(static_cast<int>(output - outputs.begin()));
    const int element = values.size() == 1 ? -1 : static_cast<int>(index);
    stored_[values[index]] = {spec_.type(values[index]), func, element};
  }
  outputs_.push_back(func);
}

// The operand `value` of `reduction`, or, for a sum over pixels, a value with fewer elements and the same sum if there
// is one.
Tensor KernelBuilder::ReadForReduction(ValueId value, const Node& reduction) {
  const Node* const producer = spec_.Producer(value);
  if (producer == nullptr || spec_.IsOutput(value) || !ir::SumsPixels(reduction)) return Read(value);
  if (producer->op->keeps_pixel_sums) return Read(producer->inputs[0]);
  const Tensor& pixel_sum_source = LowerPrologue(*producer).pixel_sum_source;
  return pixel_sum_source.func.defined() ? pixel_sum_source : Read(value);
}

// Adds a loop nest for each side reduction whose results no output writes yet.  A reduction of results reads what the
// kernel has just stored.
void KernelBuilder::AddSideReductions() {
  const std::vector<ValueId>& outputs = spec_.kernel.outputs;
  const std::vector<int> written = output_order_;
  const auto is_unwritten = [&](ValueId value) {
    const auto output = std::find(outputs.begin(), outputs.end(), value);
    return output != outputs.end() &&
           std::find(written.begin(), written.end(), output - outputs.begin()) == written.end();
  };
  for (const Node* node : spec_.side_reductions) {
    std::vector<ValueId> values;
    std::copy_if(node->outputs.begin(), node->outputs.end(), std::back_inserter(values), is_unwritten);
    if (values.empty()) continue;
    const std::vector<Var> axes = Axes(spec_.type(values[0]).rank());
    const Lowered lowered = Lower(*node, {ReadForReduction(node->inputs[0], *node)}, ToIndex(axes));
    std::vector<Expr> results;
    for (ValueId value : values) {
      const auto output = std::find(node->outputs.begin(), node->outputs.end(), value);
      results.push_back(lowered.results[static_cast<size_t>(output - node->outputs.begin())](Reversed(axes)));
    }
    LoopNest nest = {MakeFunc("side", axes, results), spec_.shape(values[0]), lowered.accumulators};
    nest.is_output = true;
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
