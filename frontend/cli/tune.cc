#include "frontend/cli/tune.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <limits>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "codegen/driver/build_step.h"
#include "codegen/driver/compare.h"
#include "codegen/driver/files.h"
#include "codegen/driver/join_updates.h"
#include "codegen/driver/region.h"
#include "codegen/driver/tuning.h"
#include "frontend/cli/commands.h"
#include "frontend/cli/html/json.h"
#include "ir/draw.h"
#include "ir/status.h"
#include "ir/training.h"

namespace brine::cli {
namespace {

constexpr double kUntimed = std::numeric_limits<double>::infinity();

// Candidates whose predicted cost is more than this multiple of the least are not timed.
constexpr double kMostTimesPredicted = 4;

// A strategy replaces the one of the least predicted cost if it takes less than this share of its time.  Repeated
// timings of one kernel differ by more than the rest.
constexpr double kWorthwhileShare = 0.97;

constexpr int64_t kCheckedRows = 2;  // in a batch; few, since the interpreter is slow

// The steps of a program: those that are timed as a whole, and the least and most before them, in which a ReLU gets
// more zeros than it has at first.
constexpr int kTimedSteps = 20, kLeastWarmUpSteps = 20, kMostWarmUpSteps = 200;
constexpr double kWarmUpMilliseconds = 5000;

constexpr int kTurns = 2;  // how often the two steps are timed in turn

struct Timing {
  std::string strategy;
  double predicted_ms = 0;  // on one core, the sum over the calls of the kernel
  double ms = kUntimed;     // the sum over the calls of the kernel
  bool is_wrong = false;    // whether the interpreter has other results
};

// A kernel, which the step may call several times.
struct Tunable {
  size_t node;                     // of the first call
  std::vector<std::string> names;  // of the first result of each call
  std::vector<Timing> candidates;  // by predicted cost

  // The strategy to take.
  const Timing& Best() const {
    const Timing* best = &candidates[0];
    for (const Timing& timing : candidates) {
      if (!timing.is_wrong && (best->is_wrong || timing.ms < best->ms)) best = &timing;
    }
    const bool is_worthwhile = candidates[0].is_wrong || best->ms < kWorthwhileShare * candidates[0].ms;
    return is_worthwhile ? *best : candidates[0];
  }
  bool Changes() const { return &Best() != &candidates[0]; }
};

using Tunables = std::map<std::string, Tunable>;  // by signature

// The kernels of the step for which there is a choice, with the candidates that are worth timing.
Tunables FindTunables(const ir::Graph& step, const std::vector<codegen::KernelFacts>& facts) {
  Tunables tunables;
  for (size_t node = 0; node < step.nodes.size(); ++node) {
    std::vector<Timing> candidates;
    for (const codegen::CandidateFact& fact : facts[node].candidates) {
      if (!fact.reason.empty()) continue;
      if (!candidates.empty() && fact.milliseconds > kMostTimesPredicted * candidates[0].predicted_ms) continue;
      candidates.push_back({fact.strategy, fact.milliseconds});
    }
    if (candidates.size() < 2) continue;
    const auto [tunable, is_new] =
        tunables.insert({codegen::KernelSignature(step, step.nodes[node]), {node, {}, std::move(candidates)}});
    if (!is_new) {
      for (Timing& timing : tunable->second.candidates)
        timing.predicted_ms += timing.predicted_ms / static_cast<double>(tunable->second.names.size());
    }
    tunable->second.names.push_back(step.value(step.nodes[node].outputs[0]).name);
  }
  return tunables;
}

class Tuner {
 public:
  Tuner(const Session& session, const Prepared& prepared, const ir::Graph& train, std::string target)
      : session_(session),
        prepared_(prepared),
        train_(train),
        step_(codegen::JoinUpdates(train)),
        target_(std::move(target)) {}

  absl::StatusOr<std::string> Run(int64_t seconds, bool all) {
    codegen::CompileOptions options;
    options.worker = session_.toolchain.worker;
    options.target = target_;
    BRINE_ASSIGN_OR_RETURN(const std::vector<codegen::KernelFacts> facts, codegen::ConsiderKernels(step_, options));
    tunables_ = FindTunables(step_, facts);
    size_t rounds = 1;
    for (const auto& [signature, tunable] : tunables_) rounds = std::max(rounds, tunable.candidates.size());

    const Clock::time_point end = Clock::now() + std::chrono::seconds(seconds);
    BRINE_RETURN_IF_ERROR(DrawOperands());
    for (size_t round = 0; round < rounds; ++round) {
      const Clock::time_point begin = Clock::now();
      std::fprintf(stderr, "tune: %zu of %zu programs\n", round + 1, rounds);
      BRINE_RETURN_IF_ERROR(CheckRound(round));
      BRINE_RETURN_IF_ERROR(TimeRound(round));
      if (Clock::now() + (Clock::now() - begin) > end) break;
    }
    return Conclude(all);
  }

