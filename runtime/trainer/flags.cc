#include "runtime/trainer/flags.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>
#include <string_view>

#include "runtime/base/choices.h"
#include "runtime/base/edit_distance.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/terminal.h"

namespace brine {
namespace {

using base::kCommands;
using base::kFlags;

std::string Quoted(const std::string& text) {
  return text.size() > 60 ? "'" + text.substr(0, 57) + "...'" : "'" + text + "'";
}

template <typename Number>
Number ParseWhole(const char* flag, const std::string& text, Number least, Number most) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= least && number <= most) return number;
  ThrowError(kExitUsage, {flag, " must be a whole number from ", least, " to ", most, ", got ", Quoted(text)});
}

double ParseReal(const char* flag, const std::string& text, const char* range, bool (*is_legal)(double)) {
  double number = NAN;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && is_legal(number)) return number;
  ThrowError(kExitUsage, {flag, " must be a number ", range, ", got ", Quoted(text)});
}

std::string ParsePath(const char* flag, const std::string& text) {
  if (text.empty()) ThrowError(kExitUsage, {flag, " needs a path, got ''"});
  return text;
}

std::string ParseName(const char* flag, const std::string& text) {
  if (text.empty()) ThrowError(kExitUsage, {flag, " needs a name, got ''"});
  return text;
}

// Adds NAME=FILE to `files`.  Returns false if the text does not have this form.
bool TakeNamedFile(const char* flag, const std::string& text, CommandLine::NamedFiles& files) {
  const size_t equals = text.find('=');
  const bool named = equals != std::string::npos && equals > 0 &&
                     std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(equals), [](char c) {
                       return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("_.:-", c) != nullptr;
                     });
  if (!named) return false;
  const std::string name = text.substr(0, equals);
  for (const auto& [other, file] : files) {
    if (other == name) ThrowError(kExitUsage, {flag, " ", name, " is given twice"});
  }
  files.emplace_back(name, ParsePath(flag, text.substr(equals + 1)));
  return true;
}

void SetData(CommandLine& line, const char* flag, const std::string& text) {
  if (!TakeNamedFile(flag, text, line.arrays)) line.data = ParsePath(flag, text);
  if (!line.data.empty() && !line.arrays.empty())
    ThrowError(kExitUsage, {"--data takes a folder, or a file for each input, but not both"});
}

void SetInput(CommandLine& line, const std::string& text) {
  const bool first = line.input.empty() && line.sample < 0;
  if (first && TakeNamedFile("--input", text, line.inputs)) return;
  if (!first || !line.inputs.empty()) ThrowError(kExitUsage, {"predict takes one input, got also ", Quoted(text)});
  if (text.find_first_not_of("0123456789") == std::string::npos)
    line.sample = ParseWhole<int64_t>("the image's number", text, 0, UINT32_MAX);
  else
    line.input = text;
}

// CLASS:WEIGHT,CLASS:WEIGHT
void SetClassWeights(CommandLine& line, const char* flag, const std::string& text) {
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const size_t colon = part.rfind(':');
    if (colon == std::string::npos || colon == 0)
      ThrowError(kExitUsage, {flag, " must be CLASS:WEIGHT, as in 0:1,1:5, got ", Quoted(part)});
    const double weight = ParseReal(flag, part.substr(colon + 1), "of at least 0",
                                    [](double number) { return number >= 0 && number <= 1e30; });
    line.class_weights.emplace_back(part.substr(0, colon), weight);
    begin = end + 1;
  }
}

void SetProgress(CommandLine& line, const char*, const std::string& text) {
  for (const ProgressFormRow& row : kProgressForms) {  // the choices of the flag
    if (text == row.name) line.progress = row.form;
  }
}

