#include "passes/regions.h"

namespace brine::passes {

absl::Span<const Region> AllRegions() {
  static constexpr Region kRegions[] = {
      {kHead, "a dozen ops on a few numbers a row: started one by one they would cost more than they compute"},
      {kContraction,
       "what follows a product or a convolution takes its sums while they are in registers; a pool's gradient, larger "
       "than its inputs, is recomputed by its consumer; a bias gradient is one more reduction of an operand that is "
       "being read anyway, and the sums of a batch normalization are reductions of the result"},
      {kUpdate, "one pass that overwrites the states, after all of their readers"},
      {kLoop, "what is left: one op and the elementwise ops that follow it, or elementwise ops of one shape"},
  };
  return kRegions;
}

}  // namespace brine::passes