 private:
  using Clock = std::chrono::steady_clock;

  // Executes the step once, so that each kernel can be compared on operands that fit together.
  absl::Status DrawOperands() {
    rows_ = std::min(kCheckedRows, step_.batch_size);
    operands_ = ir::DrawGiven<float>(train_, rows_, ir::LeastClasses(prepared_.planned.model), 1);
    BRINE_ASSIGN_OR_RETURN(codegen::CompiledStep compiled, codegen::BuildStep(train_, BuildOptions("")));
    BRINE_ASSIGN_OR_RETURN(const ir::Tensors<float> results, compiled.Run(operands_, rows_));
    // A kernel reads the old value of a state.
    operands_.insert(results.begin(), results.end());
    return absl::OkStatus();
  }

  codegen::BuildOptions BuildOptions(const std::string& strategy) const {
    codegen::BuildOptions options;
    options.cache_folder = session_.cache.folder();
    options.target = target_;
    options.strategy = [strategy](const ir::Graph&, const ir::Node&) { return strategy; };
    return options;
  }

  // Whether the kernel by this strategy computes what the interpreter does.
  absl::StatusOr<bool> IsRight(const Tunable& tunable, const std::string& strategy) {
    const ir::Node& node = step_.nodes[tunable.node];
    const ir::Graph region = codegen::CanonicalRegion(step_, node);
    const std::vector<ir::ValueId> from = codegen::KernelArguments(node),
                                   to = codegen::KernelArguments(region.nodes[0]);
    ir::Tensors<float> given;
    for (size_t argument = 0; argument < region.nodes[0].inputs.size(); ++argument)
      given[region.value(to[argument]).name] = operands_.at(step_.value(from[argument]).name);
    BRINE_ASSIGN_OR_RETURN(codegen::CompiledStep compiled, codegen::BuildStep(region, BuildOptions(strategy)));
    BRINE_ASSIGN_OR_RETURN(const ir::Tensors<float> results, compiled.Run(given, rows_));
    codegen::StepComparison comparison(region);
    BRINE_RETURN_IF_ERROR(comparison.Add(given, results, rows_));
    return comparison.FirstFault().empty();
  }

  // Compares the candidates that the program of this round has as the first one.
  absl::Status CheckRound(size_t round) {
    for (auto& [signature, tunable] : tunables_) {
      if (round >= tunable.candidates.size()) continue;
      Timing& candidate = tunable.candidates[round];
      BRINE_ASSIGN_OR_RETURN(const bool is_right, IsRight(tunable, candidate.strategy));
      candidate.is_wrong = !is_right;
    }
    return absl::OkStatus();
  }

  // The strategies that `choose` gives for kernels among which there is a choice; it returns an empty text for that of
  // the least predicted cost.
  codegen::StrategyOfKernel Choose(const std::function<std::string(const Tunable&)>& choose) const {
    return [this, choose](const ir::Graph& graph, const ir::Node& node) {
      const auto found = tunables_.find(codegen::KernelSignature(graph, node));
      return found == tunables_.end() ? "" : choose(found->second);
    };
  }

  static std::string Best(const Tunable& tunable) { return tunable.Changes() ? tunable.Best().strategy : ""; }

  // The result of `bench` of the program with these strategies.
  absl::StatusOr<JsonObject> Bench(const codegen::StrategyOfKernel& strategies) {
    codegen::ProgramOptions options;
    options.target = target_;
    options.strategy = strategies;
    BRINE_ASSIGN_OR_RETURN(
        const codegen::BuiltProgram program,
        codegen::BuildProgram(prepared_.planned, options, prepared_.summary, session_.toolchain, session_.cache));
    BRINE_ASSIGN_OR_RETURN(const codegen::TemporaryFolder folder, codegen::TemporaryFolder::Create());
    const std::string path = folder.path() + "/program";
    BRINE_RETURN_IF_ERROR(codegen::WriteFile(path, program.bytes));
    chmod(path.c_str(), 0700);
    BRINE_ASSIGN_OR_RETURN(const codegen::ProcessResult result,
                           codegen::RunProcess({path, "bench", "--json", "--steps", absl::StrCat(kTimedSteps),
                                                "--warm-up", absl::StrCat(warm_up_steps_)}));
    if (result.exit_code != kOk)
      return absl::InternalError(
          absl::StrCat("the program to be timed ended with code ", result.exit_code, ": ", result.errors));
    return ParseJsonObject(result.output, "bench");
  }

