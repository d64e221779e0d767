// The commands train, evaluate, predict and bench.  They build the program and execute it in place of this process, so
// that users run the program that `brine compile` would write.  While a program trains in the folder of a run, this
// process stays beside it and draws the page of the run; of several that mpirun has started, the first one.
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "codegen/driver/files.h"
#include "frontend/cli/commands.h"
#include "frontend/cli/data_flags.h"
#include "frontend/cli/pack_data.h"
#include "frontend/cli/predict_input.h"
#include "frontend/cli/run_with_report.h"
#include "frontend/cli/session.h"
#include "ir/status.h"
#include "runtime/base/flags.h"
#include "runtime/base/job.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/flags.h"
#include "runtime/trainer/open_data.h"
#include "runtime/trainer/run_path.h"

extern char** environ;

namespace brine::cli {
namespace {

// Replaces this process by the program in `bytes`.  Returns only if that fails.
absl::Status ExecuteProgram(const std::string& name, const std::string& bytes,
                            const std::vector<std::string>& arguments) {
  const int file = memfd_create(name.c_str(), MFD_CLOEXEC);
  if (file < 0) return absl::UnavailableError(absl::StrCat("no memory for the program: ", strerror(errno)));
  size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = write(file, bytes.data() + written, bytes.size() - written);
    if (count < 0) return absl::UnavailableError(absl::StrCat("no memory for the program: ", strerror(errno)));
    written += static_cast<size_t>(count);
  }
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  fexecve(file, argv.data(), environ);
  return absl::UnavailableError(absl::StrCat("the program cannot be started: ", strerror(errno)));
}

// The command line as the program will read it.  An error if the program would refuse it, so that the user need not
// wait until it is compiled.
absl::StatusOr<brine::CommandLine> ProgramLine(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  try {
    return ParseCommandLine(static_cast<int>(argv.size()), argv.data());
  } catch (const Error& error) {
    return absl::InvalidArgumentError(error.what());
  }
}

// Replaces the value of --data by data that the program can map.  NAME=FILE.npy stays, since the program reads arrays.
// Adds the packed file and its source to `sources`.
absl::Status ReplaceData(const DataOptions& options, const codegen::Cache& cache, bool quiet,
                         std::vector<std::string>& argv, std::vector<std::string>& sources) {
  for (size_t index = 1; index < argv.size(); ++index) {
    if (argv[index - 1] != "--data" || absl::StrContains(argv[index], '=')) continue;
    BRINE_ASSIGN_OR_RETURN(const std::string packed, DataForProgram(argv[index], options, cache, quiet));
    sources.insert(sources.end(), {packed, std::exchange(argv[index], packed)});
  }
  return absl::OkStatus();
}

// The function of the model that the command cannot do without.
ir::Function FunctionOf(const Command& command) {
  if (command.bit == base::kPredict) return ir::Function::kPredict;
  return command.bit == base::kEvaluate ? ir::Function::kEvaluate : ir::Function::kTrain;
}

// Trains with the page of the run beside it.
int TrainInFolder(const codegen::BuiltProgram& program, const brine::CommandLine& line, std::vector<std::string> argv,
                  const Arguments& arguments) {
  std::string run = line.run, made;
  if (run.empty()) {
    try {
      run = made = MakeRunFolder(program.name);
    } catch (const Error& error) {
      return Fail(absl::UnavailableError(error.what()), error.code());
    }
    argv.insert(argv.end(), {"--run", run});
  }
  std::vector<std::string> typed = {"brine"};
  typed.insert(typed.end(), arguments.typed.begin(), arguments.typed.end());
  setenv(kCommandVariable, JoinCommand(typed).c_str(), /*overwrite=*/1);
  const Reported trained =
      RunWithReport(run, [&] { return Fail(ExecuteProgram(program.name, program.bytes, argv), kFailed); });
  if (!made.empty()) RemoveUnusedRunFolder(made);
  if (trained.began && !arguments.Has("quiet"))
    std::fprintf(stderr, "%s\n", RunLine(run, line.checkpoint, trained.has_report).c_str());
  return EndLike(trained.status);
}

// The arguments with --shards, whose default is the number of processes, and with the --batch-size that is cut into
// them: the program is compiled for the rows of a shard, and would take these for its batch.
Arguments WithShards(const Arguments& given, int processes) {
  Arguments arguments = given;
  const auto add = [&](const std::string& flag, const std::string& value) {
    arguments.flags[flag] = value;
    arguments.forwarded.insert(arguments.forwarded.end(), {"--" + flag, value});
  };
  const auto accumulated = given.flags.find("accumulate");
  const bool accumulates = accumulated != given.flags.end() && accumulated->second != "1";
  if (processes > 1 && !given.Has("shards") && !accumulates) add("shards", absl::StrCat(processes));
  if (arguments.Has("shards") && !given.Has("batch-size")) add("batch-size", absl::StrCat(kDefaultBatchSize));
  return arguments;
}

}  // namespace

