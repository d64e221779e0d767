// verify: what the tests prove of the compiler, on the user's own model.
#include <sys/stat.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "codegen/build_step.h"
#include "codegen/compare.h"
#include "codegen/files.h"
#include "frontend/cli/commands.h"
#include "frontend/cli/session.h"
#include "ir/draw.h"
#include "ir/philox.h"
#include "ir/status.h"
#include "passes/check_gradients.h"
#include "passes/derive.h"

namespace brine::cli {
namespace {

constexpr int kSamples = 2;           // elements of each parameter whose gradient is compared, besides the largest
constexpr int kDraws = 16;            // of a step's inputs; rounding is judged over all of them
constexpr int64_t kGradientRows = 2;  // of the interpreter's batches, which are slow
constexpr int64_t kKernelRows = 3;

struct Subject {
  const Session& session;
  const Prepared& prepared;
  const ir::Graph& train;  // planned

  int64_t classes() const {
    return prepared.planned.model.value(prepared.planned.model.outputs[0].value).type.shape.back();
  }
  absl::StatusOr<codegen::Step> Build(bool planned) const {
    codegen::BuildOptions options;
    options.cache_folder = session.cache.folder();
    options.use_placements = planned;
    return codegen::BuildStep(train, options);
  }
};

struct Outcome {
  enum { kHolds, kFails, kOpen } verdict;
  std::string figure;
};
Outcome Judge(bool holds, std::string figure) { return {holds ? Outcome::kHolds : Outcome::kFails, std::move(figure)}; }

// ---- The checks

absl::StatusOr<Outcome> CheckGradients(const Subject& subject) {
  BRINE_ASSIGN_OR_RETURN(
      ir::Graph graph, passes::Derive(subject.prepared.planned.model, ir::Function::kTrain, subject.train.batch_size));
  passes::PipelineOptions options;
  options.only = {"specialize", "add-loss", "canonicalize", "autodiff"};
  BRINE_RETURN_IF_ERROR(passes::RunPipeline(graph, options).status());
  const int64_t rows = std::min(kGradientRows, graph.batch_size);
  BRINE_ASSIGN_OR_RETURN(
      const passes::GradientCheck check,
      passes::CheckGradients(graph, ir::DrawGiven<double>(graph, rows, subject.classes(), 1), rows, kSamples));
  return Judge(check.ok(),
               absl::StrFormat("relative error %.1e of %.0e allowed, %d directions, worst in %s", check.worst,
                               passes::kGradientTolerance, check.compared, check.where.empty() ? "none" : check.where));
}

absl::StatusOr<Outcome> CheckKernels(const Subject& subject) {
  BRINE_ASSIGN_OR_RETURN(codegen::Step step, subject.Build(/*planned=*/false));
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
  BRINE_ASSIGN_OR_RETURN(codegen::Step apart, subject.Build(/*planned=*/false));
  BRINE_ASSIGN_OR_RETURN(codegen::Step planned, subject.Build(/*planned=*/true));
  const int64_t rows = subject.train.batch_size;
  const ir::Tensors<float> given = ir::DrawGiven<float>(subject.train, rows, subject.classes(), 1);
  BRINE_ASSIGN_OR_RETURN(const ir::Tensors<float> one, apart.Run(given, rows));
  BRINE_ASSIGN_OR_RETURN(const ir::Tensors<float> other, planned.Run(given, rows));
  const std::string difference = codegen::FirstDifference(one, other);
  return Judge(difference.empty(),
               difference.empty()
                   ? absl::StrCat(one.size(), " values, the same bits as planned and with memory of their own")
                   : difference + " differs");
}

absl::StatusOr<Outcome> CheckThreads(const Subject& subject) {
  BRINE_ASSIGN_OR_RETURN(codegen::Step step, subject.Build(/*planned=*/true));
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

std::string BigEndian(int64_t number) {
  std::string bytes;
  for (int shift : {24, 16, 8, 0}) bytes += static_cast<char>(number >> shift & 255);
  return bytes;
}

// A data set in MNIST's format, whose samples have as many bytes as the model's input has elements.
absl::Status WriteData(const std::string& folder, int64_t samples, int64_t elements, int64_t classes) {
  for (const char* part : {"train", "t10k"}) {
    std::string pictures = absl::StrCat(BigEndian(0x803), BigEndian(samples), BigEndian(1), BigEndian(elements));
    std::string labels = absl::StrCat(BigEndian(0x801), BigEndian(samples));
    for (int64_t at = 0; at < samples * elements; ++at) {
      pictures += static_cast<char>(256 * ir::PhiloxUniform({static_cast<uint32_t>(at), 0, 0, 0}, {1, 0}));
    }
    for (int64_t at = 0; at < samples; ++at) labels += static_cast<char>(at % std::min<int64_t>(classes, 10));
    BRINE_RETURN_IF_ERROR(codegen::WriteFile(absl::StrCat(folder, "/", part, "-images-idx3-ubyte"), pictures));
    BRINE_RETURN_IF_ERROR(codegen::WriteFile(absl::StrCat(folder, "/", part, "-labels-idx1-ubyte"), labels));
  }
  return absl::OkStatus();
}

// Two epochs at once on one thread, and the second of them resumed on two threads.
absl::StatusOr<Outcome> CheckResume(const Subject& subject) {
  const ir::Graph& train = subject.train;
  const auto input = std::find_if(train.inputs.begin(), train.inputs.end(),
                                  [](const ir::Input& row) { return row.source == ir::Source::kData; });
  BRINE_ASSIGN_OR_RETURN(const int64_t elements, ir::ElementCount(train.type(input->value).shape, 1));
  BRINE_ASSIGN_OR_RETURN(const codegen::TemporaryFolder folder, codegen::TemporaryFolder::Create());
  BRINE_RETURN_IF_ERROR(
      WriteData(folder.path(), 2 * train.batch_size + train.batch_size / 2 + 1, elements, subject.classes()));
  BRINE_ASSIGN_OR_RETURN(const codegen::BuiltProgram program,
                         codegen::BuildProgram(subject.prepared.planned, {}, subject.prepared.summary,
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
    std::vector<std::string> command = {path, "train", "--quiet", "--data", folder.path()};
    command.insert(command.end(), flags.begin(), flags.end());
    BRINE_ASSIGN_OR_RETURN(const codegen::ProcessResult result, codegen::RunProcess(command));
    const std::string errors(absl::StripSuffix(result.errors, "\n"));
    if (result.exit_code == kBadInput && &flags == &runs[0])
      return Outcome{Outcome::kOpen, "not checked: " + std::string(absl::StripPrefix(errors, "error: "))};
    if (result.exit_code != kOk)
      return Judge(false, absl::StrCat("the program ended with code ", result.exit_code, ": ", errors));
  }
  BRINE_ASSIGN_OR_RETURN(const std::string one, codegen::ReadFile(whole));
  BRINE_ASSIGN_OR_RETURN(const std::string other, codegen::ReadFile(resumed));
  return Judge(one == other, absl::StrCat(one.size(), " bytes of state after two epochs, ",
                                          one == other ? "the same" : "not the same", " when the second is resumed"));
}

struct Row {
  const char* name;
  absl::StatusOr<Outcome> (*run)(const Subject& subject);
};
constexpr Row kChecks[] = {
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
                    absl::StrCat(path, ": has no loss; Compile() it, so that there is a training step to verify")),
                kBadInput);
  int code = kOk;
  for (const Row& row : kChecks) {
    const absl::StatusOr<Outcome> run = row.run({*session, prepared, *train});
    const Outcome outcome = run.ok() ? *run : Judge(false, std::string(run.status().message()));
    static const char* const kVerdicts[] = {"ok", "FAILED", "-"};
    if (outcome.verdict == Outcome::kFails) code = kFailed;
    if (Print(absl::StrFormat("%-10s %-7s %s\n", row.name, kVerdicts[outcome.verdict], outcome.figure)) != kOk)
      return kFailed;
  }
  return code;
}

}  // namespace brine::cli
