#include "passes/regions.h"

namespace brine::passes {

absl::Span<const Region> AllRegions() {
  static constexpr Region kRegions[] = {
      {kHead, "a dozen ops on a few numbers a row: started one by one they would cost more than they compute"},
      {kContraction,
       "what follows a product or a convolution takes its sums while they are in registers; a gradient that is larger "
       "than what it is made of is made where it is read; a bias's gradient is one more sum over the same operand, the "
       "sums of a batch normalization are sums of the same result"},
      {kUpdate, "one pass that overwrites the states, after all of their readers"},
      {kLoop, "what is left: one op with the elementwise ones behind it, or elementwise ops of one shape"},
  };
  return kRegions;
}

}  // namespace brine::passes
