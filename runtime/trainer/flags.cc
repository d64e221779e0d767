#include "runtime/trainer/flags.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "runtime/trainer/error.h"

namespace brine {
namespace {

struct CommandRow {
  const char* name;
  Command command;
  const char* help;
};
constexpr CommandRow kCommands[] = {
    {"train", kTrain, "train the model and test it"},
    {"evaluate", kEvaluate, "loss and accuracy on test data"},
    {"predict", kPredict, "classes with their probabilities"},
    {"bench", kBench,
     "time of a training step and of each kernel, and its share of the machine's limit that it comes nearest to"},
    {"summary", kSummary, "the model's layers"},
    {"help", kHelp, "this text"},
};

std::string Quoted(const std::string& text) {
  return text.size() > 60 ? "'" + text.substr(0, 57) + "...'" : "'" + text + "'";
}

template <typename Number>
Number Whole(const char* flag, const std::string& text, Number least, Number most) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= least && number <= most) return number;
  throw Error(kExitUsage, std::string(flag) + " must be a whole number from " + std::to_string(least) + " to " +
                              std::to_string(most) + ", got " + Quoted(text));
}

double Real(const char* flag, const std::string& text, const char* range, bool (*fits)(double)) {
  double number = NAN;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && fits(number)) return number;
  throw Error(kExitUsage, std::string(flag) + " must be a number " + range + ", got " + Quoted(text));
}

std::string Path(const char* flag, const std::string& text) {
  if (text.empty()) throw Error(kExitUsage, std::string(flag) + " needs a path, got ''");
  return text;
}

// Takes NAME=FILE; false where the text is of another form.
bool TakeNamedFile(const char* flag, const std::string& text, CommandLine::NamedFiles& files) {
  const size_t equals = text.find('=');
  const bool named = equals != std::string::npos && equals > 0 &&
                     std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(equals), [](char c) {
                       return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("_.:-", c) != nullptr;
                     });
  if (!named) return false;
  const std::string name = text.substr(0, equals);
  for (const auto& [other, file] : files) {
    if (other == name) throw Error(kExitUsage, std::string(flag) + " " + name + " is given twice");
  }
  files.emplace_back(name, Path(flag, text.substr(equals + 1)));
  return true;
}

void SetData(CommandLine& line, const char* flag, const std::string& text) {
  if (!TakeNamedFile(flag, text, line.arrays)) line.data = Path(flag, text);
  if (!line.data.empty() && !line.arrays.empty())
    throw Error(kExitUsage, "--data takes a folder, or a file for each input, but not both");
}

void SetInput(CommandLine& line, const std::string& text) {
  const bool first = line.input.empty() && line.sample < 0;
  if (first && TakeNamedFile("--input", text, line.inputs)) return;
  if (!first || !line.inputs.empty()) throw Error(kExitUsage, "predict takes one input, got also " + Quoted(text));
  if (text.find_first_not_of("0123456789") == std::string::npos)
    line.sample = Whole<int64_t>("the picture's number", text, 0, UINT32_MAX);
  else
    line.input = text;
}

