#include "ir/ops/random_source.h"

namespace brine::ir {

const Op kRandomUniform = MakeRandomSource<&RandomNumbers::Uniform>({
    .name = "random_uniform",
    .doc =
        "y[e] = u(e), uniform in [0, 1), for each position e in y in C order; u is Philox4x32-10 of key seed and "
        "counter (e, step, id, 0). The numbers of a row do not depend on how many rows follow. y is f32, seed u32[2], "
        "step u32[2].",
    .cost = 60,  // about six operations in each of the ten rounds of Philox
});

}  // namespace brine::ir
