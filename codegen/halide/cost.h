// What a kernel takes, as a strategy builds it: counts of work, and the time that a core takes for it.
#ifndef BRINE_CODEGEN_HALIDE_COST_H_
#define BRINE_CODEGEN_HALIDE_COST_H_

#include "codegen/halide/kernel_spec.h"
#include "codegen/halide/machine.h"

namespace brine::codegen {

// Counts are of elements, for the kernel's batch size.  Each kind of work takes its time after the others; within one
// the slower of what it computes and what it loads decides.
struct Work {
  double products = 0;     // multiply-adds with their sums in registers, a load for several of them
  double walked = 0;       // multiply-adds along a list, a load for each
  double listed = 0;       // elements that are looked at to list those that are not 0
  double gathered = 0;     // operations on elements that are looked up one by one, such as those of a pool's gradient
  double elementwise = 0;  // operations of transforms, pools, activations
  double near_bytes = 0;   // copied within the second-level cache
  double far_bytes = 0;    // to and from memory
  double tiles_full = 1;   // share of the lanes and rows of register tiles that hold results
};

double Milliseconds(const Work& work, const Machine& machine);

// The share of elements that are expected not to be 0 of what a ReLU or its gradient made, and of the gradient that
// leaves a max-pool, of which only the cell that won has one.
inline constexpr double kNonzeroShare = 0.45;

// Elementwise operations in whose time an element of a matrix is transposed.
inline constexpr double kTransposeOperations = 16;

// What every strategy does: the epilogue, and operands and results from and to memory.
Work CommonWork(const KernelSpec& spec);

// Adds what it takes to compute and store operands of the hero that the body makes, for a strategy that reads them
// whole.
void AddPrologue(const KernelSpec& spec, Work& work);

// Elements of `type` at the kernel's batch size.
double Elements(const KernelSpec& spec, ir::ValueId value);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_COST_H_
