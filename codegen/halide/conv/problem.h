// The sizes of a convolution or of one of its gradients.
#ifndef BRINE_CODEGEN_HALIDE_CONV_PROBLEM_H_
#define BRINE_CODEGEN_HALIDE_CONV_PROBLEM_H_

#include <array>
#include <string>

#include "codegen/halide/images.h"
#include "codegen/halide/kernel_spec.h"

namespace brine::codegen {

// y[n, i, j, f] = Σ over a, b, c of x[n, i·stride + a·dilation − pad, j·…, c] · w[a, b, c, f]
using ConvDirection = ir::ContractionForm::Convolution;

struct ConvProblem {
  ConvDirection direction;
  Window window;
  int groups;
  int height, width, channels;  // of x
  int rows, columns, filters;   // of y
  int batch;                    // the largest n

  // The pool after a forward convolution; 1 × 1 if there is none.
  int pool_rows = 1, pool_columns = 1;
  bool pooled() const { return pool_rows * pool_columns > 1; }
  int cells() const { return pool_rows * pool_columns; }
  int channels_per_group() const { return channels / groups; }
  std::array<int, 2> BorderedSize() const;  // of x with its border

  double products() const;  // multiply-adds of the definition
};

// The lanes of a vector of filters: those of a register, or, with several groups, the largest power of two that divides
// the filters of a group, so that a vector has filters of one group only.
int LanesInGroup(int filters, int groups, const Machine& machine);

ConvProblem ConvProblemOf(const KernelSpec& spec);  // the hero is a convolution or one of its gradients

// Each returns why the condition does not hold, as a clause; empty if it holds.
std::string NeedsOneGroup(const ConvProblem& problem);
std::string NeedsNoDilation(const ConvProblem& problem);
std::string NeedsUnitStrides(const ConvProblem& problem);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_PROBLEM_H_