using Line = CommandLine;
using Value = std::string;
struct Setter {
  const char* flag;
  void (*set)(CommandLine& line, const char* flag, const std::string& value);
};
constexpr Setter kSetters[] = {
    {"--data", SetData},
    {"--epochs",
     [](Line& line, const char* flag, const Value& text) { line.epochs = ParseWhole(flag, text, 1, 1000000); }},
    {"--batch-size", [](Line& line, const char* flag,
                        const Value& text) { line.batch_size = ParseWhole(flag, text, 1, base::kMaxBatchSize); }},
    {"--accumulate",
     [](Line& line, const char* flag, const Value& text) { line.accumulate = ParseWhole(flag, text, 1, 1 << 20); }},
    {"--shards",
     [](Line& line, const char* flag, const Value& text) { line.shards = ParseWhole(flag, text, 1, 1 << 20); }},
    {"--seed",
     [](Line& line, const char* flag, const Value& text) {
       line.seed = ParseWhole<uint64_t>(flag, text, 0, UINT64_MAX);
       line.seed_given = true;
     }},
    {"--threads",
     [](Line& line, const char* flag, const Value& text) { line.threads = ParseWhole(flag, text, 1, 1024); }},
    {"--learning-rate",
     [](Line& line, const char* flag, const Value& text) {
       line.learning_rate =
           ParseReal(flag, text, "of at least 0", [](double rate) { return rate >= 0 && rate <= 1e30; });
     }},
    {"--class-weights", SetClassWeights},
    {"--validation-split",
     [](Line& line, const char* flag, const Value& text) {
       line.validation_split =
           ParseReal(flag, text, "from 0 to below 1", [](double share) { return share >= 0 && share < 1; });
     }},
    {"--no-shuffle", [](Line& line, const char*, const Value&) { line.shuffle = false; }},
    {"--checkpoint", [](Line& line, const char* flag, const Value& text) { line.checkpoint = ParsePath(flag, text); }},
    {"--monitor", [](Line& line, const char* flag, const Value& text) { line.monitor = ParseName(flag, text); }},
    {"--mode", [](Line& line, const char*, const Value& text) { line.mode = text; }},
    {"--early-stopping",
     [](Line& line, const char* flag, const Value& text) { line.early_stopping = ParseWhole(flag, text, 0, 1000000); }},
    {"--restore-best-weights", [](Line& line, const char*, const Value&) { line.restore_best_weights = true; }},
    {"--reduce-lr-on-plateau",
     [](Line& line, const char* flag, const Value& text) {
       line.reduce_lr_on_plateau = ParseWhole(flag, text, 0, 1000000);
     }},
    {"--run", [](Line& line, const char* flag, const Value& text) { line.run = ParsePath(flag, text); }},
    {"--no-run", [](Line& line, const char*, const Value&) { line.no_run = true; }},
    {"--csv-log", [](Line& line, const char* flag, const Value& text) { line.csv_log = ParsePath(flag, text); }},
    {"--resume", [](Line& line, const char*, const Value&) { line.resume = true; }},
    {"--init", [](Line& line, const char* flag, const Value& text) { line.init = ParsePath(flag, text); }},
    {"--weights", [](Line& line, const char* flag, const Value& text) { line.init = ParsePath(flag, text); }},
    {"--save", [](Line& line, const char* flag, const Value& text) { line.save = ParsePath(flag, text); }},
    {"--input", [](Line& line, const char* flag, const Value& text) { SetInput(line, ParsePath(flag, text)); }},
    {"--top", [](Line& line, const char* flag, const Value& text) { line.top = ParseWhole(flag, text, 1, 1000000); }},
    {"--warm-up",
     [](Line& line, const char* flag, const Value& text) { line.warm_up = ParseWhole(flag, text, 0, 1000000); }},
    {"--steps",
     [](Line& line, const char* flag, const Value& text) { line.steps = ParseWhole(flag, text, 1, 1000000); }},
    {"--trace", [](Line& line, const char* flag, const Value& text) { line.trace = ParsePath(flag, text); }},
    {"--json", [](Line& line, const char*, const Value&) { line.json = true; }},
    {"--progress", SetProgress},
    {"--quiet", [](Line& line, const char*, const Value&) { line.quiet = true; }},
};
constexpr bool kEachFlagHasItsSetter =
    std::equal(std::begin(kFlags), std::end(kFlags), std::begin(kSetters), std::end(kSetters),
               [](const base::Flag& flag, const Setter& setter) { return std::string_view(flag.name) == setter.flag; });
static_assert(kEachFlagHasItsSetter, "kSetters has one row for each of base::kFlags, in the same order");

template <typename Row, size_t size>
const Row& Find(const char* what, const std::string& name, const Row (&rows)[size]) {
  const auto row = std::find_if(rows, rows + size, [&](const Row& candidate) { return name == candidate.name; });
  if (row != rows + size) return *row;
  const std::string closest(base::ClosestName(name, size, [&](size_t index) { return rows[index].name; }));
  ThrowError(kExitUsage,
             {"unknown ", what, " ", Quoted(name), (closest.empty() ? "" : "; did you mean " + closest + "?")});
}

bool IsHelp(const std::string& argument) { return argument == "--help" || argument == "-h"; }

// Whether one of the arguments after the command, which is not the value of a flag, is --help.
bool AsksForHelp(int argc, const char* const* argv) {
  for (int index = 2; index < argc; ++index) {
    if (IsHelp(argv[index])) return true;
    const auto takes_next = [&](const base::Flag& flag) {
      return *flag.value != '\0' && std::string_view(flag.name) == argv[index];
    };
    if (std::any_of(std::begin(kFlags), std::end(kFlags), takes_next)) ++index;
  }
  return false;
}

