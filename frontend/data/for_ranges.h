// Divides work among several threads.
#ifndef BRINE_FRONTEND_DATA_FOR_RANGES_H_
#define BRINE_FRONTEND_DATA_FOR_RANGES_H_

#include <cstdint>
#include <functional>

namespace brine {

// Calls use(begin, end) for ranges that together are [0, count), on several threads, of which the calling one is one.
// `threads` as in DataOptions.  If calls throw, no further ranges are begun, and the exception of the first range among
// them is thrown, which therefore does not depend on the number of threads.
void ForRanges(int64_t count, int threads, const std::function<void(int64_t begin, int64_t end)>& use);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_FOR_RANGES_H_
