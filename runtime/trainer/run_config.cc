#include "runtime/trainer/run_config.h"

#include <sys/utsname.h>

#include <cinttypes>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <vector>

#include "runtime/core/cpu.h"
#include "runtime/trainer/fit_loop.h"
#include "runtime/trainer/text.h"

namespace brine {
namespace {

// A message in the text format.
class Message {
 public:
  void Text(const char* name, std::string_view text) {
    if (!text.empty()) Line(name, Quoted(text));
  }
  void Texts(const char* name, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) Line(name, Quoted(text));
  }
  void Whole(const char* name, int64_t number) { Line(name, std::to_string(number)); }
  void Real(const char* name, double number) { Line(name, ShortestText(number)); }
  void Line(const char* name, std::string_view value) { text_ += Concat({name, ": ", value, "\n"}); }
  void Part(const char* name, const Message& message) {
    text_ += Concat({name, " {\n"});
    for (size_t begin = 0, end; begin < message.text_.size(); begin = end) {
      end = message.text_.find('\n', begin) + 1;
      text_ += Concat({"  ", std::string_view(message.text_).substr(begin, end - begin)});
    }
    text_ += "}\n";
  }

  const std::string& text() const { return text_; }

 private:
  // Bytes other than printable ASCII characters are written as three octal digits.
  static std::string Quoted(std::string_view text) {
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
    return quoted + '"';
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
  return uname(&name) == 0 ? Concat({name.sysname, " ", name.release, " ", name.machine}) : "";
}

Message MachineMessage(const brine_program& program) {
  Message machine;
  machine.Text("cpu", ProcessorName());
  machine.Whole("cores", brine_available_threads());
  machine.Text("target", program.backend->target);
  machine.Text("system", SystemName());
  return machine;
}

void AddResults(const char* prefix, const Results& results, Message& message) {
  for (const Result& result : results.all) {
    Message row;
    row.Text("name", Concat({prefix, result.name}));
    row.Text("better", result.better == BRINE_SMALLER_IS_BETTER  ? "min"
                       : result.better == BRINE_LARGER_IS_BETTER ? "max"
                                                                 : "");
    message.Part("result", row);
  }
}

}  // namespace

std::string ConfigText(Trainer& trainer, const RunFolderOptions& options, const EpochResult& names) {
  const brine_program& program = trainer.program();
  const FitLoop& loop = *trainer.fit_loop();
  char hash[20];
  std::snprintf(hash, sizeof(hash), "%016" PRIx64, program.graph_hash);
  Message message;
  message.Text("model", program.name);
  message.Text("graph_hash", hash);
  message.Text("numerics_id", program.numerics_id == nullptr ? "" : program.numerics_id);
  message.Texts("command", options.command);
  const int accumulated = loop.options().gradient_accumulation_steps;
  message.Whole("batch_size", loop.batch_size() * loop.shards() / accumulated);
  message.Whole("accumulate", accumulated);
  message.Whole("shards", loop.shards() / accumulated);
  message.Whole("ranks", trainer.ranks().size());
  message.Whole("epochs", loop.options().epochs);
  message.Line("seed", std::to_string(brine_seed(trainer.state())));
  message.Whole("threads", options.threads > 0 ? options.threads : brine_available_threads());
  if (options.learning_rate) message.Real("learning_rate", *options.learning_rate);
  message.Text("data", options.data);
  message.Whole("train_samples", loop.train_data().size());
  message.Whole("validation_samples", loop.validation_data().size());
  message.Whole("test_samples", options.test_samples);
  message.Texts("class_names", options.class_names);
  message.Text("version", BRINE_VERSION);
  message.Part("machine", MachineMessage(program));
  message.Text("started", Now());
  AddResults("", names.train, message);
  AddResults("val_", names.validation, message);
  message.Text("monitor", options.monitor);
  return message.text();
}

std::string ResumedText(Trainer& trainer, const RunFolderOptions& options, int epochs_done) {
  Message resumption, message;
  resumption.Text("started", Now());
  resumption.Texts("command", options.command);
  resumption.Whole("epochs_done", epochs_done);
  resumption.Whole("epochs", trainer.fit_loop()->options().epochs);
  message.Part("resumed", resumption);
  return message.text();
}

}  // namespace brine
