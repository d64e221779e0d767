// When each kernel of some training steps ran, in the Trace Event Format that Perfetto and chrome://tracing show.
#ifndef BRINE_RUNTIME_TRAINER_TRACE_H_
#define BRINE_RUNTIME_TRAINER_TRACE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "runtime/core/state.h"

namespace brine {

// Runs five steps call by call, each after `gather` has filled the input rows, and writes the times to `path`.  A step has the scalars of
// the one before the first, and nothing is tested for NaN: this is for looking at time, not for training on.  Throws Error.
void WriteTrace(const std::string& path, brine_state* state, const brine_function& function, int32_t rows, const std::function<void()>& gather);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_TRACE_H_
