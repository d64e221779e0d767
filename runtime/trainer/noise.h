// Data for models that no data at hand fits: enough to time their steps.
#ifndef BRINE_RUNTIME_TRAINER_NOISE_H_
#define BRINE_RUNTIME_TRAINER_NOISE_H_

#include "runtime/program.h"
#include "runtime/trainer/dataset.h"

namespace brine {

// Samples for all data inputs and labels of a function: bytes from 0 to 255, or floats from −1 to 1 where an input
// takes floats, and class numbers for a label that tells classes apart, all of them uniform and of `seed`.  There are
// 10,000, of large samples fewer, so that they take 256 MB, but at least `fewest`.
Dataset MakeNoise(const brine_function& function, int64_t fewest, uint64_t seed);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_NOISE_H_
