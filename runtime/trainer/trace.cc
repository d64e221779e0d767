#include "runtime/trainer/trace.h"

#include <chrono>
#include <vector>

#include "runtime/core/file.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/json.h"
#include "runtime/trainer/shapes.h"
#include "runtime/trainer/trainer.h"

namespace brine {
namespace {

using Clock = std::chrono::steady_clock;

struct Event {
  std::string name;
  const brine_call* call;  // null if the event is no kernel
  Clock::time_point begin, end;
};

// A complete event ("X").  Viewers show an event that lies within another one below it.
std::string Json(const Event& event, Clock::time_point zero) {
  const auto microseconds = [](Clock::duration span) {
    return JsonNumber(std::chrono::duration<double, std::micro>(span).count());
  };
  std::string text = "{\"name\": " + JsonString(event.name) +
                     ", \"ph\": \"X\", \"pid\": 1, \"tid\": 1, \"ts\": " + microseconds(event.begin - zero) +
                     ", \"dur\": " + microseconds(event.end - event.begin);
  if (event.call != nullptr) {
    text += ", \"args\": {\"layers\": " + JsonString(event.call->layers) +
            ", \"location\": " + JsonString(event.call->location) + ", \"flops\": " + JsonNumber(event.call->flops) +
            "}";
  }
  return text + "}";
}

}  // namespace

void WriteTrace(const std::string& path, brine_state* state, int32_t rows, const std::function<void()>& gather) {
  constexpr int kSteps = 5;
  std::vector<Event> events;
  const brine_function& train = FunctionOf(*brine_state_program(state), "train");
  events.reserve(static_cast<size_t>(kSteps * (train.call_count + 3)));
  const Observation observation(state, [&](const brine_call* call, bool done) {
    const Clock::time_point now = Clock::now();
    if (done) {
      events.back().end = now;
      return;
    }
    events.push_back({call == nullptr ? "finite test" : call->name, call, {}, {}});
    events.back().begin = Clock::now();
  });
  const Clock::time_point zero = Clock::now();
  for (int step = 1; step <= kSteps; ++step) {
    const Clock::time_point begin = Clock::now();
    gather();
    events.push_back({"gather", nullptr, begin, Clock::now()});
    ThrowIfFailed(brine_step(state, &train, rows), state);
    events.push_back({"step " + std::to_string(step), nullptr, begin, Clock::now()});
  }
  std::string text =
      "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n{\"name\": \"process_name\", \"ph\": \"M\", \"pid\": 1, "
      "\"args\": {\"name\": " +
      JsonString(brine_state_program(state)->name) + "}}";
  for (const Event& event : events) text += ",\n" + Json(event, zero);
  text += "\n]}\n";
  const brine_bytes piece = {text.data(), text.size()};
  char error[512];
  if (brine_write_file(path.c_str(), &piece, 1, error, sizeof(error)) != 0) ThrowError(kExitFailed, {error});
}

}  // namespace brine
