// When each part of some training steps ran, in the Trace Event Format that Perfetto and chrome://tracing show.
#ifndef BRINE_RUNTIME_TRAINER_TRACE_H_
#define BRINE_RUNTIME_TRAINER_TRACE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "runtime/core/state.h"

namespace brine {

// Trains for five steps, each after `gather` has filled the input rows, and writes to `path` when each part of them
// ran: gathering, the kernels, the test for NaN ("finite test").  Throws Error.
void WriteTrace(const std::string& path, brine_state* state, int32_t rows, const std::function<void()>& gather);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_TRACE_H_
