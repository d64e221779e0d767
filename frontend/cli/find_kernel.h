// Finds a kernel of a graph by the name that a user gives.
#ifndef BRINE_FRONTEND_CLI_FIND_KERNEL_H_
#define BRINE_FRONTEND_CLI_FIND_KERNEL_H_

#include <string>

#include "absl/status/statusor.h"
#include "ir/graph.h"

namespace brine::cli {

// The kernel of a fused or planned graph that computes the value `name`, or else the only one that computes nodes of
// the layer `name`.  Errors: there is no such kernel, or the layer has several; the message names the known ones.
absl::StatusOr<const ir::Node*> FindKernel(const ir::Graph& graph, const std::string& name);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_FIND_KERNEL_H_
