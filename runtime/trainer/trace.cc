#include "runtime/trainer/trace.h"

#include <chrono>
#include <vector>

#include "runtime/core/file.h"
#include "runtime/trainer/commands.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/trainer.h"

namespace brine {
namespace {

using Clock = std::chrono::steady_clock;

struct Event {
  std::string name;
  const brine_call* call;  // null: not a kernel
  Clock::time_point begin, end;
};

// A complete event ("X"); one that lies within another is shown below it.
std::string Json(const Event& event, Clock::time_point zero) {
  const auto microseconds = [](Clock::duration span) { return JsonNumber(std::chrono::duration<double, std::micro>(span).count()); };
  std::string text = "{\"name\": " + JsonString(event.name) + ", \"ph\": \"X\", \"pid\": 1, \"tid\": 1, \"ts\": " + microseconds(event.begin - zero) +
                     ", \"dur\": " + microseconds(event.end - event.begin);
  if (event.call != nullptr) {
    text += ", \"args\": {\"layers\": " + JsonString(event.call->layers) + ", \"location\": " + JsonString(event.call->location) +
            ", \"flops\": " + JsonNumber(event.call->flops) + "}";
  }
  return text + "}";
}

}  // namespace

void WriteTrace(const std::string& path, brine_state* state, const brine_function& function, int32_t rows, const std::function<void()>& gather) {
  constexpr int kSteps = 5;
  std::vector<Event> events;
  events.reserve(static_cast<size_t>(kSteps * (function.call_count + 2)));
  const Clock::time_point zero = Clock::now();
  for (int step = 1; step <= kSteps; ++step) {
    const Clock::time_point begin = Clock::now();
    gather();
    Clock::time_point last = Clock::now();
    events.push_back({"gather", nullptr, begin, last});
    for (int32_t index = 0; index < function.call_count; ++index) {
      ThrowIfFailed(brine_run_call(state, &function, index, rows), state);
      const Clock::time_point now = Clock::now();
      events.push_back({function.calls[index].name, &function.calls[index], last, now});
      last = now;
    }
    events.push_back({"step " + std::to_string(step), nullptr, begin, last});
  }
  std::string text = "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n{\"name\": \"process_name\", \"ph\": \"M\", \"pid\": 1, \"args\": {\"name\": " +
                     JsonString(brine_state_program(state)->name) + "}}";
  for (const Event& event : events) text += ",\n" + Json(event, zero);
  text += "\n]}\n";
  const brine_bytes piece = {text.data(), text.size()};
  char error[512];
  if (brine_write_file(path.c_str(), &piece, 1, error, sizeof(error)) != 0) throw Error(kExitFailed, error);
}

}  // namespace brine