struct FlagRow {
  const char* name;
  const char* value;  // the name of its value; empty: a switch
  const char* help;
  unsigned commands;  // those that take it
  void (*set)(CommandLine& line, const char* flag, const std::string& value);
};
using Line = CommandLine;
using Text = std::string;
constexpr unsigned kRuns = kTrain | kEvaluate | kPredict | kBench, kReads = kTrain | kEvaluate | kBench;
constexpr FlagRow kFlags[] = {
    {"--data", "DIR",
     "CIFAR-10's binary files or MNIST's IDX files; or NAME=FILE.npy, once for each input and label; without it, the "
     "built-in pictures; for bench, noise where they do not fit",
     kRuns, SetData},
    {"--epochs", "N", "passes over the training data, those of a resumed run included (1)", kTrain,
     [](Line& line, const char* flag, const Text& text) { line.epochs = Whole(flag, text, 1, 1000000); }},
    {"--batch-size", "N", "rows of a step, at most those compiled for", kReads,
     [](Line& line, const char* flag, const Text& text) { line.batch_size = Whole(flag, text, 1, 1 << 20); }},
    {"--seed", "N", "of weights, shuffling and augmentation (0)", kReads,
     [](Line& line, const char* flag, const Text& text) {
       line.seed = Whole<uint64_t>(flag, text, 0, UINT64_MAX);
       line.seed_given = true;
     }},
    {"--threads", "N", "exactly this many (as many as the process may use)", kRuns,
     [](Line& line, const char* flag, const Text& text) { line.threads = Whole(flag, text, 1, 1024); }},
    {"--learning-rate", "F", "of the optimizer", kTrain,
     [](Line& line, const char* flag, const Text& text) {
       line.learning_rate = Real(flag, text, "of at least 0", [](double rate) { return rate >= 0 && rate <= 1e30; });
     }},
    {"--validation-split", "F", "share of the training data, from its end, to validate on after each epoch (0)", kTrain,
     [](Line& line, const char* flag, const Text& text) {
       line.validation_split =
           Real(flag, text, "from 0 to below 1", [](double share) { return share >= 0 && share < 1; });
     }},
    {"--no-shuffle", "", "take the samples in their order", kTrain,
     [](Line& line, const char*, const Text&) { line.shuffle = false; }},
    {"--checkpoint", "DIR", "where step-N.safetensors are written at each epoch's end and on Ctrl-C, or read from",
     kTrain | kEvaluate | kPredict,
     [](Line& line, const char* flag, const Text& text) { line.checkpoint = Path(flag, text); }},
    {"--resume", "", "go on from the newest checkpoint", kTrain,
     [](Line& line, const char*, const Text&) { line.resume = true; }},
    {"--init", "FILE", "begin with these weights (.safetensors)", kRuns,
     [](Line& line, const char* flag, const Text& text) { line.init = Path(flag, text); }},
    {"--weights", "FILE", "the same as --init", kRuns,
     [](Line& line, const char* flag, const Text& text) { line.init = Path(flag, text); }},
    {"--save", "FILE", "write the trained state (.safetensors)", kTrain,
     [](Line& line, const char* flag, const Text& text) { line.save = Path(flag, text); }},
    {"--input", "FILE",
     "what to predict: one sample or several (.npy), NAME=FILE.npy once for each input, or the number of a test sample",
     kPredict, [](Line& line, const char* flag, const Text& text) { SetInput(line, Path(flag, text)); }},
    {"--steps", "N", "how many steps to time (100)", kBench,
     [](Line& line, const char* flag, const Text& text) { line.steps = Whole(flag, text, 1, 1000000); }},
    {"--trace", "FILE", "write when each kernel of some steps ran, as JSON for Perfetto or chrome://tracing", kBench,
     [](Line& line, const char* flag, const Text& text) { line.trace = Path(flag, text); }},
    {"--json", "", "results as JSON, one object a line", kRuns,
     [](Line& line, const char*, const Text&) { line.json = true; }},
    {"--quiet", "", "no progress", kRuns, [](Line& line, const char*, const Text&) { line.quiet = true; }},
};

// Insertions, deletions and replacements that turn one into the other.
size_t EditDistance(const std::string& from, const std::string& to) {
  std::vector<size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < from.size(); ++i) {
    size_t corner = row[0]++;
    for (size_t j = 0; j < to.size(); ++j) {
      const size_t replaced = corner + (from[i] != to[j]);
      corner = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, corner + 1});
    }
  }
  return row.back();
}

