// brine-worker with a strategy that is predicted to cost nothing and computes zeros instead of weight gradients.
#include "codegen/halide/algorithm.h"
#include "codegen/halide/strategies.h"
#include "codegen/halide/worker.h"

namespace {

using namespace brine::codegen;

std::string CanAlways(const KernelSpec&, const Machine&) { return ""; }
Work CostNothing(const KernelSpec&, const Machine&) { return {}; }

ScheduledKernel BuildZeros(KernelBuilder& builder) {
  const std::vector<brine::ir::ValueId>& results = builder.spec().results;
  builder.AddOutput(MakeFunc("zeros", Axes(builder.spec().type(results[0]).rank()), {0.0f}), results);
  return builder.Finish();
}

}  // namespace

int main(int argc, char** argv) {
  AddStrategy({&brine::ir::kConvolutionWeightGradForm, "wrong", CanAlways, CostNothing, BuildZeros});
  return WorkerMain(argc, argv);
}
