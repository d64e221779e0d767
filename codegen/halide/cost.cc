#include "codegen/halide/cost.h"

#include <vector>

#include "ir/check.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

// What loops reach of a core's rates, fitted to what the kernels of tests/bench take on one core of Zen 3, by every
// strategy that can build them; tests/bench/README.md sets predictions beside measurements.
constexpr double kTileShare = 0.95, kWalkShare = 0.85;  // of the multiply-adds that can begin, of the loads
constexpr double kElementwiseRate = 1.4;  // operations in a multiply-add's time: some pairs of them are one instruction
constexpr double kListCycles = 1.8, kGatherCycles = 2;  // an element
constexpr double kNearBytes = 28;                       // a cycle, within the second-level cache
constexpr double kStartMilliseconds = 0.002;            // to begin and end a kernel's loops

// Operations an element of the epilogue.
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
  double cycles = work.products / (lanes * machine.products * kTileShare * work.tiles_full);
  cycles += work.walked / (lanes * machine.loads * kWalkShare);
  cycles += work.listed * kListCycles + work.gathered * kGatherCycles;
  cycles += work.elementwise / (lanes * machine.products * kElementwiseRate);
  cycles += work.near_bytes / kNearBytes;
  const double far = work.far_bytes / (machine.far_gigabytes * 1e6);
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
  work.far_bytes = OperandBytes(spec);
  return work;
}

void AddPrologue(const KernelSpec& spec, Work& work) {
  std::vector<ir::ValueId> made = spec.hero->inputs;
  for (size_t at = 0; at < made.size(); ++at) {
    const ir::Node* const maker = spec.Maker(made[at]);
    if (maker == nullptr) continue;
    const double elements = Elements(spec, made[at]);
    const double operations = (1 + maker->op->cost) * elements;
    (maker->op->kind == ir::OpKind::kWindow ? work.gathered : work.elementwise) += operations;
    if (at < spec.hero->inputs.size()) work.near_bytes += 8 * elements;
    made.insert(made.end(), maker->inputs.begin(), maker->inputs.end());
  }
}

}  // namespace brine::codegen
