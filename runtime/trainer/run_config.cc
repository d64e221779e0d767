#include "runtime/trainer/run_config.h"

#include <sys/utsname.h>

#include <cinttypes>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "runtime/core/cpu.h"

namespace brine {
namespace {

// A message in the text format.
class Message {
 public:
  void Add(const char* name, const std::string& text) {
    if (!text.empty()) Line(name, Quoted(text));
  }
  void Add(const char* name, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) Line(name, Quoted(text));
  }
  void Add(const char* name, int64_t number) { Line(name, std::to_string(number)); }
  void Add(const char* name, uint64_t number) { Line(name, std::to_string(number)); }
  void Add(const char* name, double number) {
    char text[40];
    std::snprintf(text, sizeof(text), "%.17g", number);
    Line(name, text);
  }
  void Add(const char* name, const Message& message) {
    text_ += std::string(name) + " {\n";
    for (size_t begin = 0, end; begin < message.text_.size(); begin = end) {
      end = message.text_.find('\n', begin) + 1;
      text_ += "  " + message.text_.substr(begin, end - begin);
    }
    text_ += "}\n";
  }

  const std::string& text() const { return text_; }

 private:
  void Line(const char* name, const std::string& value) { text_ += std::string(name) + ": " + value + "\n"; }

  // Bytes other than printable ASCII characters are written as three octal digits.
  static std::string Quoted(const std::string& text) {
    std::string quoted = "\"";
    for (const char c : text) {
      char escaped[8];
      if (c == '"' || c == '\\') quoted += '\\';
      if (c >= ' ' && c <= '~') {
        quoted += c;
      } else {
        std::snprintf(escaped, sizeof(escaped), "\\%03o", static_cast<unsigned>(static_cast<unsigned char>(c)));
        quoted += escaped;
      }
    }
    return quoted + "\"";
  }

  std::string text_;
};

// "2026-11-28T12:00:00Z"
std::string Now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc;
  char text[40];
  gmtime_r(&now, &utc);
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

// What the kernel calls the processor; empty if it does not say.
std::string ProcessorName() {
  constexpr std::string_view kKey = "model name\t: ";
  std::string name;
  char line[256];
  std::FILE* const file = std::fopen("/proc/cpuinfo", "r");
  while (file != nullptr && name.empty() && std::fgets(line, sizeof(line), file) != nullptr) {
    std::string_view text(line);
    if (text.starts_with(kKey)) name = text.substr(kKey.size(), text.find('\n') - kKey.size());
  }
  if (file != nullptr) std::fclose(file);
  return name;
}

std::string SystemName() {
  utsname name;
  if (uname(&name) != 0) return {};
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

Message MachineMessage(const brine_program& program) {
  Message machine;
  machine.Add("cpu", ProcessorName());
  machine.Add("cores", int64_t{brine_available_threads()});
  machine.Add("target", std::string(program.backend->target));
  machine.Add("system", SystemName());
  return machine;
}

void AddResults(const char* prefix, const Results& results, Message& message) {
  for (const Result& result : results.all) {
    Message row;
    row.Add("name", prefix + std::string(result.name));
    row.Add("better", std::string(result.better == BRINE_SMALLER_IS_BETTER  ? "min"
                                  : result.better == BRINE_LARGER_IS_BETTER ? "max"
                                                                            : ""));
    message.Add("result", row);
  }
}

}  // namespace

std::string ConfigText(const brine_program& program, const RunConfig& config) {
  char hash[20];
  std::snprintf(hash, sizeof(hash), "%016" PRIx64, program.graph_hash);
  Message message;
  message.Add("model", std::string(program.name));
  message.Add("graph_hash", std::string(hash));
  message.Add("numerics_id", std::string(program.numerics_id == nullptr ? "" : program.numerics_id));
  message.Add("command", config.command);
  message.Add("batch_size", config.batch_size);
  message.Add("accumulate", config.accumulate);
  message.Add("epochs", config.epochs);
  message.Add("seed", config.seed);
  message.Add("threads", int64_t{config.threads});
  if (config.learning_rate) message.Add("learning_rate", *config.learning_rate);
  message.Add("data", config.data);
  message.Add("train_samples", config.train_samples);
  message.Add("validation_samples", config.validation_samples);
  message.Add("test_samples", config.test_samples);
  message.Add("class_names", config.class_names);
  message.Add("version", std::string(BRINE_VERSION));
  message.Add("machine", MachineMessage(program));
  message.Add("started", Now());
  AddResults("", config.results.train, message);
  AddResults("val_", config.results.validation, message);
  message.Add("monitor", config.monitor);
  return message.text();
}

std::string ResumedText(const RunConfig& config, int epochs_done) {
  Message resumption, message;
  resumption.Add("started", Now());
  resumption.Add("command", config.command);
  resumption.Add("epochs_done", int64_t{epochs_done});
  resumption.Add("epochs", config.epochs);
  message.Add("resumed", resumption);
  return message.text();
}

}  // namespace brine
