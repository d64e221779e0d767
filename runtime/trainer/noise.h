// Data for models that no data at hand fits: enough to time their steps.
#ifndef BRINE_RUNTIME_TRAINER_NOISE_H_
#define BRINE_RUNTIME_TRAINER_NOISE_H_

#include "runtime/program.h"
#include "runtime/trainer/dataset.h"

namespace brine {

// Samples for all data inputs and labels of a function, all of them uniform and drawn from `seed`: bytes from 0 to 255;
// floats from −1 to 1 if an input takes floats; class numbers for a label of classes.  There are 10,000, or fewer if
// these would take more than 256 MB, but at least `fewest`.
Dataset MakeNoise(const brine_function& function, int64_t fewest, uint64_t seed);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_NOISE_H_
