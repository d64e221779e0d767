// The tool `brine`: the tables of its commands and flags, and its main function.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "codegen/driver/files.h"
#include "frontend/cli/command_line.h"
#include "frontend/cli/commands.h"
#include "runtime/base/flags.h"
#include "runtime/base/job.h"

namespace brine::cli {
namespace {

using base::kBench, base::kEvaluate, base::kPredict, base::kSummary, base::kTrain;

// The row of this name, which must exist, in a table of runtime/base/flags.h.
template <typename Row, size_t size>
constexpr const Row& Find(const Row (&rows)[size], absl::string_view name) {
  const Row* row = rows;
  while (row->name != name) ++row;
  return *row;
}

// A flag of the compiled program that is also a flag of these commands of the tool.
constexpr base::Flag WithCommands(const base::Flag& flag, unsigned commands) {
  return {flag.name, flag.value, flag.help, commands};
}

// The flags that the tool reads itself.  The flags of runtime/base/flags.h are passed on to the compiled program.
constexpr unsigned kBuilds = kTrain | kEvaluate | kPredict | kBench | kCompile, kPlans = kBuilds | kSummary | kVerify,
                   kPacks = base::kRuns | kData;
constexpr base::Flag kFlags[] = {
    WithCommands(Find(base::kFlags, "--batch-size"), kPredict | kCompile | kSummary | kVerify | kInspect | kOpt),
    {"--dump-ir", "DIR", "write the graph after each pass that changed it", kPlans},
    {"--remarks", "", "say which fusions and strategies were declined, and why", kPlans | kInspect},
    {"--strategy", "[OP=]NAME,..",
     "build kernels of this op, or all, by this strategy where it can (conv=winograd); of several for one kernel the "
     "last",
     kBuilds | kInspect},
    {"--without", "PASSES", "leave these passes out", kPlans | kOpt},
    {"-o", "FILE", "output; the C header is written beside it", kCompile},
    {"-o", "FILE", "the page (report.html in the run, or for several runs in this folder)", kReport},
    {"--emit", "exe|shared|static|object", "the form of the output (exe)", kCompile},
    {"--mpi", "", "a program that mpirun starts as several processes, which train together; needs mpicc ($MPICC)",
     kTrain | kCompile},
    {"--target", "TARGET", "as Halide names it (this machine)", kCompile},
    {"--tune", "[SECONDS]",
     "time the strategies that can build each kernel, for about so long (120), and keep the fastest for this machine; "
     "with --remarks all times are shown",
     kCompile},
    {"--stage", "graph|train|fused|planned", "of the graph (that of the file; for stmt and asm planned)", kInspect},
    {"--function", "train|evaluate|predict", "of the model (train)", kInspect | kOpt},
    {"--format", "text|pb|pbtxt|dot|table|html|stmt|asm",
     "of the graph; html is a page of it with kernels, memory and passes, table is of a planned graph's memory, stmt "
     "(Halide's) and asm are of a kernel (text)",
     kInspect},
    {"--kernel", "NAME", "the kernel that makes this value, or the layer's only one", kInspect},
    {"--passes", "PASSES", "run these, in this order", kOpt},
    {"--stop-after", "N", "run the first N", kOpt},
    {"--print-after", "PASS", "print the graph after this pass instead of at the end", kOpt},
    {"--template", "cnn|mlp|resnet|images|table|cmake",
     "what the folder begins with: a convolutional, dense or residual network; one for pictures of your own; one for a "
     "table; a program with CMakeLists.txt (cnn)",
     kNew},
    {"--classes", "N", "the number of classes that the network tells apart (10)", kNew},
    {"-o", "FILE", "of pack: the packed file", kData},
    {"--html", "FILE", "of show: write a page with some pictures of each class", kData},
    {"--json", "", "of show: the facts as one JSON object", kData},
    {"--quiet", "", "no progress", kData},
    WithCommands(Find(base::kFlags, "--threads"), kData),
    {"--size", "HxW[xC]", "of pictures (their own, if they agree); with 1 channel they are grey, with 3 coloured",
     kData},
    {"--resize", "stretch|fit|crop", "pictures to the size; fit leaves a margin, crop takes the middle (stretch)",
     kPacks},
    {"--background", "RRGGBB", "the colour behind transparent pixels and of the margin (ffffff)", kPacks},
    {"--skip-broken", "", "leave out pictures that cannot be decoded, instead of ending", kPacks},
    {"--max-pixels", "N", "of a picture; larger ones count as broken (16777216)", kPacks},
    {"--target", "COLUMN", "of a table: what is to be predicted (the last column)", kPacks},
    {"--missing", "mean|drop", "of rows of a table without a value: fill it, or leave them out (an error)", kPacks},
    {"--test-split", "F",
     "share of each class drawn to test with, where the data say neither that nor what validates (0.2)", kPacks},
    {"--split-seed", "N", "of this draw (0)", kPacks},
    {"--list-passes", "", "print all passes and the reason for each one's place", kOpt},
};

// Whether no command has a flag of both tables with the same name.
constexpr bool DoFlagsDiffer() {
  for (const base::Flag& own : kFlags) {
    for (const base::Flag& flag : base::kFlags) {
      if (absl::string_view(own.name) == flag.name && (own.commands & flag.commands) != 0) return false;
    }
  }
  return true;
}
static_assert(DoFlagsDiffer(), "a flag of the compiled program is also one of the tool's, for the same command");

// A command that the compiled program executes after the tool has built it.
constexpr Command ProgramCommand(absl::string_view name, size_t most_words) {
  const base::CommandRow& row = Find(base::kCommands, name);
  return {row.name, "MODEL", 1, most_words, row.help, row.command, &RunProgram};
}

constexpr Command kCommands[] = {
    ProgramCommand("train", 1),
    ProgramCommand("evaluate", 1),
    ProgramCommand("predict", kAnyNumber),  // the program checks the words after the model, which name samples
    ProgramCommand("bench", 1),
    {"verify", "MODEL", 1, 1, "gradients, kernels, memory, threads and resume, checked on this model", kVerify,
     &RunVerify},
    {"summary", "MODEL", 1, 1, "the model's layers, kernels and memory", kSummary, &RunSummary},
    {"compile", "MODEL", 1, 1, "a program, library or object, with its C header", kCompile, &RunCompile},
    {"inspect", "FILE", 1, 1, "any stage of a model or of a compiled program", kInspect, &RunInspect},
    {"opt", "FILE.ir", 0, 1, "run passes on a graph", kOpt, &RunOpt},
    {"new", "NAME", 1, 1, "a folder with a model of your own and its README", kNew, &RunNew},
    {"data", "pack|show|stats SRC", 1, kAnyNumber, "packs data for training, or says what they are like", kData,
     &RunData},
    {"report", "RUN", 1, kAnyNumber, "a page that shows runs beside each other", kReport, &RunReport},
    {"cache", "stats|clean", 1, 1, "the cache of compiled kernels and packed data", kTakesNoFlags, &RunCache},
    {"completion", "bash|zsh|fish", 1, 1,
     "a script that lets the shell complete command lines: source <(brine completion bash)", kTakesNoFlags,
     &RunCompletion},
    {"man", "", 0, 0, "the manual page: brine man | man -l -", kTakesNoFlags, &RunManualPage},
    {"doctor", "", 0, 0, "what this installation finds", kTakesNoFlags, &RunDoctor},
};

int Main(absl::Span<char* const> arguments) {
  char help[] = "--help";
  char* const only_help[] = {help};
  const absl::StatusOr<CommandLine> line = ReadCommandLine(arguments.empty() ? only_help : arguments);
  if (!line.ok()) return Fail(line.status(), kUsage);
  if (arguments.empty()) {
    std::fputs(line->help.c_str(), stderr);
    return kUsage;
  }
  if (line->command == nullptr) return Print(line->help);
  return line->command->run(*line->command, line->arguments);
}

}  // namespace

absl::Span<const Command> AllCommands() { return kCommands; }

absl::Span<const base::Flag> ToolFlags() { return kFlags; }

std::vector<base::Flag> FlagsOf(const Command& command) {
  std::vector<base::Flag> flags;
  for (const absl::Span<const base::Flag> table : {ToolFlags(), absl::MakeConstSpan(base::kFlags)}) {
    for (const base::Flag& flag : table) {
      if ((flag.commands & command.bit) != 0) flags.push_back(flag);
    }
  }
  return flags;
}

int Fail(const absl::Status& status, int code) {
  if (absl::IsCancelled(status)) code = kInterrupted;
  std::string text(status.message());
  // What every process of a job has to say is said by the first one: Open MPI's mpirun ends the others meanwhile.
  if (const int rank = brine_this_job().rank; rank > 0) {
    sleep(2);
    text = absl::StrCat("rank ", rank, ": ", text);
  }
  // The lines of these messages begin with a place, such as model.cc:9.
  const bool has_place = code == kBadInput;
  std::fprintf(stderr, "%s%s%s", has_place ? "" : "brine: ", text.c_str(),
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
  std::signal(SIGXFSZ, SIG_IGN);  // so that a write beyond the limit of a file's size fails
  brine::codegen::CatchSignals();
  try {
    return brine::cli::Main(argc == 0 ? absl::Span<char* const>() : absl::MakeSpan(argv + 1, argv + argc));
  } catch (const std::bad_alloc&) {
    return brine::cli::Fail(absl::ResourceExhaustedError("there is not enough memory"), brine::cli::kFailed);
  } catch (const std::exception& error) {  // of the standard library, such as of a folder that has vanished
    return brine::cli::Fail(absl::InternalError(error.what()), brine::cli::kFailed);
  }
}