int RunProgram(const Command& command, const Arguments& given) {
  const brine_job job = brine_this_job();
  if (job.size > 1 && command.bit != base::kTrain) {
    return Fail(
        absl::InvalidArgumentError(absl::StrCat("only train takes several processes, and ", job.size, " were started")),
        kUsage);
  }
  const Arguments arguments = WithShards(given, job.size);
  std::vector<std::string> argv = {"", command.name};  // the program's name is known when it is compiled
  argv.insert(argv.end(), arguments.words.begin() + 1, arguments.words.end());
  argv.insert(argv.end(), arguments.forwarded.begin(), arguments.forwarded.end());
  std::vector<std::string> inputs;  // that the program cannot read
  if (command.bit == base::kPredict) inputs = TakeInputs(arguments.words.size() - 1, argv);
  const absl::StatusOr<brine::CommandLine> line = ProgramLine(argv);
  if (!line.ok()) return Fail(line.status(), kUsage);
  if (inputs.empty()) {
    if (const absl::Status status = CheckProgramInput(line->input); !status.ok()) return Fail(status, kBadInput);
  }
  absl::StatusOr<DataOptions> data = ReadDataOptions(arguments);
  if (!data.ok()) return Fail(data.status(), kUsage);
  if (const absl::Status status = CheckTableFlags(inputs, *line, *data); !status.ok()) return Fail(status, kUsage);
  absl::StatusOr<Session> session = OpenSession();
  if (!session.ok()) return Fail(session.status(), kFailed);
  const bool quiet = arguments.Has("quiet");
  if (job.size > 1) session->cache.MakeOnce();  // the processes of a job need the same program and data
  const Prepared prepared = Prepare(*session, arguments.words[0], arguments);
  if (prepared.exit_code != kOk) return prepared.exit_code;
  if (prepared.planned.Find(FunctionOf(command)) == nullptr) {
    return Fail(absl::InvalidArgumentError(absl::StrCat(WhatIsMissing(arguments.words[0], prepared),
                                                        ", so there is nothing to ", command.name)),
                kBadInput);
  }
  SetPictureSize(prepared.planned.model, *data);
  data->threads = line->threads;
  std::vector<std::string> sources;
  const absl::Status replaced = ReplaceData(*data, session->cache, quiet, argv, sources);
  session->cache.Release();
  if (!replaced.ok()) return Fail(replaced, absl::IsInvalidArgument(replaced) ? kBadInput : kFailed);
  if (!inputs.empty()) {
    const absl::StatusOr<std::string> packed =
        PackInputs(arguments.words[0], inputs, *line, *data, session->cache, quiet);
    if (!packed.ok()) return Fail(packed.status(), absl::IsInvalidArgument(packed.status()) ? kBadInput : kFailed);
    sources.insert(sources.end(), {*packed, std::exchange(argv.back(), *packed)});
  }
  setenv(kSourcesVariable, JoinCommand(sources).c_str(), /*overwrite=*/1);
  absl::StatusOr<codegen::StrategyOfKernel> strategy = Strategies(*session, arguments);
  if (!strategy.ok())
    return Fail(strategy.status(), absl::IsInvalidArgument(strategy.status()) ? kUsage : kCompileFailed);
  codegen::ProgramOptions options;
  options.strategy = *std::move(strategy);
  options.mpi = arguments.Has("mpi") || job.size > 1;
  const absl::StatusOr<codegen::BuiltProgram> program =
      codegen::BuildProgram(prepared.planned, options, prepared.summary, session->toolchain, session->cache);
  session->cache.Release();
  if (!program.ok()) return Fail(program.status(), kCompileFailed);
  argv[0] = program->name;
  if (codegen::Interrupted()) return Fail(absl::CancelledError("interrupted"), kInterrupted);
  if (WantsRun(*line) && job.rank == 0) return TrainInFolder(*program, *line, std::move(argv), arguments);
  return Fail(ExecuteProgram(program->name, program->bytes, argv), kFailed);
}

}  // namespace brine::cli
