// The sizes of a matrix product, and the strategies for it.
#ifndef BRINE_CODEGEN_HALIDE_MATMUL_PROBLEM_H_
#define BRINE_CODEGEN_HALIDE_MATMUL_PROBLEM_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// One of three products, of which a dense layer with the weights w needs each once:
//                  y[r, m] = Σ over k of a[r, k] · b[k, m]      y = x·w
//   transpose_b:   y[r, m] = Σ over k of a[r, k] · b[m, k]      dx = dy·wᵀ
//   transpose_a:   y[r, m] = Σ over k of a[k, r] · b[k, m]      dw = xᵀ·dy
// All leading axes of a and y are part of r; with transpose_a, all leading axes of a and b are part of k.
struct MatmulProblem {
  bool transpose_a, transpose_b;
  int64_t rows, depth, columns;  // the extents of r, k and m for the largest n
  bool is_flat;                  // a, b and y have two axes, and n is the first axis of a

  double products() const {
    return static_cast<double>(rows) * static_cast<double>(depth) * static_cast<double>(columns);
  }
};

MatmulProblem MatmulProblemOf(const KernelSpec& spec);  // the hero is a matrix product

// Each returns why the condition does not hold, as a clause; empty if it holds.
std::string NeedsForward(const MatmulProblem& problem);      // neither transpose_a nor transpose_b
std::string NeedsTransposedB(const MatmulProblem& problem);  // transpose_b only
std::string NeedsFlat(const MatmulProblem& problem);         // is_flat

// *split-depth*: y = x·w for few rows of x and more weights than caches hold.  The depth is split into parts, which are
// the tasks.  A task reads its weights in chunks that stay in a near cache while every register tile uses them.  The
// sums of all parts are added in order at the end.
std::string CanSplitDepth(const KernelSpec& spec, const Machine& machine);
Work CostSplitDepth(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSplitDepth(KernelBuilder& builder);

// *split-depth-sparse*: the same, but a task lists the nonzero elements of its rows of x, and the sums of a row follow
// its list.
std::string CanSplitDepthSparse(const KernelSpec& spec, const Machine& machine);
Work CostSplitDepthSparse(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSplitDepthSparse(KernelBuilder& builder);

// *sparse*: products that skip the zeros of a.  The nonzero elements of each row of a (with transpose_a, of each
// column) are listed first.
std::string CanSparse(const KernelSpec& spec, const Machine& machine);
Work CostSparse(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSparse(KernelBuilder& builder);

// *sparse-right*, with transpose_a: products that skip the zeros of b, whose columns are listed.
std::string CanSparseRight(const KernelSpec& spec, const Machine& machine);
Work CostSparseRight(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSparseRight(KernelBuilder& builder);

// *dots*, with transpose_b: each result is the dot product of a row of a and a row of b.
std::string CanDots(const KernelSpec& spec, const Machine& machine);
Work CostDots(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildDots(KernelBuilder& builder);

// *masked-dots*: the same, but only the results that the epilogue's mask keeps are computed.
std::string CanMaskedDots(const KernelSpec& spec, const Machine& machine);
Work CostMaskedDots(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildMaskedDots(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_MATMUL_PROBLEM_H_
