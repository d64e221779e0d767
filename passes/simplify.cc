#include "passes/simplify.h"

#include <algorithm>
#include <vector>

#include "ir/kinds.h"

namespace brine::passes {
namespace {

using ir::Node;
using ir::Shape;
using ir::ValueId;

bool IsConstant(const Rewriter& rewriter, size_t operand, double number) {
  const Node* const node = rewriter.Producer(rewriter.node().inputs[operand], ir::kConstant);
  if (node == nullptr) return false;
  const std::vector<double>& values = ir::SourceValues(*node);
  return values.size() == 1 && values[0] == number;
}

// f(…) = x
void ReplaceBy(Rewriter& rewriter, ValueId x) {
  const ValueId result = rewriter.node().outputs[0];
  if (rewriter.type(x) == rewriter.type(result)) rewriter.Replace(result, x);
}

template <int number>
void DropRight(Rewriter& rewriter) {
  if (IsConstant(rewriter, 1, number)) ReplaceBy(rewriter, rewriter.node().inputs[0]);
}

template <int number>
void DropEither(Rewriter& rewriter) {
  DropRight<number>(rewriter);
  if (IsConstant(rewriter, 0, number)) ReplaceBy(rewriter, rewriter.node().inputs[1]);
}

void NegNeg(Rewriter& rewriter) {
  const Node* const inner = rewriter.Producer(rewriter.node().inputs[0], ir::kNeg);
  if (inner != nullptr) ReplaceBy(rewriter, inner->inputs[0]);
}

void ReshapeReshape(Rewriter& rewriter) {
  const Node* const inner = rewriter.Producer(rewriter.node().inputs[0], ir::kReshape);
  if (inner != nullptr) rewriter.SetInput(0, inner->inputs[0]);
}

void ReplaceByOperand(Rewriter& rewriter) { ReplaceBy(rewriter, rewriter.node().inputs[0]); }

// The shape without its leading extents of 1.
Shape WithoutLeadingOnes(const Shape& shape) {
  return Shape(std::find_if(shape.begin(), shape.end(), [](ir::Dim dim) { return dim != 1; }), shape.end());
}

void BroadcastReshape(Rewriter& rewriter) {
  const Node* const reshape = rewriter.Producer(rewriter.node().inputs[0], ir::kReshape);
  if (reshape == nullptr) return;
  const ValueId x = reshape->inputs[0];
  const Shape &before = rewriter.type(x).shape, &after = rewriter.type(rewriter.node().inputs[0]).shape;
  const bool fits = before.size() <= rewriter.type(rewriter.node().outputs[0]).shape.size();
  if (fits && WithoutLeadingOnes(before) == WithoutLeadingOnes(after)) rewriter.SetInput(0, x);
}

// Whether the visited node's result would have the same type if operand `index` were `value`.
bool KeepsTypeWith(const Rewriter& rewriter, size_t index, ValueId value) {
  std::vector<ir::Type> types;
  for (ValueId input : rewriter.node().inputs) types.push_back(rewriter.type(input));
  types[index] = rewriter.type(value);
  const auto results = ir::InferTypes(*rewriter.node().op, types, rewriter.node().attributes);
  return results.ok() && (*results)[0] == rewriter.type(rewriter.node().outputs[0]);
}

void SkipBroadcast(Rewriter& rewriter) {
  if (rewriter.node().op->kind != ir::OpKind::kElementwise) return;
  for (size_t index = 0; index < rewriter.node().inputs.size(); ++index) {
    const Node* const broadcast = rewriter.Producer(rewriter.node().inputs[index], ir::kBroadcast);
    if (broadcast == nullptr) continue;
    if (KeepsTypeWith(rewriter, index, broadcast->inputs[0])) rewriter.SetInput(index, broadcast->inputs[0]);
  }
}

void SumOfPoolGrad(Rewriter& rewriter) {
  const Node* const pool = rewriter.Producer(rewriter.node().inputs[0]);
  if (pool == nullptr || !pool->op->keeps_pixel_sums || !ir::SumsPixels(rewriter.node())) return;
  if (!rewriter.node().attributes.Bool("keep_dims")) rewriter.SetInput(0, pool->inputs[0]);
}

// The operand s without its extents along the axes of a sum; kNoValue if it varies along one of them.  Trailing axes of
// s are aligned with those of the summed value, which has `rank`.
ValueId WithoutSummedAxes(Rewriter& rewriter, ValueId s, const std::vector<int64_t>& axes, size_t rank) {
  const Shape from = rewriter.type(s).shape;
  Shape kept;
  for (size_t axis = 0; axis < from.size(); ++axis) {
    const int64_t of_sum = static_cast<int64_t>(axis + rank - from.size());
    if (!std::binary_search(axes.begin(), axes.end(), of_sum))
      kept.push_back(from[axis]);
    else if (from[axis] != 1)
      return ir::kNoValue;
  }
  return kept == from ? s : rewriter.Emit(ir::kReshape, {s}, {{"shape", kept}});
}

void SumOfScaled(Rewriter& rewriter) {
  const ir::Attributes attributes = rewriter.node().attributes;
  const Node* const scaled = rewriter.Producer(rewriter.node().inputs[0]);
  if (scaled == nullptr || (scaled->op != &ir::kMul && scaled->op != &ir::kDiv)) return;
  const ValueId x = scaled->inputs[0], s = scaled->inputs[1];
  const Shape& shape = rewriter.type(scaled->outputs[0]).shape;
  if (attributes.Bool("keep_dims") || rewriter.type(x).shape != shape || rewriter.type(s).shape == shape) return;
  const ValueId factor = WithoutSummedAxes(rewriter, s, attributes.Ints("axes"), shape.size());
  if (factor == ir::kNoValue) return;
  const ir::Op& op = *scaled->op;
  rewriter.ReplaceWith(op, {rewriter.Emit(ir::kReduceSum, {x}, attributes), factor});
}

void MaskBeforeView(Rewriter& rewriter) {
  const Node* const view = rewriter.Producer(rewriter.node().inputs[0], ir::kReshape);
  if (view == nullptr) return;
  const ValueId dy = view->inputs[0];
  const ValueId y = rewriter.Emit(ir::kReshape, {rewriter.node().inputs[1]}, {{"shape", rewriter.type(dy).shape}});
  const ValueId masked = rewriter.Emit(ir::kReluGrad, {dy, y});
  rewriter.ReplaceWith(ir::kReshape, {masked}, view->attributes);
}

constexpr const char* kOwnShape = "to x's own shape";

constexpr RewriteRule kRules[] = {
    {"add-zero", "x + 0 = 0 + x = x", "", &ir::kAdd, DropEither<0>},
    {"sub-zero", "x − 0 = x", "", &ir::kSub, DropRight<0>},
    {"mul-one", "x·1 = 1·x = x", "", &ir::kMul, DropEither<1>},
    {"div-one", "x / 1 = x", "", &ir::kDiv, DropRight<1>},
    {"neg-neg", "−(−x) = x", "", &ir::kNeg, NegNeg},
    {"reshape-reshape", "reshape(reshape(x)) = reshape(x)", "", &ir::kReshape, ReshapeReshape},
    {"reshape-same", "reshape(x) = x", kOwnShape, &ir::kReshape, ReplaceByOperand},
    {"broadcast-reshape", "broadcast(reshape(x)) = broadcast(x)",
     "where the reshape adds or removes leading axes of extent 1", &ir::kBroadcast, BroadcastReshape},
    {"broadcast-same", "broadcast(x) = x", kOwnShape, &ir::kBroadcast, ReplaceByOperand},
    {"concatenate-one", "concatenate(x) = x", "", &ir::kConcatenate, ReplaceByOperand},
    {"slice-same", "slice(x) = x", kOwnShape, &ir::kSlice, ReplaceByOperand},
    {"pad-same", "pad(x) = x", kOwnShape, &ir::kPad, ReplaceByOperand},
    {"skip-broadcast", "f(a, broadcast(x)) = f(a, x)",
     "for elementwise f with broadcasting, where the other operands give the result its shape", nullptr, SkipBroadcast},
    {"sum-of-pool-grad", "Σ pool_grad(dy) = Σ dy",
     "over axes 1, 2 and perhaps others: all of dy arrives in its own image", &ir::kReduceSum, SumOfPoolGrad},
    {"sum-of-scaled", "Σ (x·s) = (Σ x)·s and Σ (x / s) = (Σ x) / s", "where s is the same all along the summed axes",
     &ir::kReduceSum, SumOfScaled},
    {"stop-gradient", "stop_gradient(x) = x", "", &ir::kStopGradient, ReplaceByOperand},
    {"mask-before-view", "relu_grad(reshape(dy), y) = reshape(relu_grad(dy, reshape(y)))", "", &ir::kReluGrad,
     MaskBeforeView},
};

}  // namespace

absl::Span<const RewriteRule> SimplifyRules() { return kRules; }

absl::StatusOr<bool> Simplify(ir::Graph& graph) { return ApplyRules(graph, SimplifyRules()); }

}  // namespace brine::passes
