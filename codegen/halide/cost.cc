#include "codegen/halide/cost.h"

#include <vector>

#include "ir/check.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

// The share of a core's rates that loops reach.  They are fitted to the times of all strategies on all kernels of
// tests/bench; tests/bench/README.md compares predictions with measurements.
constexpr double kTileShare = 0.95;       // of the multiply-adds that can begin
constexpr double kListShare = 0.85;       // of the loads that can begin, where products iterate over lists
constexpr double kElementwiseRate = 1.4;  // operations in the time of a multiply-add; some pairs are one instruction
constexpr double kListCycles = 1.8, kGatherCycles = 2;  // for each element
constexpr double kNearBytes = 28;                       // for each cycle, within the second-level cache
constexpr double kStartMilliseconds = 0.002;            // to begin and end the loops of a kernel

// Operations of the epilogue for each element.
double EpilogueOperations(const KernelSpec& spec) {
  double operations = 0;
  for (const std::vector<const ir::Node*>* steps : {&spec.epilogue, &spec.pooled_epilogue}) {
    for (const ir::Node* node : *steps) operations += (1 + node->op->cost) * Elements(spec, node->outputs[0]);
  }
  if (spec.pool != nullptr) operations += 2 * Elements(spec, spec.pool->inputs[0]);
  return operations;
}

double OperandBytes(const KernelSpec& spec) {
  double bytes = 0;
  for (const std::vector<ir::ValueId>* values : {&spec.kernel.inputs, &spec.kernel.outputs}) {
    for (ir::ValueId value : *values)
      bytes += Elements(spec, value) * static_cast<double>(ir::BitWidth(spec.type(value).dtype)) / 8;
  }
  return bytes;
}

}  // namespace

double Milliseconds(const Work& work, const Machine& machine) {
  const double lanes = machine.lanes;
  double cycles = work.products / (lanes * machine.products * kTileShare * work.tile_utilization);
  cycles += work.sparse_products / (lanes * machine.loads * kListShare);
  cycles += work.tested * kListCycles + work.gathered * kGatherCycles;
  cycles += work.elementwise / (lanes * machine.products * kElementwiseRate);
  cycles += work.cache_bytes / kNearBytes;
  const double far = work.memory_bytes / (machine.far_gigabytes * 1e6);
  return kStartMilliseconds + cycles / (machine.gigahertz * 1e6) + far;
}

double Elements(const KernelSpec& spec, ir::ValueId value) {
  double elements = 1;
  for (ir::Dim dim : spec.shape(value)) elements *= static_cast<double>(spec.Extent(dim));
  return elements;
}

Work CommonWork(const KernelSpec& spec) {
  Work work;
  work.elementwise = EpilogueOperations(spec);
  for (const ir::Node* reduction : spec.side_reductions)
    work.elementwise += (1 + reduction->op->cost) * Elements(spec, reduction->inputs[0]);
  work.memory_bytes = OperandBytes(spec);
  return work;
}

void AddPrologue(const KernelSpec& spec, Work& work) {
  std::vector<ir::ValueId> made = spec.hero->inputs;
  for (size_t at = 0; at < made.size(); ++at) {
    const ir::Node* const producer = spec.Producer(made[at]);
    if (producer == nullptr) continue;
    const double elements = Elements(spec, made[at]);
    const double operations = (1 + producer->op->cost) * elements;
    const bool gathers = producer->op->argmax_operand >= 0;  // compares each element with its window's argmax
    (gathers ? work.gathered : work.elementwise) += operations;
    if (at < spec.hero->inputs.size()) work.cache_bytes += 8 * elements;
    made.insert(made.end(), producer->inputs.begin(), producer->inputs.end());
  }
}

}  // namespace brine::codegen
