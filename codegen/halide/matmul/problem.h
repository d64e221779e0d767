// The sizes of a matrix product, and the strategies for it.
#ifndef BRINE_CODEGEN_HALIDE_MATMUL_PROBLEM_H_
#define BRINE_CODEGEN_HALIDE_MATMUL_PROBLEM_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// y[r, m] = Σ over k of a[r, k] · b[k, m]; with transpose_b, of a[r, k] · b[m, k]; with transpose_a, of a[k, r] · b[k,
// m].  Leading axes of a and y are part of r; with transpose_a, of k.
struct MatmulProblem {
  bool transpose_a, transpose_b;
  int64_t rows, depth, columns;  // for the largest n
  bool flat;                     // a, b and y have two axes, and n is the first of a

  double products() const {
    return static_cast<double>(rows) * static_cast<double>(depth) * static_cast<double>(columns);
  }
};

MatmulProblem MatmulProblemOf(const KernelSpec& spec);  // the hero is a matrix product

// Each returns why the condition does not hold, as a clause; empty if it holds.
std::string NeedsForward(const MatmulProblem& problem);      // neither operand transposed
std::string NeedsTransposedB(const MatmulProblem& problem);  // only b is: the input gradient of a dense layer
std::string NeedsFlat(const MatmulProblem& problem);

// For few rows of a and more weights than caches hold.  The depth is split into parts.  A task reads its weights in
// chunks that stay in a near cache while every register tile uses them.  The parts are then added in order.
std::string CanSplitDepth(const KernelSpec& spec, const Machine& machine);
Work CostSplitDepth(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSplitDepth(KernelBuilder& builder);

// The same, but a task lists the nonzero elements of its rows of a, and the sums of a row iterate over its list.
std::string CanSplitDepthSparse(const KernelSpec& spec, const Machine& machine);
Work CostSplitDepthSparse(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSplitDepthSparse(KernelBuilder& builder);

// Products that skip the zeros of a, whose rows (with transpose_a, columns) are listed first.
std::string CanSparse(const KernelSpec& spec, const Machine& machine);
Work CostSparse(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSparse(KernelBuilder& builder);

// With transpose_a: products that skip the zeros of b.
std::string CanSparseRight(const KernelSpec& spec, const Machine& machine);
Work CostSparseRight(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSparseRight(KernelBuilder& builder);

// With transpose_b: each result is the dot product of a row of a and a row of b.
std::string CanDots(const KernelSpec& spec, const Machine& machine);
Work CostDots(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildDots(KernelBuilder& builder);

// The same, but only for results that the epilogue's mask keeps.
std::string CanMaskedDots(const KernelSpec& spec, const Machine& machine);
Work CostMaskedDots(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildMaskedDots(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_MATMUL_PROBLEM_H_
