// The sizes of a product of matrices, as strategies ask for them.
#ifndef BRINE_CODEGEN_HALIDE_MATMUL_PROBLEM_H_
#define BRINE_CODEGEN_HALIDE_MATMUL_PROBLEM_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// y[r, m] = Σ over k of a[r, k] · b[k, m], with transpose_b of a[r, k] · b[m, k], with transpose_a of a[k, r] · b[k,
// m]. Leading axes of a and y are part of r, with transpose_a of k.
struct MatmulProblem {
  bool transpose_a, transpose_b;
  int64_t rows, depth, columns;  // n at its largest
  bool flat;                     // a, b and y have two axes, and n is the first of a

  double products() const {
    return static_cast<double>(rows) * static_cast<double>(depth) * static_cast<double>(columns);
  }
};

MatmulProblem MatmulProblemOf(const KernelSpec& spec);  // whose hero is a product

// Clauses of refusals, empty where there is nothing to refuse.
std::string NeedsForward(const MatmulProblem& problem);      // neither operand transposed
std::string NeedsTransposedB(const MatmulProblem& problem);  // b alone is: the gradient of a dense layer's input
std::string NeedsFlat(const MatmulProblem& problem);

// For few rows of a and many more weights than caches hold: the depth is cut into parts, and a task takes its weights
// in chunks that stay near while every register tile passes over them.  Then the parts are added in order.
std::string CanSplitDepth(const KernelSpec& spec, const Machine& machine);
Work CostSplitDepth(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSplitDepth(KernelBuilder& builder);

// The same where a task lists the elements of its rows of a that are not zero, and the sums of a row walk its list.
std::string CanSplitDepthSparse(const KernelSpec& spec, const Machine& machine);
Work CostSplitDepthSparse(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSplitDepthSparse(KernelBuilder& builder);

// Products that leave out the zeros of a, whose rows (with transpose_a, columns) are listed first.
std::string CanSparse(const KernelSpec& spec, const Machine& machine);
Work CostSparse(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSparse(KernelBuilder& builder);

// With transpose_a, products that leave out the zeros of b.
std::string CanSparseRight(const KernelSpec& spec, const Machine& machine);
Work CostSparseRight(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildSparseRight(KernelBuilder& builder);

// With transpose_b, each result as a sum over a row of a and a row of b as they lie in memory.
std::string CanDots(const KernelSpec& spec, const Machine& machine);
Work CostDots(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildDots(KernelBuilder& builder);

// The same of those results alone that the epilogue's mask lets through.
std::string CanMaskedDots(const KernelSpec& spec, const Machine& machine);
Work CostMaskedDots(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildMaskedDots(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_MATMUL_PROBLEM_H_
