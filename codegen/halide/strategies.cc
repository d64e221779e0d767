#include "codegen/halide/strategies.h"

#include <algorithm>
#include <limits>

#include "codegen/halide/conv/direct.h"
#include "codegen/halide/conv/direct_weight_grad.h"
#include "codegen/halide/conv/sparse.h"
#include "codegen/halide/conv/sparse_input_grad.h"
#include "codegen/halide/conv/sparse_weight_grad.h"
#include "codegen/halide/conv/winograd.h"
#include "codegen/halide/conv/winograd_rows.h"
#include "codegen/halide/conv/winograd_weight_grad.h"
#include "codegen/halide/images.h"
#include "codegen/halide/loop/generic.h"
#include "codegen/halide/matmul/problem.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

constexpr Strategy kStrategies[] = {
    {&ir::kConv2D, "winograd", CanWinograd, CostWinograd, BuildWinograd, true},
    {&ir::kConv2D, "winograd-rows", CanWinogradRows, CostWinogradRows, BuildWinogradRows, true},
    {&ir::kConv2D, "sparse", CanSparseConv, CostSparseConv, BuildSparseConv},
    {&ir::kConv2D, "direct", CanDirect, CostDirect, BuildDirect, true},
    {&ir::kConv2D, "direct-packed", CanDirectPacked, CostDirectPacked, BuildDirectPacked},

    {&ir::kConv2DInputGrad, "winograd", CanWinograd, CostWinograd, BuildWinograd},
    {&ir::kConv2DInputGrad, "sparse", CanSparseInputGrad, CostSparseInputGrad, BuildSparseInputGrad},
    {&ir::kConv2DInputGrad, "sparse-taps", CanSparseConv, CostSparseConv, BuildSparseConv},
    {&ir::kConv2DInputGrad, "direct", CanDirectInputGrad, CostDirectInputGrad, BuildDirectInputGrad},

    {&ir::kConv2DWeightGrad, "winograd", CanWinogradWeightGrad, CostWinogradWeightGrad, BuildWinogradWeightGrad},
    {&ir::kConv2DWeightGrad, "sparse", CanSparseWeightGrad, CostSparseWeightGrad, BuildSparseWeightGrad},
    {&ir::kConv2DWeightGrad, "direct", CanDirectWeightGrad, CostDirectWeightGrad, BuildDirectWeightGrad},

    {&ir::kMatmul, "split-depth", CanSplitDepth, CostSplitDepth, BuildSplitDepth},
    {&ir::kMatmul, "split-depth-sparse", CanSplitDepthSparse, CostSplitDepthSparse, BuildSplitDepthSparse},
    {&ir::kMatmul, "sparse", CanSparse, CostSparse, BuildSparse},
    {&ir::kMatmul, "sparse-right", CanSparseRight, CostSparseRight, BuildSparseRight},
    {&ir::kMatmul, "dots", CanDots, CostDots, BuildDots},
    {&ir::kMatmul, "masked-dots", CanMaskedDots, CostMaskedDots, BuildMaskedDots},

    {nullptr, "generic", CanGeneric, CostGeneric, BuildGeneric},
};

std::vector<Strategy>& Table() {
  static std::vector<Strategy>* const table = new std::vector<Strategy>(std::begin(kStrategies), std::end(kStrategies));
  return *table;
}

// Why a strategy cannot build a kernel for the pool that follows its hero.  *generic* builds any.
std::string PoolReason(const Strategy& strategy, const KernelSpec& spec) {
  if (spec.pool == nullptr || strategy.hero == nullptr) return "";
  if (!strategy.pools || FindAlgorithm(*spec.pool->op).pool == nullptr) return "it is followed by a pool";
  return NeedsTiles(*spec.pool);
}

}  // namespace

absl::Span<const Strategy> AllStrategies() { return Table(); }

void AddStrategy(const Strategy& strategy) { Table().insert(Table().end() - 1, strategy); }

std::vector<Candidate> Candidates(const KernelSpec& spec, const Machine& machine, absl::string_view forced) {
  std::vector<Candidate> candidates;
  for (const Strategy& strategy : AllStrategies()) {
    if (strategy.hero != nullptr && (spec.hero == nullptr || spec.hero->op != strategy.hero)) continue;
    Candidate candidate = {&strategy, PoolReason(strategy, spec)};
    if (candidate.reason.empty()) candidate.reason = strategy.can(spec, machine);
    if (candidate.reason.empty()) candidate.milliseconds = Milliseconds(strategy.cost(spec, machine), machine);
    candidates.push_back(std::move(candidate));
  }
  const auto rank = [&](const Candidate& candidate) {
    if (!candidate.reason.empty()) return std::numeric_limits<double>::infinity();
    return forced == candidate.strategy->name ? -1 : candidate.milliseconds;
  };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const Candidate& a, const Candidate& b) { return rank(a) < rank(b); });
  return candidates;
}

}  // namespace brine::codegen
