// The linear maps of Winograd's convolutions, computed from interpolation points.
#ifndef BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_TRANSFORMS_H_
#define BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_TRANSFORMS_H_

#include <array>
#include <functional>
#include <vector>

#include "codegen/halide/precompiled.h"

namespace brine::codegen {

// Along one axis: four results of three taps, or two of five.  With more points, some lie so far from 0 that their
// powers lose too many digits of a float.
inline constexpr int kMaxPoints = 6;

// The largest tile for a kernel with this many taps along an axis.
constexpr int LargestTile(int taps) { return kMaxPoints - taps + 1; }

using TransformMatrix = std::array<std::array<double, kMaxPoints>, kMaxPoints>;  // [row][column]

// The maps of F(size, taps), which computes y[i] = Σ over j < taps of x[i + j] · w[j] for i < size along one axis as
//   y = output · (filter·w ∘ input·x)
// with size + taps − 1 multiplications, one for each point.  `output` is [size, points], `filter` is [points, taps],
// and `input` is [points, points]; in the literature they are Aᵀ, G and Bᵀ.  In two dimensions, each map is applied
// along both axes.
struct Transforms {
  TransformMatrix output, filter, input;
};

// There may be at most kMaxPoints points.
Transforms MakeTransforms(int size, int taps);

// Element `index` of matrix · terms, where the matrix has `rows` rows.  Code is generated for all rows unless the index
// is a constant once loops are unrolled.
Halide::Expr Transform(const TransformMatrix& matrix, int rows, const Halide::Expr& index,
                       const std::vector<Halide::Expr>& terms);

// term(0), …, term(count − 1).
std::vector<Halide::Expr> MakeTerms(int count, const std::function<Halide::Expr(int)>& term);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_WINOGRAD_TRANSFORMS_H_
