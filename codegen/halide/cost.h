// The work of a kernel as a strategy builds it, and the time that one core takes for it.
#ifndef BRINE_CODEGEN_HALIDE_COST_H_
#define BRINE_CODEGEN_HALIDE_COST_H_

#include "codegen/halide/kernel_spec.h"
#include "codegen/halide/machine.h"

namespace brine::codegen {

// Counts are for the kernel's batch size.  The times of the different kinds of work are added.
struct Work {
  double products = 0;         // multiply-adds with their sums in registers; several share a load
  double sparse_products = 0;  // multiply-adds along a list; each has a load
  double tested = 0;           // elements that are tested to list the nonzero ones
  double gathered = 0;     // operations on elements that are gathered one by one, for example by the gradient of a pool
  double elementwise = 0;  // operations of transforms, pools and activations
  double cache_bytes = 0;  // copied within the second-level cache
  double memory_bytes = 0;      // to and from memory
  double tile_utilization = 1;  // share of the lanes and rows of register tiles that hold results
};

double Milliseconds(const Work& work, const Machine& machine);

// The expected share of nonzero elements in the result of a ReLU or its gradient, and in the gradient of a max-pool at
// the argmax.
inline constexpr double kNonzeroShare = 0.45;

// The cost of transposing one element of a matrix, as a number of elementwise operations.
inline constexpr double kTransposeOperations = 16;

// The work that every strategy does: the epilogue, and reading operands from and writing results to memory.
Work CommonWork(const KernelSpec& spec);

// Adds the work of computing and storing those operands of the hero that the body makes, for a strategy that stores
// them before it reads them.
void AddPrologue(const KernelSpec& spec, Work& work);

// The number of elements of `value` at the kernel's batch size.
double Elements(const KernelSpec& spec, ir::ValueId value);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_COST_H_