// Throws Error if flags contradict each other or a necessary one is missing.
void CheckTogether(const CommandLine& line) {
  if (!line.run.empty() && line.no_run) ThrowError(kExitUsage, {"--run and --no-run contradict each other"});
  if (line.resume && line.checkpoint.empty() && line.run.empty())
    ThrowError(kExitUsage, {"--resume needs --run DIR or --checkpoint DIR, where it goes on from"});
  if (line.resume && !line.init.empty())
    ThrowError(kExitUsage, {"--resume and --init both say where the weights come from"});
  if (line.shards > 0 && line.accumulate > 1)
    ThrowError(kExitUsage, {"--shards and --accumulate both say into how many shards a step is cut"});
  if (line.shards > 0 && line.batch_size % line.shards != 0)
    ThrowError(kExitUsage, {"--batch-size ", line.batch_size, " is not a multiple of --shards ", line.shards});
  if (line.restore_best_weights && !line.early_stopping)
    ThrowError(kExitUsage, {"--restore-best-weights needs --early-stopping N"});
  const bool watches = line.early_stopping || line.reduce_lr_on_plateau || !line.checkpoint.empty() || WantsRun(line);
  if (!line.monitor.empty() && !watches)
    ThrowError(kExitUsage,
               {"--monitor needs --early-stopping, --reduce-lr-on-plateau, --checkpoint or --run, which use it"});
  if (line.mode != "auto" && line.monitor.empty())
    ThrowError(kExitUsage, {"--mode needs --monitor NAME, the result that it is about"});
  if (line.quiet && line.progress.value_or(ProgressForm::kNone) != ProgressForm::kNone)
    ThrowError(kExitUsage, {"--quiet and --progress contradict each other"});
  if (line.command != kTrain && !line.checkpoint.empty() && !line.init.empty()) {
    ThrowError(kExitUsage, {"--checkpoint and --weights both say where the weights come from"});
  }
  if (line.command == kPredict && line.input.empty() && line.inputs.empty() && line.sample < 0)
    ThrowError(kExitUsage, {"predict needs a file or the number of a test image"});
}

}  // namespace

bool WantsRun(const CommandLine& line) {
  if (line.command != kTrain) return false;
  return !line.run.empty() || (!line.no_run && !line.resume && IsTerminal());
}

CommandLine ParseCommandLine(int argc, const char* const* argv) {
  CommandLine line;
  line.words.assign(argv, argv + argc);
  if (argc < 2) ThrowError(kExitUsage, {"a command is missing; help lists them"});
  const std::string first = argv[1];
  if (IsHelp(first)) return line;
  const base::CommandRow& command = Find("command", first, kCommands);
  if (command.command == kHelp || AsksForHelp(argc, argv)) return line;
  line.command = command.command;
  for (int index = 2; index < argc; ++index) {
    const std::string argument = argv[index];
    if (argument.size() < 2 || argument[0] != '-') {  // a word
      if (line.command != kPredict || argument.empty())
        ThrowError(kExitUsage, {command.name, " does not take ", Quoted(argument)});
      SetInput(line, argument);
      continue;
    }
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const base::Flag& flag = Find("flag", name, kFlags);
    if ((flag.commands & line.command) == 0) ThrowError(kExitUsage, {flag.name, " is not a flag of ", command.name});
    const bool is_switch = *flag.value == '\0';
    if (is_switch && equals != std::string::npos) ThrowError(kExitUsage, {flag.name, " takes no value"});
    if (!is_switch && equals == std::string::npos && ++index == argc)
      ThrowError(kExitUsage, {flag.name, " needs a value: ", flag.value});
    const std::string value = is_switch ? "" : equals != std::string::npos ? argument.substr(equals + 1) : argv[index];
    if (const std::string wanted = base::WantedInstead(value, flag.value); !wanted.empty())
      ThrowError(kExitUsage, {name, " must be ", wanted, ", got ", Quoted(value)});
    kSetters[&flag - kFlags].set(line, flag.name, value);
  }
  CheckTogether(line);
  return line;
}

std::string HelpText(const std::string& program) {
  std::string text = program + " COMMAND [--flag value …]\n\n";
  for (const base::CommandRow& row : kCommands)
    text += "  " + std::string(row.name) + std::string(10 - std::strlen(row.name), ' ') + row.help + "\n";
  text += "\n";
  for (const base::Flag& row : kFlags) {
    std::string left = std::string(row.name) + " " + row.value, commands;
    left.resize(std::max<size_t>(left.size() + 1, 26), ' ');
    for (const base::CommandRow& command : kCommands) {
      if ((row.commands & command.command) != 0) commands += (commands.empty() ? "" : ", ") + std::string(command.name);
    }
    text += "  " + left + row.help + " [" + commands + "]\n";
  }
  return text;
}

}  // namespace brine
