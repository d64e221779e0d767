// The layers that take several tensors.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "frontend/layers/layer_builder.h"

namespace brine {
namespace {

using internal::LayerBuilder;
using internal::Symbol;

// A layer that combines tensors element by element, from left to right.
struct Merge {
  const char* kind;
  const char* prefix;  // of automatic names
  const char* verb;    // for messages
  const ir::Op* op;
  size_t most = SIZE_MAX;  // tensors
  bool is_mean = false;    // whether the result is divided by the number of tensors
};
constexpr Merge kAdd = {"Add", "add", "adds", &ir::kAdd};
constexpr Merge kSubtract = {"Subtract", "subtract", "subtracts", &ir::kSub, 2};
constexpr Merge kMultiply = {"Multiply", "multiply", "multiplies", &ir::kMul};
constexpr Merge kAverage = {"Average", "average", "averages", &ir::kAdd, SIZE_MAX, true};
constexpr Merge kMaximum = {"Maximum", "maximum", "compares", &ir::kMaximum};
constexpr Merge kMinimum = {"Minimum", "minimum", "compares", &ir::kMinimum};

// x with axes of extent 1 after n, so that it has `rank` axes.
Symbol WithRank(const Symbol& x, size_t rank, LayerBuilder& builder) {
  ir::Shape shape = builder.type(x).shape;
  if (shape.size() >= rank) return x;
  const uint32_t guessed = x.guessed;
  const size_t added = rank - shape.size();
  shape.insert(shape.begin() + 1, added, 1);
  Symbol y = builder.EmitIntermediate(ir::kReshape, {x}, {{"shape", shape}});
  y.guessed = (guessed & 1) | (guessed & ~uint32_t{1}) << added;
  return y;
}

enum class Fit { kFits, kMayFit, kDiffers };

// Whether a and b, of one rank, have equal extents or an extent of 1 along each axis; kMayFit if that depends on axes
// that are guessed.
Fit FitOf(const Symbol& a, const Symbol& b, const LayerBuilder& builder) {
  const ir::Shape &left = builder.type(a).shape, &right = builder.type(b).shape;
  Fit fit = Fit::kFits;
  for (size_t axis = 0; axis < left.size(); ++axis) {
    if (left[axis] == right[axis] || left[axis] == 1 || right[axis] == 1) continue;
    const bool guessed = a.Guessed(static_cast<int>(axis)) || b.Guessed(static_cast<int>(axis));
    if (!guessed) return Fit::kDiffers;
    fit = Fit::kMayFit;
  }
  return fit;
}

Symbol LowerMerge(const Merge& merge, LayerBuilder& builder) {
  const std::vector<Symbol>& inputs = builder.inputs();
  if (inputs.size() < 2 || inputs.size() > merge.most) {
    builder.Mistake(
        absl::StrCat(merge.verb, merge.most == 2 ? " two" : " two or more", " tensors, got ", inputs.size()));
    return inputs.empty() ? Symbol() : inputs[0];
  }
  size_t rank = 0;
  for (const Symbol& input : inputs) {
    if (!input.known()) return Symbol();
    rank = std::max(rank, builder.type(input).shape.size());
  }
  Symbol result = WithRank(builder.AsReal(inputs[0]), rank, builder);
  for (size_t i = 1; i < inputs.size(); ++i) {
    const Symbol next = WithRank(builder.AsReal(inputs[i]), rank, builder);
    const Fit fit = FitOf(result, next, builder);
    if (fit == Fit::kDiffers) {
      builder.Mistake(absl::StrCat(merge.verb, " tensors whose extents are equal or 1, got ",
                                   internal::ShapeText(builder.type(inputs[0]).shape), " and ",
                                   internal::ShapeText(builder.type(inputs[i]).shape)));
      return Symbol();
    }
    if (fit == Fit::kMayFit) return result;
    result = builder.Emit(*merge.op, {result, next}, {}, /*last=*/i + 1 == inputs.size() && !merge.is_mean);
  }
  if (!merge.is_mean) return result;
  return builder.Emit(ir::kDiv, {result, builder.Constant("count", static_cast<double>(inputs.size()))});
}

Tensor CallMerge(const Merge& merge, const Tensors& tensors, const Named& options, const Line& line) {
  const Layer layer = internal::MakeLayer(merge.kind, merge.prefix, options.name, line,
                                          [&merge](LayerBuilder& builder) { return LowerMerge(merge, builder); });
  return internal::Call(layer, tensors.tensors);
}

// Whether a and b have the same rank and agree in all axes but `axis`.  Guessed axes agree with any.
bool Agree(const Symbol& a, const Symbol& b, int axis, const LayerBuilder& builder) {
  const ir::Shape &left = builder.type(a).shape, &right = builder.type(b).shape;
  if (left.size() != right.size()) return false;
  for (int other = 0; other < static_cast<int>(left.size()); ++other) {
    const size_t index = static_cast<size_t>(other);
    if (other != axis && left[index] != right[index] && !a.Guessed(other) && !b.Guessed(other)) return false;
  }
  return true;
}

// y = [a b c …]
Symbol LowerConcatenate(int64_t axis, LayerBuilder& builder) {
  const std::vector<Symbol>& inputs = builder.inputs();
  if (inputs.empty()) {
    builder.Mistake("joins one or more tensors, got 0");
    return Symbol();
  }
  if (!std::all_of(inputs.begin(), inputs.end(), [](const Symbol& input) { return input.known(); })) return Symbol();
  const int found = builder.FindAxis(axis, inputs[0]);
  if (found == 0) return Symbol();
  std::vector<Symbol> parts;
  bool guessed = false;
  for (const Symbol& input : inputs) {
    if (!Agree(inputs[0], input, found, builder)) {
      builder.Mistake(absl::StrCat("joins tensors that agree in all axes but ", found, ", got ",
                                   internal::ShapeText(builder.type(inputs[0]).shape), " and ",
                                   internal::ShapeText(builder.type(input).shape)));
      return Symbol();
    }
    ir::Shape like_first = builder.type(input).shape;
    like_first[static_cast<size_t>(found)] = builder.type(inputs[0]).shape[static_cast<size_t>(found)];
    guessed = guessed || like_first != builder.type(inputs[0]).shape;
    parts.push_back(builder.AsReal(input));
  }
  if (!guessed) return builder.Emit(ir::kConcatenate, parts, {{"axis", int64_t{found}}});
  Symbol first = parts[0];
  first.guessed |= uint32_t{1} << found;
  return first;
}

}  // namespace

Tensor Add(const Tensors& tensors, Named options, Line line) { return CallMerge(kAdd, tensors, options, line); }
Tensor Subtract(const Tensors& tensors, Named options, Line line) {
  return CallMerge(kSubtract, tensors, options, line);
}
Tensor Multiply(const Tensors& tensors, Named options, Line line) {
  return CallMerge(kMultiply, tensors, options, line);
}
Tensor Average(const Tensors& tensors, Named options, Line line) { return CallMerge(kAverage, tensors, options, line); }
Tensor Maximum(const Tensors& tensors, Named options, Line line) { return CallMerge(kMaximum, tensors, options, line); }
Tensor Minimum(const Tensors& tensors, Named options, Line line) { return CallMerge(kMinimum, tensors, options, line); }

Tensor Concatenate(const Tensors& tensors, ConcatenateOptions options, Line line) {
  const Layer layer =
      internal::MakeLayer("Concatenate", "concatenate", std::move(options.name), line,
                          [axis = options.axis](LayerBuilder& builder) { return LowerConcatenate(axis, builder); });
  return internal::Call(layer, tensors.tensors);
}

}  // namespace brine
