// What `brine compile --tune` has found: for kernels that it has timed on this processor, the fastest strategy.  It is
// kept in the cache by the kernel's signature, so every later compilation takes it.
#ifndef BRINE_CODEGEN_DRIVER_TUNING_H_
#define BRINE_CODEGEN_DRIVER_TUNING_H_

#include <string>

#include "absl/status/status.h"
#include "codegen/driver/cache.h"
#include "codegen/driver/compile.h"
#include "ir/graph.h"

namespace brine::codegen {

// The text of a kernel's canonical region.  Two kernels with the same text have the same code.
std::string KernelSignature(const ir::Graph& graph, const ir::Node& kernel);

class Tuning {
 public:
  // The findings for programs of this target on the processor of this machine.  The cache must outlive the object.
  Tuning(const Cache& cache, std::string target);

  // The strategy that was fastest for a kernel; empty if it is the one of the least predicted cost, or if the kernel
  // was not timed.
  std::string Find(const std::string& signature) const;

  // Keeps the strategy for a kernel in place of an older one.  Errors: those of Cache::Put.
  absl::Status Keep(const std::string& signature, const std::string& strategy) const;

  StrategyOfKernel strategies() const;  // of all kernels, as found

 private:
  std::string Key(const std::string& signature) const;

  const Cache* cache_;
  std::string machine_;  // the lines of the key that name the compiler, the target and the processor
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_TUNING_H_
