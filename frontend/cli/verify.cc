// The command verify, which checks on the user's model what Brine's tests check on theirs: gradients, kernels, the
// memory plan, threads and resuming.
#include <sys/stat.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "codegen/driver/build_step.h"
#include "codegen/driver/compare.h"
#include "codegen/driver/files.h"
#include "frontend/cli/commands.h"
#include "frontend/cli/session.h"
#include "ir/draw.h"
#include "ir/philox.h"
#include "ir/status.h"
#include "ir/training.h"
#include "passes/check_gradients.h"
#include "passes/derive.h"
#include "passes/pipeline.h"

namespace brine::cli {
namespace {

constexpr int kSamples = 2;           // the `samples` of CheckGradients
constexpr int kDraws = 16;            // how often a step's inputs are drawn; rounding is judged over all draws
constexpr int64_t kGradientRows = 2;  // in a batch; few, since the interpreter executes the step for each direction
constexpr int64_t kKernelRows = 3;    // in a batch, at most

// The model that is verified.
struct Subject {
  const Session& session;
  const Prepared& prepared;
  const ir::Graph& train;  // planned
  const codegen::StrategyOfKernel& strategy;

  int64_t classes() const { return ir::LeastClasses(prepared.planned.model); }
  absl::StatusOr<codegen::CompiledStep> Build(bool use_placements) const {
    codegen::BuildOptions options;
    options.cache_folder = session.cache.folder();
    options.use_placements = use_placements;
    options.strategy = strategy;
    return codegen::BuildStep(train, options);
  }
};

struct Outcome {
  bool holds;          // whether the check succeeded
  std::string figure;  // what was measured, or what is wrong
};
Outcome Judge(bool holds, std::string figure) { return {holds, std::move(figure)}; }

// ---- The checks

absl::StatusOr<Outcome> CheckGradients(const Subject& subject) {
  BRINE_ASSIGN_OR_RETURN(
      ir::Graph graph, passes::Derive(subject.prepared.planned.model, ir::Function::kTrain, subject.train.batch_size));
  BRINE_RETURN_IF_ERROR(passes::AddGradients(graph));
  const int64_t rows = std::min(kGradientRows, graph.batch_size);
  BRINE_ASSIGN_OR_RETURN(
      const passes::GradientCheck check,
      passes::CheckGradients(graph, ir::DrawGiven<double>(graph, rows, subject.classes(), 1), rows, kSamples));
  return Judge(check.ok(),
               absl::StrFormat("relative error %.1e of %.0e allowed, %d directions, worst in %s", check.worst,
                               passes::kGradientTolerance, check.compared, check.where.empty() ? "none" : check.where));
}

absl::StatusOr<Outcome> CheckKernels(const Subject& subject) {
  BRINE_ASSIGN_OR_RETURN(codegen::CompiledStep step, subject.Build(/*use_placements=*/false));
  codegen::StepComparison comparison(subject.train);
  for (int draw = 0; draw < kDraws; ++draw) {
    const int64_t rows = std::min(1 + draw % kKernelRows, subject.train.batch_size);
    const ir::Tensors<float> given =
        ir::DrawGiven<float>(subject.train, rows, subject.classes(), static_cast<uint64_t>(draw));
    BRINE_ASSIGN_OR_RETURN(const ir::Tensors<float> results, step.Run(given, rows));
    BRINE_RETURN_IF_ERROR(comparison.Add(given, results, rows));
  }
  if (const std::string fault = comparison.FirstFault(); !fault.empty())
    return Judge(false, fault.substr(0, fault.find('\n')));
  const codegen::StepComparison::Worst worst = comparison.FindWorst();
  return Judge(true, absl::StrFormat("error %.2f of the rounding allowed, %d draws, worst in %s", worst.share, kDraws,
                                     worst.result));
}

absl::StatusOr<Outcome> CheckMemory(const Subject& subject) {
  BRINE_ASSIGN_OR_RETURN(codegen::CompiledStep unplanned, subject.Build(/*use_placements=*/false));
  BRINE_ASSIGN_OR_RETURN(codegen::CompiledStep planned, subject.Build(/*use_placements=*/true));
  const int64_t rows = subject.train.batch_size;
  const ir::Tensors<float> given = ir::DrawGiven<float>(subject.train, rows, subject.classes(), 1);
  BRINE_ASSIGN_OR_RETURN(const ir::Tensors<float> one, unplanned.Run(given, rows));
  BRINE_ASSIGN_OR_RETURN(const ir::Tensors<float> other, planned.Run(given, rows));
  const std::string difference = codegen::FirstDifference(one, other);
  return Judge(difference.empty(),
               difference.empty()
                   ? absl::StrCat(one.size(), " values, the same bits as planned and with memory of their own")
                   : difference + " differs");
}

absl::StatusOr<Outcome> CheckThreads(const Subject& subject) {
  BRINE_ASSIGN_OR_RETURN(codegen::CompiledStep step, subject.Build(/*use_placements=*/true));
  const int64_t rows = subject.train.batch_size;
  const ir::Tensors<float> given = ir::DrawGiven<float>(subject.train, rows, subject.classes(), 1);
  BRINE_ASSIGN_OR_RETURN(const ir::Tensors<float> one, step.Run(given, rows, 1));
  for (int threads : {2, 3}) {
    BRINE_ASSIGN_OR_RETURN(const ir::Tensors<float> other, step.Run(given, rows, threads));
    const std::string difference = codegen::FirstDifference(one, other);
    if (!difference.empty()) return Judge(false, absl::StrCat(difference, " differs on ", threads, " threads"));
  }
  return Judge(true, absl::StrCat(one.size(), " values, the same bits on 1, 2 and 3 threads"));
}

// The content of a .npy file.  `bytes` are those of the elements.
std::string Npy(const char* type, const std::string& shape, const std::string& bytes) {
  std::string header = absl::StrCat("{'descr': '", type, "', 'fortran_order': False, 'shape': (", shape, "), }");
  header.resize(std::max<size_t>(header.size() + 1, 117), ' ');
  header.back() = '\n';
  std::string file("\x93NUMPY\x02\x00", 8);
  for (int shift : {0, 8, 16, 24}) file += static_cast<char>(header.size() >> shift & 255);
  return absl::StrCat(file, header, bytes);
}

// The content of a .npy file with samples for an input or a label of the training step: bytes, floats from [−1, 1), or
// class numbers.
std::string DrawArray(const Subject& subject, const ir::Value& value, int64_t samples) {
  const int64_t classes = ir::LabelClasses(subject.prepared.planned.model, value.name);
  ir::Shape shape = value.type.shape;
  if (classes > 0 && value.type.dtype == ir::DType::kF32) shape.pop_back();  // class numbers instead of one-hot rows
  shape[0] = samples;
  const bool is_byte = value.type.dtype == ir::DType::kU8;
  std::string bytes;
  const int64_t elements = ir::ElementCount(shape, 1).value();
  for (int64_t element = 0; element < elements; ++element) {
    const double number = ir::PhiloxUniform({static_cast<uint32_t>(element), 0, 0, ir::NameId(value.name)}, {1, 0});
    const int32_t whole = static_cast<int32_t>(number * static_cast<double>(classes > 0 ? classes : 256));
    const float real = static_cast<float>(2 * number - 1);
    const void* const from = is_byte || classes > 0 ? static_cast<const void*>(&whole) : &real;
    bytes.append(static_cast<const char*>(from), is_byte ? 1 : 4);
  }
  const std::string dims = absl::StrCat(absl::StrJoin(shape, ", "), ",");
  return Npy(classes > 0 ? "<i4" : is_byte ? "|u1" : "<f4", dims, bytes);
}

// Writes a file for each input and label, and returns the flags that name the files.
absl::StatusOr<std::vector<std::string>> WriteData(const Subject& subject, const std::string& folder, int64_t samples) {
  std::vector<std::string> flags;
  for (const ir::Input& input : subject.train.inputs) {
    if (input.source != ir::Source::kData && input.source != ir::Source::kLabel) continue;
    const std::string file = absl::StrCat(folder, "/", flags.size(), ".npy");
    const ir::Value& value = subject.train.value(input.value);
    BRINE_RETURN_IF_ERROR(codegen::WriteFile(file, DrawArray(subject, value, samples)));
    flags.insert(flags.end(), {"--data", absl::StrCat(value.name, "=", file)});
  }
  return flags;
}

// Compares the state after two epochs on one thread with that of a run which ends after the first epoch and is resumed
// on two threads.
absl::StatusOr<Outcome> CheckResume(const Subject& subject) {
  const int64_t batch = subject.train.batch_size;
  BRINE_ASSIGN_OR_RETURN(const codegen::TemporaryFolder folder, codegen::TemporaryFolder::Create());
  BRINE_ASSIGN_OR_RETURN(const std::vector<std::string> data,
                         WriteData(subject, folder.path(), 2 * batch + batch / 2 + 1));
  codegen::ProgramOptions options;
  options.strategy = subject.strategy;
  BRINE_ASSIGN_OR_RETURN(const codegen::BuiltProgram program,
                         codegen::BuildProgram(subject.prepared.planned, options, subject.prepared.summary,
                                               subject.session.toolchain, subject.session.cache));
  const std::string path = folder.path() + "/program", whole = folder.path() + "/whole",
                    resumed = folder.path() + "/resumed", kept = folder.path() + "/kept";
  BRINE_RETURN_IF_ERROR(codegen::WriteFile(path, program.bytes));
  chmod(path.c_str(), 0700);
  const std::vector<std::string> runs[] = {
      {"--epochs", "2", "--threads", "1", "--save", whole},
      {"--epochs", "1", "--threads", "1", "--checkpoint", kept},
      {"--epochs", "2", "--threads", "2", "--checkpoint", kept, "--resume", "--save", resumed}};
  for (const std::vector<std::string>& flags : runs) {
    std::vector<std::string> command = {path, "train", "--quiet"};
    command.insert(command.end(), data.begin(), data.end());
    command.insert(command.end(), flags.begin(), flags.end());
    BRINE_ASSIGN_OR_RETURN(const codegen::ProcessResult result, codegen::RunProcess(command));
    if (result.exit_code != kOk)
      return Judge(false, absl::StrCat("the program ended with code ", result.exit_code, ": ",
                                       absl::StripSuffix(result.errors, "\n")));
  }
  BRINE_ASSIGN_OR_RETURN(const std::string one, codegen::ReadFile(whole));
  BRINE_ASSIGN_OR_RETURN(const std::string other, codegen::ReadFile(resumed));
  return Judge(one == other, absl::StrCat(one.size(), " bytes of state after two epochs, ",
                                          one == other ? "the same" : "not the same", " when the second is resumed"));
}

struct CheckRow {
  const char* name;
  absl::StatusOr<Outcome> (*run)(const Subject& subject);
};
constexpr CheckRow kChecks[] = {
    {"gradients", CheckGradients},  // against central differences in double
    {"kernels", CheckKernels},      // against the interpreter
    {"memory", CheckMemory},       {"threads", CheckThreads}, {"resume", CheckResume},
};

}  // namespace

int RunVerify(const Command&, const Arguments& arguments) {
  const absl::StatusOr<Session> session = OpenSession();
  if (!session.ok()) return Fail(session.status(), kFailed);
  const std::string& path = arguments.words[0];
  const Prepared prepared = Prepare(*session, path, arguments);
  if (prepared.exit_code != kOk) return prepared.exit_code;
  const ir::Graph* const train = prepared.planned.Find(ir::Function::kTrain);
  if (train == nullptr)
    return Fail(absl::InvalidArgumentError(
                    absl::StrCat(WhatIsMissing(path, prepared), ", so there is no training step to verify")),
                kBadInput);
  const absl::StatusOr<codegen::StrategyOfKernel> strategy = Strategies(*session, arguments);
  if (!strategy.ok()) return Fail(strategy.status(), kFailed);
  int code = kOk;
  for (const CheckRow& row : kChecks) {
    const absl::StatusOr<Outcome> run = row.run({*session, prepared, *train, *strategy});
    const Outcome outcome = run.ok() ? *run : Judge(false, std::string(run.status().message()));
    if (!outcome.holds) code = kFailed;
    if (Print(absl::StrFormat("%-10s %-7s %s\n", row.name, outcome.holds ? "ok" : "FAILED", outcome.figure)) != kOk)
      return kFailed;
  }
  return code;
}

}  // namespace brine::cli
