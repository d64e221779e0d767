// Reads the samples of a data set by several threads.
#ifndef BRINE_FRONTEND_DATA_READ_IN_ORDER_H_
#define BRINE_FRONTEND_DATA_READ_IN_ORDER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/trainer/dataset.h"

namespace brine {

// Consecutive samples of a data set.
struct SampleChunk {
  int64_t read = 0;                          // the number of samples that could be read
  std::vector<std::vector<uint8_t>> fields;  // by field: their elements, one sample after another
  std::string names;                         // a line for each of them, which is empty if the sample has no name
  std::vector<std::string> broken;           // a sentence for each sample that could not be read
};

// Reads all samples and calls `take` with each chunk, in the order of the data set, on the calling thread.  Of sources
// that one thread must read, one does.  `threads` as in DataOptions.  Memory is taken for a few chunks, each of about a
// megabyte or of one sample.  An exception that `take` throws ends the reading.
void ReadInOrder(const Dataset& data, int threads, const std::function<void(const SampleChunk&)>& take);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_READ_IN_ORDER_H_
