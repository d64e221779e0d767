#include "codegen/driver/compile.h"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "codegen/driver/cpu_features.h"
#include "codegen/driver/files.h"
#include "frontend/cli/commands.h"
#include "frontend/cli/session.h"
#include "frontend/cli/tune.h"
#include "ir/names.h"
#include "ir/status.h"
#include "runtime/core/cpu.h"

namespace brine::cli {
namespace {

// The values of --emit, which the table of flags (main.cc) has, too.
struct FormRow {
  const char* name;
  codegen::Emit emit;
  const char* suffix;  // of the output's name
  int mode;            // of the file
};
constexpr FormRow kForms[] = {{"exe", codegen::Emit::kExe, "", 0755},
                              {"shared", codegen::Emit::kShared, ".so", 0755},
                              {"static", codegen::Emit::kStatic, ".a", 0644},
                              {"object", codegen::Emit::kObject, ".o", 0644}};

// An error unless the path has no file, or a regular file that is not the model.
absl::Status CheckReplaceable(const std::string& path, const std::string& model) {
  struct stat info, source;
  if (stat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISREG(info.st_mode)) return absl::InvalidArgumentError(absl::StrCat(path, ": is not a regular file"));
  if (stat(model.c_str(), &source) == 0 && info.st_dev == source.st_dev && info.st_ino == source.st_ino) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is the model itself"));
  }
  return absl::OkStatus();
}

// An error unless the C header may be written to the path.  Since the user did not name the path, a file there must be
// a header that brine wrote.
absl::Status CheckHeader(const std::string& path, const std::string& model) {
  const absl::Status status = CheckReplaceable(path, model);
  const absl::StatusOr<std::string> text = codegen::ReadFile(path);
  if (!status.ok() || !text.ok()) return status;
  const absl::string_view first_line = absl::string_view(*text).substr(0, text->find('\n'));
  if (absl::EndsWith(first_line, "Written by brine.")) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": the C header would be written there, over a file that is not brine's"));
}

// An error unless the target has the architecture, bits and system of this machine, such as "x86-64-linux", and
// features for which a program can test its processor.
absl::Status CheckTarget(const std::string& target, const Session& session) {
  const std::string& worker = session.toolchain.worker;
  BRINE_ASSIGN_OR_RETURN(const std::string host, codegen::HostTarget(worker, session.cache));
  const std::vector<absl::string_view> parts = absl::StrSplit(host, absl::MaxSplits('-', 3));
  const std::string machine = absl::StrJoin(absl::MakeSpan(parts).subspan(0, 3), "-");
  if (target != machine && !absl::StartsWith(target, machine + "-")) {
    return absl::InvalidArgumentError(
        absl::StrCat("--target must begin with ", machine, ", got \"", ir::Excerpt(target),
                     "\": brine cannot compile for another architecture or system than this machine's"));
  }
  BRINE_ASSIGN_OR_RETURN(const bool known, codegen::IsTarget(target, worker));
  if (!known) {
    return absl::InvalidArgumentError(
        absl::StrCat("--target: Halide knows no target \"", ir::Excerpt(target), "\"; this machine's is ", host));
  }
  const std::vector<std::string> untestable = codegen::UntestableFeatures(target);
  if (untestable.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--target: a program cannot test its processor for ",
                                                 absl::StrJoin(untestable, ", "), "; it can for ",
                                                 absl::StrJoin(codegen::TestableFeatures(), ", ")));
}

