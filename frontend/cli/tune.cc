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

// The rows of a batch on which a candidate is compared with the interpreter, which is slow.  Over few rows, rounding
// may differ by more than the bound, so what seems wrong is compared on more of them.
constexpr int64_t kCheckedRows[] = {2, 16};

// The steps of a program: those that are timed as a whole, and the least and most before them, in which a ReLU gets
// more zeros than it has at first.
constexpr int kTimedSteps = 20, kLeastWarmUpSteps = 20, kMostWarmUpSteps = 200;
constexpr double kWarmUpMilliseconds = 5000;

constexpr int kTurns = 2;  // how often the two steps are timed in turn

enum class Check : uint8_t { kNotYet, kRight, kWrong, kCannotBeBuilt };

struct Timing {
  std::string strategy;
  double predicted_ms = 0;  // on one core, the sum over the calls of the kernel
  Check check = Check::kNotYet;
  double ms = kUntimed;  // the sum over the calls of the kernel
};

// A kernel, which the step may call several times.
struct Tunable {
  size_t node;                     // of the first call
  std::vector<std::string> names;  // of the calls, as `bench` shows them
  std::vector<Timing> candidates;  // by predicted cost

  // What the compiler takes without tuning: the first candidate that can be built.
  const Timing& Default() const {
    const auto first = std::find_if(candidates.begin(), candidates.end(),
                                    [](const Timing& timing) { return timing.check != Check::kCannotBeBuilt; });
    return first == candidates.end() ? candidates[0] : *first;
  }

  // The strategy to take.
  const Timing& Best() const {
    const Timing& without = Default();
    const Timing* best = nullptr;
    for (const Timing& timing : candidates) {
      if (timing.check == Check::kRight && (best == nullptr || timing.ms < best->ms)) best = &timing;
    }
    if (best == nullptr) return without;
    const bool is_worthwhile = without.check == Check::kWrong || best->ms < kWorthwhileShare * without.ms;
    return is_worthwhile ? *best : without;
  }
  bool Changes() const { return &Best() != &Default(); }

  // Whether nothing more is to be found out.
  bool IsDone() const {
    return std::all_of(candidates.begin(), candidates.end(), [](const Timing& timing) {
      return timing.check != Check::kNotYet && (timing.check != Check::kRight || timing.ms != kUntimed);
    });
  }
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

