// The layers Rescaling, Flatten, Reshape, Permute and RepeatVector.
#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "frontend/layers/layer_builder.h"

namespace brine {
namespace {

using internal::LayerBuilder;
using internal::Symbol;

// y = x·scale + offset
Symbol LowerRescaling(double scale, double offset, LayerBuilder& builder) {
  const bool is_scale_finite = builder.Finite("scale", scale), is_offset_finite = builder.Finite("offset", offset);
  if (!builder.input().known()) return Symbol();
  if (!is_scale_finite || !is_offset_finite) return builder.AsReal(builder.input());
  const Symbol x = builder.AsReal(builder.input());
  const Symbol product = builder.Emit(ir::kMul, {x, builder.Constant("scale", scale)}, {}, /*last=*/offset == 0);
  return offset == 0 ? product : builder.Emit(ir::kAdd, {product, builder.Constant("offset", offset)});
}

// [n, a, b, …] to [n, a·b·…]
Symbol LowerFlatten(LayerBuilder& builder) {
  const Symbol& x = builder.input();
  if (!x.known()) return Symbol();
  int64_t features = 1;  // cannot overflow, since the type of the input is within the limits of ir/type.h
  for (const ir::Dim dim : builder.type(x).shape) features *= dim == ir::kBatch ? 1 : dim;
  return builder.Emit(ir::kReshape, {x}, {{"shape", ir::Shape{ir::kBatch, features}}});
}

// "(2, -1)"
std::string NumbersText(const std::vector<std::int64_t>& numbers) {
  return absl::StrCat("(", absl::StrJoin(numbers, ", "), ")");
}

// The target shape with n and without −1; nothing after a mistake.
std::optional<ir::Shape> ResolveTarget(const Shape& target, LayerBuilder& builder) {
  if (std::count(target.begin(), target.end(), -1) > 1) {
    builder.Mistake(absl::StrCat("target_shape may have one -1, got ", NumbersText(target)));
    return std::nullopt;
  }
  if (std::any_of(target.begin(), target.end(), [](std::int64_t extent) { return extent < 1 && extent != -1; })) {
    builder.Mistake(absl::StrCat("every extent of target_shape must be positive or -1, got ", NumbersText(target)));
    return std::nullopt;
  }
  const Symbol& x = builder.input();
  if (!x.known() || x.guessed != 0) return std::nullopt;
  ir::Shape row = builder.type(x).shape, shape = target;
  row.erase(row.begin());
  for (ir::Dim& dim : shape) dim = std::abs(dim);
  const std::int64_t elements = *ir::ElementCount(row, 1);
  const absl::StatusOr<std::int64_t> given = ir::ElementCount(shape, 1);  // −1 counts as 1
  const bool infers = std::count(target.begin(), target.end(), -1) == 1;
  if (!given.ok() || (infers ? elements % *given != 0 : elements != *given)) {
    builder.Mistake(absl::StrCat("target_shape ", NumbersText(target), " does not fit rows of ", elements,
                                 " elements, ", NumbersText(row)));
    return std::nullopt;
  }
  for (size_t axis = 0; axis < target.size(); ++axis)
    shape[axis] = target[axis] == -1 ? elements / *given : target[axis];
  shape.insert(shape.begin(), ir::kBatch);
  return shape;
}

Symbol LowerReshape(const Shape& target, LayerBuilder& builder) {
  const std::optional<ir::Shape> shape = ResolveTarget(target, builder);
  return shape ? builder.Emit(ir::kReshape, {builder.input()}, {{"shape", *shape}}) : Symbol();
}

Symbol LowerPermute(const std::vector<std::int64_t>& dims, LayerBuilder& builder) {
  std::vector<std::int64_t> sorted = dims;
  std::sort(sorted.begin(), sorted.end());
  bool is_valid = true;
  for (size_t axis = 0; axis < sorted.size(); ++axis) is_valid &= sorted[axis] == static_cast<std::int64_t>(axis) + 1;
  if (!is_valid)
    builder.Mistake(absl::StrCat("dims must hold each of 1 ... ", dims.size(), " once, got ", NumbersText(dims)));
  const Symbol& x = builder.input();
  if (!x.known() || !is_valid) return Symbol();
  if (builder.type(x).shape.size() != dims.size() + 1) {
    builder.Mistake(absl::StrCat("dims ", NumbersText(dims), " are for ", dims.size(), " axes besides n, got ",
                                 internal::ShapeText(builder.type(x).shape)));
    return Symbol();
  }
  std::vector<std::int64_t> permutation = {0};
  permutation.insert(permutation.end(), dims.begin(), dims.end());
  Symbol y = builder.Emit(ir::kTranspose, {x}, {{"permutation", permutation}});
  y.guessed = 0;
  for (size_t axis = 0; axis < permutation.size(); ++axis)
    y.guessed |= uint32_t{x.Guessed(static_cast<int>(permutation[axis]))} << axis;
  return y;
}

// [n, features] to [n, 1, features] to [n, times, features]
Symbol LowerRepeatVector(std::int64_t times, LayerBuilder& builder) {
  const bool is_positive = builder.Positive("times", times);
  const Symbol& x = builder.input();
  if (!builder.HasRank(x, 2, "vectors (n, features)")) return Symbol();
  const std::int64_t features = builder.type(x).shape[1];
  const Symbol row = builder.Emit(ir::kReshape, {x}, {{"shape", ir::Shape{ir::kBatch, 1, features}}}, /*last=*/false);
  Symbol y = builder.Emit(ir::kBroadcast, {row}, {{"shape", ir::Shape{ir::kBatch, is_positive ? times : 1, features}}});
  y.guessed = (is_positive ? 0 : 0b010) | (x.Guessed(1) ? 0b100 : 0);
  return y;
}

}  // namespace

Layer Rescaling(Real scale, Real offset, Named options, Line line) {
  return internal::MakeLayer(
      "Rescaling", "rescaling", std::move(options.name), line,
      [scale, offset](LayerBuilder& builder) { return LowerRescaling(scale.value(), offset.value(), builder); },
      {.rescales_elements = true});
}

Layer Flatten(Named options, Line line) {
  return internal::MakeLayer("Flatten", "flatten", std::move(options.name), line, LowerFlatten,
                             {.moves_elements = true});
}

Layer Reshape(Shape target_shape, Named options, Line line) {
  return internal::MakeLayer(
      "Reshape", "reshape", std::move(options.name), line,
      [target = std::move(target_shape)](LayerBuilder& builder) { return LowerReshape(target, builder); },
      {.moves_elements = true});
}

Layer Permute(std::vector<std::int64_t> dims, Named options, Line line) {
  return internal::MakeLayer("Permute", "permute", std::move(options.name), line,
                             [dims = std::move(dims)](LayerBuilder& builder) { return LowerPermute(dims, builder); },
                             {.moves_elements = true});
}

Layer RepeatVector(std::int64_t times, Named options, Line line) {
  return internal::MakeLayer("RepeatVector", "repeat_vector", std::move(options.name), line,
                             [times](LayerBuilder& builder) { return LowerRepeatVector(times, builder); },
                             {.moves_elements = true});
}

}  // namespace brine
