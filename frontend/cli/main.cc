// The `brine` tool: one table of commands.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "codegen/files.h"
#include "frontend/cli/commands.h"
#include "ir/names.h"

namespace brine::cli {
namespace {

constexpr Flag kBatchSize = {"--batch-size", "N", "the largest number of rows of a step (32)", true};
constexpr Flag kDumpIr = {"--dump-ir", "DIR", "write the graph after each pass that changed it"};
constexpr Flag kRemarks = {"--remarks", "", "say which fusions and strategies were declined, and why"};
constexpr Flag kStrategy = {"--strategy", "[OP=]NAME,..",
                            "build kernels of this op, or all, by this strategy where it can (conv=winograd); "
                            "of several for one kernel the last"};
constexpr Flag kWithout = {"--without", "PASSES", "leave these passes out"};

// Flags of the compiled program (runtime/trainer/flags.cc), passed on to it.
constexpr Flag kData = {"--data", "DIR",
                        "CIFAR-10's binary files or MNIST's IDX files; or NAME=FILE.npy, once for each input and "
                        "label; without it, the built-in pictures",
                        true};
constexpr Flag kBenchData = {
    "--data", "DIR",
    "CIFAR-10's binary files or MNIST's IDX files; or NAME=FILE.npy, once for each input and label; without it, the "
    "built-in pictures, or noise where they do not fit",
    true};
constexpr Flag kSeed = {"--seed", "N", "of weights, shuffling and augmentation (0)", true};
constexpr Flag kThreads = {"--threads", "N", "exactly this many (as many as the process may use)", true};
constexpr Flag kInit = {"--init", "FILE", "begin with these weights (.safetensors)", true};
constexpr Flag kWeights = {"--weights", "FILE", "the same as --init", true};
constexpr Flag kJson = {"--json", "", "results as JSON, one object a line", true};
constexpr Flag kQuiet = {"--quiet", "", "no progress", true};
constexpr Flag kReadCheckpoint = {"--checkpoint", "DIR", "take the newest checkpoint's weights", true};

constexpr Flag kTrainFlags[] = {
    kBatchSize,
    kDumpIr,
    kRemarks,
    kStrategy,
    kWithout,
    kData,
    kSeed,
    kThreads,
    kInit,
    kJson,
    kQuiet,
    {"--epochs", "N", "passes over the training data, those of a resumed run included (1)", true},
    {"--learning-rate", "F", "of the optimizer", true},
    {"--validation-split", "F", "share of the training data, from its end, to validate on after each epoch (0)", true},
    {"--no-shuffle", "", "take the samples in their order", true},
    {"--checkpoint", "DIR", "write checkpoints at the end of epochs and on Ctrl-C", true},
    {"--resume", "", "go on from the newest checkpoint", true},
    {"--save", "FILE", "write the trained state (.safetensors)", true},
};
constexpr Flag kEvaluateFlags[] = {kBatchSize, kDumpIr, kRemarks, kStrategy,       kWithout, kData, kSeed,
                                   kThreads,   kInit,   kWeights, kReadCheckpoint, kJson,    kQuiet};
constexpr Flag kPredictFlags[] = {
    {"--batch-size", "N", "the largest number of rows of a step (32)"},
    kDumpIr,
    kRemarks,
    kStrategy,
    kWithout,
    kData,
    kThreads,
    kInit,
    kWeights,
    kReadCheckpoint,
    kJson,
    kQuiet,
    {"--input", "FILE",
     "what to predict: one sample or several (.npy), NAME=FILE.npy once for each input, or the number of a test sample",
     true}};
constexpr Flag kBenchFlags[] = {
    kBatchSize,
    kDumpIr,
    kRemarks,
    kStrategy,
    kWithout,
    kBenchData,
    kSeed,
    kThreads,
    kInit,
    kJson,
    kQuiet,
    {"--steps", "N", "how many steps to time (100)", true},
    {"--trace", "FILE", "write when each kernel of some steps ran, for Perfetto or chrome://tracing", true}};
constexpr Flag kCompileFlags[] = {kBatchSize,
                                  kDumpIr,
                                  kRemarks,
                                  kStrategy,
                                  kWithout,
                                  {"-o", "FILE", "output; the C header is written beside it"},
                                  {"--emit", "FORM", "exe, shared, static or object (exe)"},
                                  {"--target", "TARGET", "as Halide names it (this machine)"}};
constexpr Flag kSummaryFlags[] = {kBatchSize, kDumpIr, kRemarks, kWithout};
constexpr Flag kInspectFlags[] = {
    kBatchSize,
    kRemarks,
    kStrategy,
    {"--stage", "STAGE", "graph, train, fused or planned (graph)"},
    {"--function", "NAME", "train, evaluate or predict (train)"},
    {"--format", "FORM",
     "text, pb, pbtxt, dot; table of a planned graph's memory; stmt (Halide's) or asm of a kernel (text)"},
    {"--kernel", "NAME", "the kernel that makes this value, or the layer's only one"}};
constexpr Flag kOptFlags[] = {kBatchSize,
                              kWithout,
                              {"--passes", "PASSES", "run these, in this order"},
                              {"--stop-after", "N", "run the first N"},
                              {"--print-after", "PASS", "print the graph after this pass instead of at the end"},
                              {"--function", "NAME", "of a model's graph: train, evaluate or predict (train)"},
                              {"--list-passes", "", "print all passes and the reason for each one's place"}};

constexpr Command kCommands[] = {
    {"train", "MODEL", 1, "train a model and test it", kTrainFlags, &RunProgram},
    {"evaluate", "MODEL", 1, "loss and accuracy on test data", kEvaluateFlags, &RunProgram},
    {"predict", "MODEL", 1, "classes with probabilities", kPredictFlags, &RunProgram},
    {"bench", "MODEL", 1,
     "time of a training step and of each kernel, and its share of the machine's limit that it comes nearest to",
     kBenchFlags, &RunProgram},
    {"verify", "MODEL", 1, "gradients, kernels, memory, threads and resume, checked on this model", kSummaryFlags,
     &RunVerify},
    {"summary", "MODEL", 1, "the model's layers, kernels and memory", kSummaryFlags, &RunSummary},
    {"compile", "MODEL", 1, "a program, library or object, with its C header", kCompileFlags, &RunCompile},
    {"inspect", "FILE", 1, "any stage of a model or of a compiled program", kInspectFlags, &RunInspect},
    {"opt", "FILE.ir", 0, "run passes on a graph", kOptFlags, &RunOpt},
    {"cache", "stats|clean", 1, "the cache of compiled kernels", {}, &RunCache},
    {"doctor", "", 0, "what this installation finds", {}, &RunDoctor},
};

std::string Usage() {
  std::string text = "usage: brine COMMAND …\n\n";
  for (const Command& command : kCommands)
    absl::StrAppendFormat(&text, "  %-9s %-12s %s\n", command.name, command.words, command.summary);
  absl::StrAppend(
      &text, "\nMODEL is model.cc, .pb, .pbtxt, .ir or a compiled program.  brine COMMAND --help lists the flags.\n",
      "  brine train examples/cifar10_cnn/model.cc --epochs 3\n  brine compile examples/cifar10_cnn/model.cc -o "
      "cifar10_cnn && ./cifar10_cnn train\n");
  return text;
}

std::string Help(const Command& command) {
  std::string text =
      absl::StrCat("usage: brine ", command.name, " ", command.words, " [flags]\n", command.summary, "\n");
  for (const Flag& flag : command.flags)
    absl::StrAppendFormat(&text, "  %-26s %s\n", absl::StrCat(flag.name, " ", flag.value), flag.help);
  return text;
}

int Main(int argc, char** argv) {
  if (argc < 2 || std::strcmp(argv[1], "--help") == 0 || std::strcmp(argv[1], "help") == 0) {
    if (argc >= 2) return Print(Usage());
    std::fputs(Usage().c_str(), stderr);
    return kUsage;
  }
  const std::string name = argv[1];
  const auto command =
      std::find_if(std::begin(kCommands), std::end(kCommands), [&](const Command& row) { return name == row.name; });
  if (command == std::end(kCommands)) {
    std::vector<absl::string_view> known;
    for (const Command& row : kCommands) known.push_back(row.name);
    return Fail(
        absl::InvalidArgumentError(absl::StrCat("unknown command ", ir::Excerpt(name), ir::DidYouMean(name, known))),
        kUsage);
  }
  const absl::Span<char* const> rest(argv + 2, static_cast<size_t>(argc - 2));
  if (std::any_of(rest.begin(), rest.end(), [](const char* word) { return std::strcmp(word, "--help") == 0; }))
    return Print(Help(*command));
  const absl::StatusOr<Arguments> arguments = Parse(rest, command->flags);
  if (!arguments.ok()) return Fail(arguments.status(), kUsage);
  if (arguments->words.size() < command->word_count)
    return Fail(absl::InvalidArgumentError(absl::StrCat(name, " needs ", command->words)), kUsage);
  const size_t most = std::max<size_t>(command->word_count, *command->words == '\0' ? 0 : 1);
  // What words of predict say about samples, the program judges.
  if (arguments->words.size() > most && name != "predict") {
    return Fail(absl::InvalidArgumentError(absl::StrCat(name, " does not take ", ir::Excerpt(arguments->words[most]))),
                kUsage);
  }
  return command->run(*command, *arguments);
}

}  // namespace

int Fail(const absl::Status& status, int code) {
  if (absl::IsCancelled(status)) code = kInterrupted;
  const std::string text(status.message());
  // Places begin their own lines: model.cc:9: …
  const bool placed = code == kBadInput;
  std::fprintf(stderr, "%s%s%s", placed ? "" : "brine: ", text.c_str(),
               text.empty() || text.back() != '\n' ? "\n" : "");
  return code;
}

int Print(absl::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return kOk;
  std::perror("brine: standard output");
  return kFailed;
}

}  // namespace brine::cli

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that grows too large is an error of write
  brine::codegen::CatchSignals();
  return brine::cli::Main(argc, argv);
}
