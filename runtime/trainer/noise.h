// Random data for any model, with which its steps can be timed.
#ifndef BRINE_RUNTIME_TRAINER_NOISE_H_
#define BRINE_RUNTIME_TRAINER_NOISE_H_

#include "runtime/program.h"
#include "runtime/trainer/dataset.h"

namespace brine {

// Samples for all data inputs and labels of a function, uniform random numbers of `seed`: bytes from 0 to 255 for an
// input of bytes, floats from [−1, 1) for an input of floats, and class numbers for a label of classes.  There are
// 10,000 samples, or fewer if their data would take more than 256 MB, but at least `fewest`.
Dataset MakeNoise(const brine_function& function, int64_t fewest, uint64_t seed);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_NOISE_H_
