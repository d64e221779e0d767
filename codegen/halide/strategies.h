// How kernels are built: a table of strategies, and the choice among those that can build a kernel.
//
// A strategy that *can* build a kernel builds it correctly; its cost says whether it *pays*.  The two are never mixed:
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
  const ir::ContractionForm* form;  // of the hero; null: any kernel, also one without a hero
  const char* name;                 // "winograd"

  // Why the strategy cannot build a kernel with this hero, as a clause ("its strides are not 1"); empty if it can.
  std::string (*can)(const KernelSpec& spec, const Machine& machine);
  Work (*cost)(const KernelSpec& spec, const Machine& machine);
  ScheduledKernel (*build)(KernelBuilder& builder);

  bool pools = false;  // whether it builds kernels in which a pool whose windows tile the image follows the hero
};

absl::Span<const Strategy> AllStrategies();  // the last one, *generic*, can build any kernel

// Adds a strategy of the calling program.  It is called by one thread, before kernels are built.
void AddStrategy(const Strategy& strategy);

// A candidate for one kernel.
struct Candidate {
  const Strategy* strategy;
  std::string reason;               // why it cannot build the kernel; empty if it can
  double milliseconds = 0;          // on one core, if it can
  double nonzero_milliseconds = 0;  // see CandidateFact
};

// The strategies for the kernel's hero, and those for any kernel that can build this one, in order of preference: by
// cost, then those that cannot build it.  `forced` names a strategy that is put first; it has no effect if that cannot
// build the kernel or is for another hero.
std::vector<Candidate> Candidates(const KernelSpec& spec, const Machine& machine, absl::string_view forced);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_STRATEGIES_H_
