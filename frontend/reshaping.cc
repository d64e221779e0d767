// Rescaling, Flatten, Add: layers without parameters that every model uses.
#include "absl/strings/str_cat.h"
#include "frontend/layer_builder.h"

namespace brine {
namespace {

using internal::LayerBuilder;
using internal::Symbol;

// y = x·scale + offset
Symbol LowerRescaling(double scale, double offset, LayerBuilder& builder) {
  const bool finite = builder.Finite("scale", scale) & builder.Finite("offset", offset);
  if (!builder.input().known()) return Symbol();
  if (!finite) return builder.AsReal(builder.input());
  const Symbol x = builder.AsReal(builder.input());
  const Symbol product = builder.Emit(ir::kMul, {x, builder.Constant("scale", scale)}, {}, /*last=*/offset == 0);
  return offset == 0 ? product : builder.Emit(ir::kAdd, {product, builder.Constant("offset", offset)});
}

// [n, a, b, …] -> [n, a·b·…]
Symbol LowerFlatten(LayerBuilder& builder) {
  const Symbol& x = builder.input();
  if (!x.known()) return Symbol();
  int64_t features = 1;  // within the limits of type.h, as the input is
  for (const ir::Dim dim : builder.type(x).shape) features *= dim == ir::kBatch ? 1 : dim;
  return builder.Emit(ir::kReshape, {x}, {{"shape", ir::Shape{ir::kBatch, features}}});
}

// y = a + b + c + …
Symbol LowerAdd(LayerBuilder& builder) {
  const std::vector<Symbol>& inputs = builder.inputs();
  if (inputs.size() < 2) {
    builder.Mistake(absl::StrCat("adds two or more tensors, got ", inputs.size()));
    return inputs.empty() ? Symbol() : inputs[0];
  }
  Symbol sum = builder.AsReal(inputs[0]);
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (!sum.known() || !inputs[i].known()) return Symbol();
    const ir::Shape& shape = builder.type(inputs[i]).shape;
    const ir::Shape& first = builder.type(sum).shape;
    bool same = shape.size() == first.size();
    for (size_t axis = 0; same && axis < shape.size(); ++axis) {
      const int a = static_cast<int>(axis);
      same = shape[axis] == first[axis] || sum.Guessed(a) || inputs[i].Guessed(a);
    }
    if (!same) {
      builder.Mistake(
          absl::StrCat("adds tensors of one shape, got ", internal::InWords(first), " and ", internal::InWords(shape)));
      return Symbol();
    }
    if (shape != first) return sum;  // a guess
    sum = builder.Emit(ir::kAdd, {sum, builder.AsReal(inputs[i])}, {}, /*last=*/i + 1 == inputs.size());
  }
  return sum;
}

}  // namespace

Layer Rescaling(Real scale, Real offset, Named options, Line line) {
  return internal::MakeLayer(
      "Rescaling", "rescaling", std::move(options.name), line,
      [scale, offset](LayerBuilder& builder) { return LowerRescaling(scale.value(), offset.value(), builder); });
}

Layer Flatten(Named options, Line line) {
  return internal::MakeLayer("Flatten", "flatten", std::move(options.name), line, LowerFlatten);
}

Tensor Add(const Tensors& tensors, Named options, Line line) {
  return internal::Call(internal::MakeLayer("Add", "add", std::move(options.name), line, LowerAdd), tensors.tensors);
}

}  // namespace brine
