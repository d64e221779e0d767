// How kernels are built: a table of strategies, and the choice among those that can build a kernel.
//
// A strategy that *can* build a kernel does so correctly; whether it *pays* is its cost.  The two are never mixed:
// tests run every strategy on every kernel that it can build.
#ifndef BRINE_CODEGEN_HALIDE_STRATEGIES_H_
#define BRINE_CODEGEN_HALIDE_STRATEGIES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

struct Strategy {
  const ir::Op* hero;  // null: of any kernel
  const char* name;    // "winograd"

  // Why the strategy cannot build a kernel with this hero, as a clause ("its strides are not 1"); empty: it can.
  std::string (*can)(const KernelSpec& spec, const Machine& machine);
  Work (*cost)(const KernelSpec& spec, const Machine& machine);
  ScheduledKernel (*build)(KernelBuilder& builder);
};

absl::Span<const Strategy> AllStrategies();  // the last one, *generic*, can build any kernel

// Adds a strategy that this program brings along.  Called before kernels are built, by one thread.
void AddStrategy(const Strategy& strategy);

// A strategy for one kernel.
struct Candidate {
  const Strategy* strategy;
  std::string obstacle;     // why it cannot; empty: it can
  double milliseconds = 0;  // on one core, where it can
};

// Of the kernel's hero, in the order in which they would be taken: by cost, then those that cannot.  `forced` names the
// strategy to take first; where it cannot build the kernel, or is none of its hero's, the order stays as it is.
std::vector<Candidate> Candidates(const KernelSpec& spec, const Machine& machine, absl::string_view forced);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_STRATEGIES_H_
