#include "passes/simplify.h"

#include <algorithm>
#include <vector>

#include "ir/kinds.h"

namespace brine::passes {
namespace {

using ir::Node;
using ir::Shape;
using ir::ValueId;

bool IsConstant(const Rewriter& at, size_t operand, double number) {
  const Node* const node = at.Maker(at.node().inputs[operand], ir::kConstant);
  if (node == nullptr) return false;
  const std::vector<double>& values = ir::SourceValues(*node);
  return values.size() == 1 && values[0] == number;
}

// f(…) = x
void ReplaceBy(Rewriter& at, ValueId x) {
  const ValueId result = at.node().outputs[0];
  if (at.type(x) == at.type(result)) at.Replace(result, x);
}

template <int number>
void DropRight(Rewriter& at) {
  if (IsConstant(at, 1, number)) ReplaceBy(at, at.node().inputs[0]);
}

template <int number>
void DropEither(Rewriter& at) {
  DropRight<number>(at);
  if (IsConstant(at, 0, number)) ReplaceBy(at, at.node().inputs[1]);
}

void NegNeg(Rewriter& at) {
  const Node* const inner = at.Maker(at.node().inputs[0], ir::kNeg);
  if (inner != nullptr) ReplaceBy(at, inner->inputs[0]);
}

void ReshapeReshape(Rewriter& at) {
  const Node* const inner = at.Maker(at.node().inputs[0], ir::kReshape);
  if (inner != nullptr) at.SetInput(0, inner->inputs[0]);
}

void Same(Rewriter& at) { ReplaceBy(at, at.node().inputs[0]); }

// The shape without its leading extents of 1.
Shape Core(const Shape& shape) {
  return Shape(std::find_if(shape.begin(), shape.end(), [](ir::Dim dim) { return dim != 1; }), shape.end());
}

void BroadcastReshape(Rewriter& at) {
  const Node* const reshape = at.Maker(at.node().inputs[0], ir::kReshape);
  if (reshape == nullptr) return;
  const ValueId x = reshape->inputs[0];
  const Shape &before = at.type(x).shape, &after = at.type(at.node().inputs[0]).shape;
  const bool fits = before.size() <= at.type(at.node().outputs[0]).shape.size();
  if (fits && Core(before) == Core(after)) at.SetInput(0, x);
}

// Whether the visited node's result would have the same type if operand `index` were `value`.
bool TakesInstead(const Rewriter& at, size_t index, ValueId value) {
  std::vector<ir::Type> types;
  for (ValueId input : at.node().inputs) types.push_back(at.type(input));
  types[index] = at.type(value);
  const auto results = ir::InferTypes(*at.node().op, types, at.node().attributes);
  return results.ok() && (*results)[0] == at.type(at.node().outputs[0]);
}

void SkipBroadcast(Rewriter& at) {
  if (at.node().op->kind != ir::OpKind::kElementwise || at.node().inputs.size() != 2) return;
  const Shape& result = at.type(at.node().outputs[0]).shape;
  for (size_t index = 0; index < 2; ++index) {
    const Node* const broadcast = at.Maker(at.node().inputs[index], ir::kBroadcast);
    if (broadcast == nullptr || at.type(at.node().inputs[1 - index]).shape != result) continue;
    if (TakesInstead(at, index, broadcast->inputs[0])) at.SetInput(index, broadcast->inputs[0]);
  }
}

void SumOfPoolGrad(Rewriter& at) {
  const Node* const pool = at.Maker(at.node().inputs[0]);
  if (pool == nullptr || (pool->op != &ir::kMaxPoolGrad && pool->op != &ir::kAvgPoolGrad)) return;
  if (ir::SumsPixels(at.node()) && !at.node().attributes.Bool("keep_dims")) at.SetInput(0, pool->inputs[0]);
}

void MaskBeforeView(Rewriter& at) {
  const Node* const view = at.Maker(at.node().inputs[0], ir::kReshape);
  if (view == nullptr) return;
  const ValueId dy = view->inputs[0];
  const ValueId y = at.Emit(ir::kReshape, {at.node().inputs[1]}, {{"shape", at.type(dy).shape}});
  const ValueId masked = at.Emit(ir::kReluGrad, {dy, y});
  at.Become(ir::kReshape, {masked}, view->attributes);
}

constexpr const char* kOwnShape = "to x's own shape";

constexpr RewriteRule kRules[] = {
    {"add-zero", "x + 0 = 0 + x = x", "", &ir::kAdd, DropEither<0>},
    {"sub-zero", "x − 0 = x", "", &ir::kSub, DropRight<0>},
    {"mul-one", "x·1 = 1·x = x", "", &ir::kMul, DropEither<1>},
    {"div-one", "x / 1 = x", "", &ir::kDiv, DropRight<1>},
    {"neg-neg", "−(−x) = x", "", &ir::kNeg, NegNeg},
    {"reshape-reshape", "reshape(reshape(x)) = reshape(x)", "", &ir::kReshape, ReshapeReshape},
    {"reshape-same", "reshape(x) = x", kOwnShape, &ir::kReshape, Same},
    {"broadcast-reshape", "broadcast(reshape(x)) = broadcast(x)",
     "where the reshape adds or removes leading axes of extent 1", &ir::kBroadcast, BroadcastReshape},
    {"broadcast-same", "broadcast(x) = x", kOwnShape, &ir::kBroadcast, Same},
    {"concatenate-one", "concatenate(x) = x", "", &ir::kConcatenate, Same},
    {"slice-same", "slice(x) = x", kOwnShape, &ir::kSlice, Same},
    {"skip-broadcast", "f(a, broadcast(x)) = f(a, x)",
     "for elementwise f with broadcasting, where a has the result's shape", nullptr, SkipBroadcast},
    {"sum-of-pool-grad", "Σ pool_grad(dy) = Σ dy",
     "over axes 1, 2 and perhaps others: all of dy arrives in its own image", &ir::kReduceSum, SumOfPoolGrad},
    {"mask-before-view", "relu_grad(reshape(dy), y) = reshape(relu_grad(dy, reshape(y)))", "", &ir::kReluGrad,
     MaskBeforeView},
};

}  // namespace

absl::Span<const RewriteRule> SimplifyRules() { return kRules; }

absl::StatusOr<bool> Simplify(ir::Graph& graph) { return ApplyRules(graph, SimplifyRules()); }

}  // namespace brine::passes
