#include "codegen/halide/strategies.h"

#include <algorithm>
#include <limits>

#include "codegen/halide/conv/depthwise.h"
#include "codegen/halide/conv/direct.h"
#include "codegen/halide/conv/direct_weight_grad.h"
#include "codegen/halide/conv/phases.h"
#include "codegen/halide/conv/pixel_weight_grad.h"
#include "codegen/halide/conv/pixels.h"
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
    {&ir::kConvolutionForm, "winograd", CanWinograd, CostWinograd, BuildWinograd, true},
    {&ir::kConvolutionForm, "winograd-rows", CanWinogradRows, CostWinogradRows, BuildWinogradRows, true},
    {&ir::kConvolutionForm, "sparse", CanSparseConv, CostSparseConv, BuildSparseConv},
    {&ir::kConvolutionForm, "direct", CanDirect, CostDirect, BuildDirect, true},
    {&ir::kConvolutionForm, "direct-packed", CanDirectPacked, CostDirectPacked, BuildDirectPacked},
    {&ir::kConvolutionForm, "pixels", CanPixels, CostPixels, BuildPixels},
    {&ir::kConvolutionForm, "depthwise", CanDepthwise, CostDepthwise, BuildDepthwise, true},
    {&ir::kConvolutionForm, "phases", CanPhases, CostPhases, BuildPhases, true},

    {&ir::kConvolutionInputGradForm, "winograd", CanWinograd, CostWinograd, BuildWinograd},
    {&ir::kConvolutionInputGradForm, "sparse", CanSparseInputGrad, CostSparseInputGrad, BuildSparseInputGrad},
    {&ir::kConvolutionInputGradForm, "sparse-taps", CanSparseConv, CostSparseConv, BuildSparseConv},
    {&ir::kConvolutionInputGradForm, "direct", CanDirectInputGrad, CostDirectInputGrad, BuildDirectInputGrad},
    {&ir::kConvolutionInputGradForm, "pixels", CanPixels, CostPixels, BuildPixels},
    {&ir::kConvolutionInputGradForm, "depthwise", CanDepthwise, CostDepthwise, BuildDepthwise},
    {&ir::kConvolutionInputGradForm, "phases", CanPhases, CostPhases, BuildPhases},

    {&ir::kConvolutionWeightGradForm, "winograd", CanWinogradWeightGrad, CostWinogradWeightGrad,
     BuildWinogradWeightGrad},
    {&ir::kConvolutionWeightGradForm, "sparse", CanSparseWeightGrad, CostSparseWeightGrad, BuildSparseWeightGrad},
    {&ir::kConvolutionWeightGradForm, "direct", CanDirectWeightGrad, CostDirectWeightGrad, BuildDirectWeightGrad},
    {&ir::kConvolutionWeightGradForm, "pixels", CanPixelWeightGrad, CostPixelWeightGrad, BuildPixelWeightGrad},
    {&ir::kConvolutionWeightGradForm, "depthwise", CanDepthwiseWeightGrad, CostDepthwiseWeightGrad,
     BuildDepthwiseWeightGrad},
    {&ir::kConvolutionWeightGradForm, "phases", CanPhases, CostPhases, BuildPhases},

    {&ir::kMatrixProductForm, "split-depth", CanSplitDepth, CostSplitDepth, BuildSplitDepth},
    {&ir::kMatrixProductForm, "split-depth-sparse", CanSplitDepthSparse, CostSplitDepthSparse, BuildSplitDepthSparse},
    {&ir::kMatrixProductForm, "sparse", CanSparse, CostSparse, BuildSparse},
    {&ir::kMatrixProductForm, "sparse-right", CanSparseRight, CostSparseRight, BuildSparseRight},
    {&ir::kMatrixProductForm, "dots", CanDots, CostDots, BuildDots},
    {&ir::kMatrixProductForm, "masked-dots", CanMaskedDots, CostMaskedDots, BuildMaskedDots},

    {nullptr, "generic-split-depth", CanGenericSplitDepth, CostGenericSplitDepth, BuildGenericSplitDepth},
    {nullptr, "generic", CanGeneric, CostGeneric, BuildGeneric},
};

std::vector<Strategy>& Table() {
  static std::vector<Strategy>* const table = new std::vector<Strategy>(std::begin(kStrategies), std::end(kStrategies));
  return *table;
}

// Why a strategy cannot build a kernel for the pool that follows its hero.  Those for any kernel build any pool.
std::string PoolReason(const Strategy& strategy, const KernelSpec& spec) {
  if (spec.pool == nullptr || strategy.form == nullptr) return "";
  if (!strategy.pools || FindAlgorithm(*spec.pool->op).pool == nullptr) return "it is followed by a pool";
  return NeedsTiles(*spec.pool);
}

}  // namespace

absl::Span<const Strategy> AllStrategies() { return Table(); }

void AddStrategy(const Strategy& strategy) { Table().insert(Table().end() - 1, strategy); }

std::vector<Candidate> Candidates(const KernelSpec& spec, const Machine& machine, absl::string_view forced) {
  KernelSpec twice = spec;  // with twice as many nonzero elements
  twice.nonzero_share *= 2;
  std::vector<Candidate> candidates;
  for (const Strategy& strategy : AllStrategies()) {
    if (strategy.form != nullptr && (spec.hero == nullptr || spec.hero->op->form != strategy.form)) continue;
    Candidate candidate = {&strategy, PoolReason(strategy, spec)};
    if (candidate.reason.empty()) candidate.reason = strategy.can(spec, machine);
    // Strategies for any kernel are not listed where they do not apply.
    if (strategy.form == nullptr && !candidate.reason.empty()) continue;
    if (candidate.reason.empty()) {
      candidate.milliseconds = Milliseconds(strategy.cost(spec, machine), machine);
      candidate.nonzero_milliseconds =
          (Milliseconds(strategy.cost(twice, machine), machine) - candidate.milliseconds) / spec.nonzero_share;
    }
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
