// The linear maps of Winograd's convolutions.
#ifndef BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_TRANSFORMS_H_
#define BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_TRANSFORMS_H_

#include <array>
#include <functional>
#include <vector>

#include "codegen/halide/precompiled.h"

namespace brine::codegen {

inline constexpr int kMaxPoints = 6;  // of a tile along one axis

using TransformMatrix = std::array<std::array<double, kMaxPoints>, kMaxPoints>;  // [row][column]

// F(size, taps) along an axis: y[i] = Σ over j of x[i + j] · w[j] for i < size, as y = Aᵀ · (G·w ∘ Bᵀ·x).
struct Transforms {
  TransformMatrix output, filter, input;
};
Transforms MakeTransforms(int size, int taps);  // size + taps − 1 points

// Row `index` of matrix · terms.
Halide::Expr Transform(const TransformMatrix& matrix, int rows, const Halide::Expr& index,
                       const std::vector<Halide::Expr>& terms);

// term(0), term(1) …
std::vector<Halide::Expr> Each(int count, const std::function<Halide::Expr(int)>& term);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_TRANSFORMS_H_
