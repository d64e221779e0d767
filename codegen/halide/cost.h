// What a kernel costs: a strategy counts the work that it does for a kernel, and the machine's rates turn this work
// into the time of one core.
#ifndef BRINE_CODEGEN_HALIDE_COST_H_
#define BRINE_CODEGEN_HALIDE_COST_H_

#include "codegen/driver/machine.h"
#include "codegen/halide/kernel_spec.h"

namespace brine::codegen {

// The work of a kernel for the largest batch.  Milliseconds adds up the times of the different kinds of work.
struct Work {
  double products = 0;                // multiply-adds of register tiles, in which several share a load
  double sparse_products = 0;         // multiply-adds along lists, each of which loads a vector
  double tested_elements = 0;         // that are tested when a list of the nonzero ones is made
  double gather_operations = 0;       // on elements that are gathered one by one, as by the gradient of a max-pool
  double elementwise_operations = 0;  // of transforms, pools and activations, in whole vectors
  double element_cycles = 0;          // of operations on one element after the other, as in transposing
  double cache_bytes = 0;             // that are moved within the second-level cache
  double shared_bytes = 0;            // from the shared cache, besides the arguments of the kernel
  double memory_bytes = 0;            // from and to memory, besides the arguments of the kernel
  double extra_loops = 0;             // loops over tasks, besides the first one
  double tile_utilization = 1;        // the share of the peak rate that `products` can reach, from 0 to 1
};

// The predicted time of `work` on one core.  Moving the arguments takes as long for every strategy and is added where
// it is known where they lie (codegen/driver/movement.h).
double Milliseconds(const Work& work, const Machine& machine);

// The work that every strategy does: the epilogue and the side reductions.
Work CommonWork(const KernelSpec& spec);

// Adds the work of the hero's prologue to `work`: computing its operands and storing them before they are read.
void AddPrologueWork(const KernelSpec& spec, Work& work);

// Adds `bytes` that come from beyond the second-level cache: from the shared cache if what they are read from, in
// `size` bytes, fits it, and from memory otherwise.
void AddFarBytes(double bytes, double size, const Machine& machine, Work& work);

// The number of elements of `value` at the kernel's batch size.
double ElementCount(const KernelSpec& spec, ir::ValueId value);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_COST_H_
