#include "codegen/halide/cost.h"

#include "ir/check.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

// Shares of a core's rates that loops reach, and bytes that it moves within the second-level cache in a cycle; measured
// on Zen 4 over the kernels of tests/bench, where README.md sets them beside each other.
constexpr double kTileShare = 0.8, kWalkShare = 0.55, kElementwiseShare = 0.5;
constexpr double kListCycles = 1.2;  // for an element that is looked at
constexpr double kNearBytes = 24;
constexpr double kStartMilliseconds = 0.003;  // to begin and end a kernel's loops

}  // namespace

double Milliseconds(const Work& work, const Machine& machine) {
  const double lanes = machine.lanes;
  double cycles = work.products / (lanes * machine.products * kTileShare * work.tiles_full);
  cycles += work.walked / (lanes * machine.loads * kWalkShare);
  cycles += work.listed * kListCycles;
  cycles += work.elementwise / (lanes * machine.products * kElementwiseShare);
  cycles += work.near_bytes / kNearBytes;
  const double far = work.far_bytes / (machine.far_gigabytes * 1e6);
  return kStartMilliseconds + cycles / (machine.gigahertz * 1e6) + far;
}

double Elements(const KernelSpec& spec, ir::ValueId value) {
  double elements = 1;
  for (ir::Dim dim : spec.shape(value)) elements *= static_cast<double>(spec.Extent(dim));
  return elements;
}

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

}  // namespace brine::codegen
