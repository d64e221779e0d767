#include "ir/ops/random_source.h"

namespace brine::ir {

const Op kRandomNormal = MakeRandomSource<&RandomNumbers::Normal>({
    .name = "random_normal",
    .doc = "y[e] = √(−2 ln (1 − u₀))·cos 2πu₁, of the standard normal distribution (Box and Muller 1958), for each "
           "position e in y in C order; u₀ and u₁ in [0, 1) are the first two words of Philox4x32-10, of 24 bits each, "
           "for key seed and counter (e, step, id, 0). |y| is at most 5.77. The numbers of a row do not depend on how "
           "many rows follow. y is f32, seed u32[2], step u32[2].",
    .cost = 120,
});

}  // namespace brine::ir