  // Times the candidates of this round, each in its place in the step.
  absl::Status TimeRound(size_t round) {
    const codegen::StrategyOfKernel strategies = Choose([round](const Tunable& tunable) -> std::string {
      if (round == 0 || round >= tunable.candidates.size() || tunable.candidates[round].is_wrong) return "";
      return tunable.candidates[round].strategy;
    });
    BRINE_ASSIGN_OR_RETURN(const JsonObject result, Bench(strategies));
    if (round == 0)
      warm_up_steps_ = static_cast<int>(
          std::clamp<double>(kWarmUpMilliseconds / StepMilliseconds(result), kLeastWarmUpSteps, kMostWarmUpSteps));
    std::map<std::string, JsonObject> kernels;  // by name
    for (const JsonValue& kernel : ListField(result, "kernels"))
      kernels[TextField(kernel.struct_value(), "name")] = kernel.struct_value();
    for (auto& [signature, tunable] : tunables_) {
      double ms = 0;
      std::string strategy;  // that built the kernel, which is another one if the candidate cannot be lowered
      for (const std::string& name : tunable.names) {
        ms += NumberField(kernels[name], "ms");
        strategy = TextField(kernels[name], "strategy");
      }
      for (Timing& candidate : tunable.candidates) {
        if (candidate.strategy == strategy) candidate.ms = std::min(candidate.ms, ms);
      }
    }
    return absl::OkStatus();
  }

  static double StepMilliseconds(const JsonObject& result) {
    const JsonValue* const step = FindField(result, "train_step_ms");
    return step == nullptr ? kUntimed : NumberField(step->struct_value(), "min");
  }

  // Times the step with the best strategies against that with the cheapest ones, and keeps them if they pay.
  absl::StatusOr<std::string> Conclude(bool all) {
    std::string text = all ? Candidates() : "";
    size_t changed = 0;
    for (const auto& [signature, tunable] : tunables_) changed += tunable.Changes();
    double cheapest_ms = kUntimed, best_ms = kUntimed;
    std::fprintf(stderr, "tune: the step\n");
    for (int turn = 0; turn < kTurns; ++turn) {
      BRINE_ASSIGN_OR_RETURN(const JsonObject cheapest, Bench(nullptr));
      cheapest_ms = std::min(cheapest_ms, StepMilliseconds(cheapest));
      if (changed == 0) break;
      BRINE_ASSIGN_OR_RETURN(const JsonObject best, Bench(Choose(Best)));
      best_ms = std::min(best_ms, StepMilliseconds(best));
    }
    const bool pays = best_ms < cheapest_ms;
    const codegen::Tuning tuning(session_.cache, target_);
    for (const auto& [signature, tunable] : tunables_) {
      const std::string strategy = pays ? Best(tunable) : "";
      BRINE_RETURN_IF_ERROR(tuning.Keep(signature, strategy));
      if (strategy.empty()) continue;
      absl::StrAppendFormat(&text, "%s: %s, %.3f ms instead of %.3f by %s\n", absl::StrJoin(tunable.names, ", "),
                            strategy, tunable.Best().ms, tunable.candidates[0].ms, tunable.candidates[0].strategy);
    }
    if (pays)
      absl::StrAppendFormat(&text, "%d of %d kernels have another strategy; the step takes %.3f ms instead of %.3f\n",
                            changed, tunables_.size(), best_ms, cheapest_ms);
    else
      absl::StrAppendFormat(&text, "no other strategy pays in %d kernels; the step takes %.3f ms\n", tunables_.size(),
                            cheapest_ms);
    return text;
  }

  // Each candidate with its predicted and its measured time.
  std::string Candidates() const {
    std::string text;
    for (const auto& [signature, tunable] : tunables_) {
      absl::StrAppend(&text, absl::StrJoin(tunable.names, ", "), "\n");
      for (const Timing& candidate : tunable.candidates) {
        const std::string measured = candidate.is_wrong         ? "wrong results"
                                     : candidate.ms == kUntimed ? "not timed"
                                                                : absl::StrFormat("%.3f ms", candidate.ms);
        absl::StrAppendFormat(&text, "  %-20s predicted %.3f ms on one core, %s\n", candidate.strategy,
                              candidate.predicted_ms, measured);
      }
    }
    return text;
  }

  const Session& session_;
  const Prepared& prepared_;
  const ir::Graph& train_;
  const ir::Graph step_;  // as it is compiled, with joined updates
  const std::string target_;
  Tunables tunables_;
  int64_t rows_ = 0;
  ir::Tensors<float> operands_;  // of all kernels, by the name of the value
  int warm_up_steps_ = kLeastWarmUpSteps;
};

}  // namespace

absl::StatusOr<std::string> Tune(const Session& session, const Prepared& prepared, const ir::Graph& train,
                                 const std::string& target, int64_t seconds, bool all) {
  return Tuner(session, prepared, train, target).Run(seconds, all);
}

}  // namespace brine::cli