  absl::StatusOr<Findings> Run(int64_t seconds, bool all) {
    codegen::CompileOptions options;
    options.worker = session_.toolchain.worker;
    options.target = target_;
    BRINE_ASSIGN_OR_RETURN(const std::vector<codegen::KernelFacts> facts, codegen::ConsiderKernels(step_, options));
    tunables_ = FindTunables(step_, facts);
    size_t rounds = 1;
    for (const auto& [signature, tunable] : tunables_) rounds = std::max(rounds, tunable.candidates.size());

    const Clock::time_point end = Clock::now() + std::chrono::seconds(seconds);
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

  // The operands of all kernels in one step on this many rows, by the name of the value.  The step is executed once, so
  // that they fit together.
  absl::StatusOr<const ir::Tensors<float>*> Operands(int64_t rows) {
    ir::Tensors<float>& operands = operands_[rows];
    if (!operands.empty()) return &operands;
    ir::Tensors<float> given = ir::DrawGiven<float>(train_, rows, ir::LeastClasses(prepared_.planned.model), 1);
    BRINE_ASSIGN_OR_RETURN(codegen::CompiledStep compiled, codegen::BuildStep(train_, BuildOptions("")));
    BRINE_ASSIGN_OR_RETURN(const ir::Tensors<float> results, compiled.Run(given, rows));
    given.insert(results.begin(), results.end());  // a kernel reads the old value of a state, which is there already
    operands = std::move(given);
    return &operands;
  }

  codegen::BuildOptions BuildOptions(const std::string& strategy) const {
    codegen::BuildOptions options;
    options.cache_folder = session_.cache.folder();
    options.target = target_;
    options.strategy = [strategy](const ir::Graph&, const ir::Node&) { return strategy; };
    return options;
  }

  // Whether the kernel by this strategy computes what the interpreter does.
  absl::StatusOr<Check> CheckCandidate(const Tunable& tunable, const std::string& strategy) {
    const ir::Node& node = step_.nodes[tunable.node];
    const ir::Graph region = codegen::CanonicalRegion(step_, node);
    const std::vector<ir::ValueId> from = codegen::KernelArguments(node),
                                   to = codegen::KernelArguments(region.nodes[0]);
    BRINE_ASSIGN_OR_RETURN(codegen::CompiledStep compiled, codegen::BuildStep(region, BuildOptions(strategy)));
    if (compiled.strategies()[0] != strategy) return Check::kCannotBeBuilt;
    for (int64_t most_rows : kCheckedRows) {
      const int64_t rows = std::min(most_rows, step_.batch_size);
      BRINE_ASSIGN_OR_RETURN(const ir::Tensors<float>* operands, Operands(rows));
      ir::Tensors<float> given;
      for (size_t argument = 0; argument < region.nodes[0].inputs.size(); ++argument)
        given[region.value(to[argument]).name] = operands->at(step_.value(from[argument]).name);
      BRINE_ASSIGN_OR_RETURN(const ir::Tensors<float> results, compiled.Run(given, rows));
      codegen::StepComparison comparison(region);
      BRINE_RETURN_IF_ERROR(comparison.Add(given, results, rows));
      if (comparison.FirstFault().empty()) return Check::kRight;
    }
    return Check::kWrong;
  }

  // Checks the candidates that the program of this round is to have.
  absl::Status CheckRound(size_t round) {
    for (auto& [signature, tunable] : tunables_) {
      if (round >= tunable.candidates.size()) continue;
      Timing& candidate = tunable.candidates[round];
      BRINE_ASSIGN_OR_RETURN(candidate.check, CheckCandidate(tunable, candidate.strategy));
      if (candidate.check == Check::kWrong)
        std::fprintf(stderr, "tune: %s by %s has wrong results and is left out; please report this\n",
                     tunable.names[0].c_str(), candidate.strategy.c_str());
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
      const bool is_right = round < tunable.candidates.size() && tunable.candidates[round].check == Check::kRight;
      return round > 0 && is_right ? tunable.candidates[round].strategy : "";
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
      std::string strategy;  // that built the kernel
      for (const std::string& name : tunable.names) {
        ms += NumberField(kernels[name], "ms");
        strategy = TextField(kernels[name], "strategy");
      }
      for (Timing& candidate : tunable.candidates) {
        if (candidate.strategy == strategy && candidate.check == Check::kRight)
          candidate.ms = std::min(candidate.ms, ms);
      }
    }
    return absl::OkStatus();
  }

  static double StepMilliseconds(const JsonObject& result) {
    const JsonValue* const step = FindField(result, "train_step_ms");
    return step == nullptr ? kUntimed : NumberField(step->struct_value(), "min");
  }

  // Times the step with the best strategies against that with the cheapest ones, and keeps them if they pay.
  absl::StatusOr<Findings> Conclude(bool all) {
    Findings findings;
    std::string& text = findings.text;
    if (all) text = Candidates();
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
      const std::string strategy = pays || tunable.Default().check == Check::kWrong ? Best(tunable) : "";
      // What an earlier tuning has found stays if this one had less time.
      if (tunable.IsDone()) findings.kept.Update(tuning.Keep(signature, strategy));
      if (strategy.empty()) continue;
      absl::StrAppendFormat(&text, "%s: %s, %.3f ms instead of %.3f by %s\n", absl::StrJoin(tunable.names, ", "),
                            strategy, tunable.Best().ms, tunable.Default().ms, tunable.Default().strategy);
    }
    if (pays)
      absl::StrAppendFormat(&text, "%d of %d kernels have another strategy; the step takes %.3f ms instead of %.3f\n",
                            changed, tunables_.size(), best_ms, cheapest_ms);
    else
      absl::StrAppendFormat(&text, "no other strategy pays in %d kernels; the step takes %.3f ms\n", tunables_.size(),
                            cheapest_ms);
    return findings;
  }

  // Each candidate with its predicted and its measured time.
  std::string Candidates() const {
    std::string text;
    for (const auto& [signature, tunable] : tunables_) {
      absl::StrAppend(&text, absl::StrJoin(tunable.names, ", "), "\n");
      for (const Timing& candidate : tunable.candidates) {
        const std::string measured = candidate.check == Check::kWrong           ? "wrong results"
                                     : candidate.check == Check::kCannotBeBuilt ? "cannot be built"
                                     : candidate.ms == kUntimed                 ? "not timed"
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
  std::map<int64_t, ir::Tensors<float>> operands_;  // see Operands; by the number of rows
  int warm_up_steps_ = kLeastWarmUpSteps;
};

}  // namespace

absl::StatusOr<Findings> Tune(const Session& session, const Prepared& prepared, const ir::Graph& train,
                              const std::string& target, int64_t seconds, bool all) {
  return Tuner(session, prepared, train, target).Run(seconds, all);
}

}  // namespace brine::cli
