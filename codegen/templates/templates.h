// The templates: how a kernel's ops become one scheduled Halide pipeline.
#ifndef BRINE_CODEGEN_TEMPLATES_TEMPLATES_H_
#define BRINE_CODEGEN_TEMPLATES_TEMPLATES_H_

#include <string>
#include <vector>

#include "codegen/algorithm.h"

namespace brine::codegen {

// A kernel to compile: graph.nodes[0], whose inputs are the graph's.
struct KernelRequest {
  const ir::Graph& graph;
  const Halide::Target& target;

  const ir::Node& kernel() const { return graph.nodes[0]; }
};

struct ScheduledKernel {
  Halide::Pipeline pipeline;
  std::vector<Halide::Argument> inputs;  // in the order of the kernel's inputs
  std::vector<int> output_order;         // the pipeline's output k is the kernel's output output_order[k]
  std::string algorithm;                 // a word for the way in which it was built: "winograd", "lists", …
};

// Builds the kernel with the template of its region (templates.def).  A template that does not fit a kernel (a window
// that overlaps the next, say) builds it as `generic` does, which holds any legal region.
ScheduledKernel BuildKernel(const KernelRequest& request);

ScheduledKernel BuildGeneric(const KernelRequest& request);
ScheduledKernel BuildConvPool(const KernelRequest& request);
ScheduledKernel BuildConvGradFilter(const KernelRequest& request);
ScheduledKernel BuildConvGradInput(const KernelRequest& request);
ScheduledKernel BuildDense(const KernelRequest& request);
ScheduledKernel BuildDenseGradInput(const KernelRequest& request);
ScheduledKernel BuildDenseDots(const KernelRequest& request);
ScheduledKernel BuildLiveDense(const KernelRequest& request);
ScheduledKernel BuildLiveDenseGradInput(const KernelRequest& request);
ScheduledKernel BuildLiveDenseGradFilter(const KernelRequest& request);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_TEMPLATES_H_
