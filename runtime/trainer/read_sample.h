// Reads one sample of a data set.
#ifndef BRINE_RUNTIME_TRAINER_READ_SAMPLE_H_
#define BRINE_RUNTIME_TRAINER_READ_SAMPLE_H_

#include <cstdint>
#include <vector>

#include "runtime/trainer/dataset.h"

namespace brine {

// The bytes of each field of the sample, as the source has them.  Throws Error if the source cannot read it.
std::vector<std::vector<uint8_t>> ReadSample(const Dataset& data, int64_t sample);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_READ_SAMPLE_H_