template <typename Row, size_t size>
std::string DidYouMean(const std::string& given, const Row (&rows)[size]) {
  if (given.size() > 60) return "";
  const auto nearest = std::min_element(rows, rows + size, [&](const Row& a, const Row& b) {
    return EditDistance(given, a.name) < EditDistance(given, b.name);
  });
  return EditDistance(given, nearest->name) * 3 <= std::strlen(nearest->name) + 1
             ? std::string("; did you mean ") + nearest->name + "?"
             : "";
}

template <typename Row, size_t size>
const Row& Find(const char* what, const std::string& name, const Row (&rows)[size]) {
  const auto row = std::find_if(rows, rows + size, [&](const Row& candidate) { return name == candidate.name; });
  if (row == rows + size)
    throw Error(kExitUsage, std::string("unknown ") + what + " " + Quoted(name) + DidYouMean(name, rows));
  return *row;
}

void CheckTogether(const CommandLine& line) {
  if (line.resume && line.checkpoint.empty())
    throw Error(kExitUsage, "--resume needs --checkpoint DIR, where it goes on from");
  if (line.resume && !line.init.empty())
    throw Error(kExitUsage, "--resume and --init both say where the weights come from");
  if (line.command != kTrain && !line.checkpoint.empty() && !line.init.empty()) {
    throw Error(kExitUsage, "--checkpoint and --weights both say where the weights come from");
  }
  if (line.command == kPredict && line.input.empty() && line.inputs.empty() && line.sample < 0)
    throw Error(kExitUsage, "predict needs FILE.npy or the number of a test picture");
  if ((line.command == kPredict || line.command == kEvaluate) && line.checkpoint.empty() && line.init.empty()) {
    throw Error(kExitUsage, "trained weights are missing: --weights FILE or --checkpoint DIR");
  }
}

}  // namespace

CommandLine ParseCommandLine(int argc, const char* const* argv) {
  CommandLine line;
  if (argc < 2) throw Error(kExitUsage, "a command is missing; help lists them");
  const std::string first = argv[1];
  if (first == "--help" || first == "-h") return line;
  const CommandRow& command = Find("command", first, kCommands);
  line.command = command.command;
  for (int at = 2; at < argc; ++at) {
    const std::string argument = argv[at];
    if (argument == "--help" || argument == "-h") return CommandLine();
    if (line.command == kPredict && !argument.empty() && argument[0] != '-') {
      SetInput(line, argument);
      continue;
    }
    if (argument.empty() || argument[0] != '-')
      throw Error(kExitUsage, std::string(command.name) + " takes flags only, got " + Quoted(argument));
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const FlagRow& flag = Find("flag", name, kFlags);
    if ((flag.commands & line.command) == 0)
      throw Error(kExitUsage, std::string(flag.name) + " is not a flag of " + command.name);
    const bool is_switch = *flag.value == '\0';
    if (is_switch && equals != std::string::npos) throw Error(kExitUsage, std::string(flag.name) + " takes no value");
    if (!is_switch && equals == std::string::npos && ++at == argc)
      throw Error(kExitUsage, std::string(flag.name) + " needs a value: " + flag.value);
    flag.set(line, flag.name, is_switch ? "" : equals != std::string::npos ? argument.substr(equals + 1) : argv[at]);
  }
  CheckTogether(line);
  return line;
}

std::string HelpText(const std::string& program) {
  std::string text = program + " COMMAND [--flag value …]\n\n";
  for (const CommandRow& row : kCommands)
    text += "  " + std::string(row.name) + std::string(10 - std::strlen(row.name), ' ') + row.help + "\n";
  text += "\n";
  for (const FlagRow& row : kFlags) {
    std::string left = std::string(row.name) + " " + row.value, commands;
    left.resize(std::max<size_t>(left.size(), 24), ' ');
    for (const CommandRow& command : kCommands) {
      if ((row.commands & command.command) != 0) commands += (commands.empty() ? "" : ", ") + std::string(command.name);
    }
    text += "  " + left + row.help + " [" + commands + "]\n";
  }
  return text;
}

}  // namespace brine
