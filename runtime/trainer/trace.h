// Records when each part of some training steps runs, in the Trace Event Format that Perfetto and chrome://tracing
// show.
#ifndef BRINE_RUNTIME_TRAINER_TRACE_H_
#define BRINE_RUNTIME_TRAINER_TRACE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "runtime/core/state.h"

namespace brine {

// Trains for five steps, before each of which `gather` fills the input rows, and writes to `path` when each part of
// them ran: the call of `gather`, the kernels, and the test for NaN ("finite test").  Throws Error if a step fails or
// the file cannot be written.
void WriteTrace(const std::string& path, brine_state* state, int32_t rows, const std::function<void()>& gather);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_TRACE_H_
