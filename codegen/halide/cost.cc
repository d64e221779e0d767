#include "codegen/halide/cost.h"

#include <vector>

#include "ir/check.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

// The operations of the epilogue, over all elements.  Each node also loads or stores, which counts as one operation; a
// pool tests or adds each element that it reads, in two operations.
double EpilogueOperations(const KernelSpec& spec) {
  double operations = 0;
  for (const std::vector<const ir::Node*>* nodes : {&spec.epilogue, &spec.pooled_epilogue}) {
    for (const ir::Node* node : *nodes) operations += (1 + node->op->cost) * ElementCount(spec, node->outputs[0]);
  }
  if (spec.pool != nullptr) operations += 2 * ElementCount(spec, spec.pool->inputs[0]);
  return operations;
}

}  // namespace

double Milliseconds(const Work& work, const Machine& machine) {
  const double lanes = machine.lanes;
  double cycles =
      work.products / (lanes * machine.multiply_adds_per_cycle * machine.tile_share * work.tile_utilization);
  cycles += work.sparse_products / (lanes * machine.loads_per_cycle * machine.list_share);
  cycles += work.tested_elements * machine.list_cycles + work.gather_operations * machine.gather_cycles;
  cycles += work.elementwise_operations / (lanes * machine.multiply_adds_per_cycle * machine.elementwise_rate);
  cycles += work.element_cycles + work.cache_bytes / machine.cache_bytes_per_cycle;
  const double memory_milliseconds = work.shared_bytes / (machine.near_gigabytes_per_second * 1e6) +
                                     work.memory_bytes / (machine.read_gigabytes_per_second * 1e6);
  return (1 + work.extra_loops) * machine.kernel_start_milliseconds + cycles / (machine.gigahertz * 1e6) +
         memory_milliseconds;
}

void AddFarBytes(double bytes, double size, const Machine& machine, Work& work) {
  (size > static_cast<double>(machine.l3_bytes) ? work.memory_bytes : work.shared_bytes) += bytes;
}

double ElementCount(const KernelSpec& spec, ir::ValueId value) {
  double elements = 1;
  for (ir::Dim dim : spec.shape(value)) elements *= static_cast<double>(spec.Extent(dim));
  return elements;
}

Work CommonWork(const KernelSpec& spec) {
  Work work;
  work.elementwise_operations = EpilogueOperations(spec);
  for (const ir::Node* reduction : spec.side_reductions)
    work.elementwise_operations += (1 + reduction->op->cost) * ElementCount(spec, reduction->inputs[0]);
  for (ir::ValueId summand : spec.summands)
    work.elementwise_operations += (1 + spec.Producer(summand)->op->cost) * ElementCount(spec, summand);
  return work;
}

void AddPrologueWork(const KernelSpec& spec, Work& work) {
  // The operands of the hero, then the values from which they are computed, as they are found.
  std::vector<ir::ValueId> values = spec.hero->inputs;
  for (size_t index = 0; index < values.size(); ++index) {
    const ir::Node* const producer = spec.Producer(values[index]);
    if (producer == nullptr) continue;
    const double elements = ElementCount(spec, values[index]);
    const double operations = (1 + producer->op->cost) * elements;
    // The gradient of a max-pool gathers: it compares each element with the argmax of its window.
    const bool is_gather = producer->op->argmax_operand >= 0;
    (is_gather ? work.gather_operations : work.elementwise_operations) += operations;
    if (index < spec.hero->inputs.size()) work.cache_bytes += 8 * elements;  // a float is stored and loaded
    values.insert(values.end(), producer->inputs.begin(), producer->inputs.end());
  }
}

}  // namespace brine::codegen