// Times the kernels of the training step, and prints what was found.
int RunTune(const Session& session, const Prepared& prepared, const Arguments& arguments) {
  if (arguments.Has("strategy"))
    return Fail(absl::InvalidArgumentError("--tune finds the strategies that --strategy names; give one of the two"),
                kUsage);
  // The value may be missing.
  const absl::StatusOr<int64_t> seconds = arguments.Get("tune", "").empty()
                                              ? kDefaultTuneSeconds
                                              : arguments.GetInt("tune", kDefaultTuneSeconds, 1, kMostTuneSeconds);
  if (!seconds.ok()) return Fail(seconds.status(), kUsage);
  const ir::Graph* const train = prepared.planned.Find(ir::Function::kTrain);
  if (train == nullptr)
    return Fail(absl::InvalidArgumentError(absl::StrCat(WhatIsMissing(arguments.words[0], prepared),
                                                        ", so there is no training step to tune")),
                kBadInput);
  const absl::StatusOr<std::string> target = TargetOrHost(session, arguments.Get("target", ""));
  if (!target.ok()) return Fail(target.status(), kFailed);
  // The candidates are executed in this process.
  std::vector<std::string> features = codegen::CpuFeatures(*target);
  std::vector<const char*> names;
  for (const std::string& feature : features) names.push_back(feature.c_str());
  names.push_back(nullptr);
  char lacking[256];
  if (brine_missing_cpu_features(names.data(), lacking, sizeof(lacking)) > 0)
    return Fail(absl::InvalidArgumentError(absl::StrCat("--tune runs the program here, and this processor lacks ",
                                                        lacking, " of --target ", *target)),
                kUsage);
  const absl::StatusOr<Findings> found = Tune(session, prepared, *train, *target, *seconds, arguments.Has("remarks"));
  if (!found.ok()) return Fail(found.status(), kCompileFailed);
  if (const int code = Print(found->text); code != kOk) return code;
  return found->kept.ok() ? kOk : Fail(found->kept, kFailed);
}

}  // namespace

int RunCompile(const Command&, const Arguments& arguments) {
  const std::string emit = arguments.Get("emit", "exe");
  const FormRow* const form =
      std::find_if(std::begin(kForms), std::end(kForms), [&](const FormRow& row) { return emit == row.name; });
  if (arguments.Has("mpi") && form->emit != codegen::Emit::kExe) {
    return Fail(absl::InvalidArgumentError(absl::StrCat("--mpi makes a program that mpirun starts; it does not go with "
                                                        "--emit ",
                                                        emit)),
                kUsage);
  }
  const absl::StatusOr<Session> session = OpenSession();
  if (!session.ok()) return Fail(session.status(), kFailed);
  if (arguments.Has("target")) {
    if (const absl::Status status = CheckTarget(arguments.Get("target", ""), *session); !status.ok())
      return Fail(status, absl::IsInvalidArgument(status) ? kUsage : kFailed);
  }
  const Prepared prepared = Prepare(*session, arguments.words[0], arguments, arguments.Get("target", ""));
  if (prepared.exit_code != kOk) return prepared.exit_code;
  if (arguments.Has("tune")) {
    // A mistake in the output's path is told before minutes of tuning.
    if (const absl::Status status = CheckReplaceable(arguments.Get("o", ""), arguments.words[0]); !status.ok())
      return Fail(status, kUsage);
    if (const int code = RunTune(*session, prepared, arguments); code != kOk) return code;
  }
  absl::StatusOr<codegen::StrategyOfKernel> strategy = Strategies(*session, arguments, arguments.Get("target", ""));
  if (!strategy.ok())
    return Fail(strategy.status(), absl::IsInvalidArgument(strategy.status()) ? kUsage : kCompileFailed);
  codegen::ProgramOptions options;
  options.strategy = *std::move(strategy);
  options.emit = form->emit;
  options.mpi = arguments.Has("mpi");
  options.target = arguments.Get("target", "");
  const absl::StatusOr<codegen::BuiltProgram> program =
      codegen::BuildProgram(prepared.planned, options, prepared.summary, session->toolchain, session->cache);
  if (!program.ok()) return Fail(program.status(), kCompileFailed);

  const std::string output = arguments.Get("o", program->name + form->suffix);
  const size_t slash = output.rfind('/');
  const std::string header =
      absl::StrCat(slash == std::string::npos ? "" : output.substr(0, slash + 1), program->name, ".h");
  if (const absl::Status status = CheckReplaceable(output, arguments.words[0]); !status.ok())
    return Fail(status, kUsage);
  if (const absl::Status status = CheckHeader(header, arguments.words[0]); !status.ok()) return Fail(status, kUsage);
  if (const absl::Status status = codegen::WriteFileAtomically(output, program->bytes, form->mode); !status.ok())
    return Fail(status, kFailed);
  if (const absl::Status status = codegen::WriteFileAtomically(header, program->header, 0644); !status.ok())
    return Fail(status, kFailed);
  return kOk;
}

int RunSummary(const Command&, const Arguments& arguments) {
  const absl::StatusOr<Session> session = OpenSession();
  if (!session.ok()) return Fail(session.status(), kFailed);
  const Prepared prepared = Prepare(*session, arguments.words[0], arguments);
  return prepared.exit_code != kOk ? prepared.exit_code : Print(prepared.summary);
}

}  // namespace brine::cli
