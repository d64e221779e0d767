// Tests what ir/kinds.h reads of a node by the kind and traits of its op, and that KindFault finds ops that lack it.
#include "ir/kinds.h"

#include <gtest/gtest.h>

#include "tests/ops/op_cases.h"

namespace brine::ir {
namespace {

// Reads all that the kind and traits of the node's op promise.  A promise that does not hold ends the program.
void ReadAll(const Node& node) {
  const Op& op = *node.op;
  if (op.is_source()) SourceValues(node);
  if (op.kind == OpKind::kWindow || op.kind == OpKind::kWindowGrad) PoolWindow(node);
  if (IsConvolution(op)) ConvolutionWindow(node, {3, 3, 4, 8}), ConvolutionGroups(node);
  ReducedAxes(node), SumsPixels(node), TransposesOf(node);
}

TEST(Kinds, EveryAttributeThatIsReadIsRequired) {
  int demands = 0;
  for (const OpCase& row : OpCases()) {
    SCOPED_TRACE(ToString(row));
    const Attributes all = Completed(*row.op, row.attributes);
    for (size_t missing = 0; missing <= row.op->attributes.size(); ++missing) {
      Op op = *row.op;
      if (missing < op.attributes.size()) op.attributes.erase(op.attributes.begin() + static_cast<int>(missing));
      if (!KindFault(op).empty()) {
        ++demands;
        continue;
      }
      Node node;
      node.op = &op;
      for (const auto& [name, value] : all) {
        if (op.FindAttribute(name) != nullptr) node.attributes.Set(name, value);
      }
      ReadAll(node);
    }
  }
  EXPECT_GT(demands, 10);
}

TEST(Kinds, FaultsOfAnOpAreNamed) {
  Op pool = kMaxPool;
  pool.attributes[1].name = "padding";
  EXPECT_EQ(KindFault(pool), "it lacks the attribute pads");
  Op product = kMatmul;
  product.attributes[0].kind = AttributeKind::kInt;
  EXPECT_EQ(KindFault(product), "its attribute transpose_a has the wrong kind");
  product = kMatmul;
  product.operands.push_back("c");
  EXPECT_EQ(KindFault(product), "a contraction has two operands");
  product = kMatmul;
  product.kind = OpKind::kGather;
  EXPECT_EQ(KindFault(product), "an op with a form is a contraction");
  product = kMatmul;
  product.results.push_back("z");
  EXPECT_EQ(KindFault(product), "a contraction has one result");
  product = kMatmul;
  product.flops = nullptr;
  EXPECT_EQ(KindFault(product), "a contraction counts its floating-point operations");
  pool = kMaxPool;
  pool.operands.push_back("mask");
  EXPECT_EQ(KindFault(pool), "a pool has one operand");
  Op sum = kReduceSum;
  sum.kind = OpKind::kGather;
  EXPECT_EQ(KindFault(sum), "an op that reduces axes is a reduction");
  sum.reduces_axes = false;
  EXPECT_EQ(KindFault(sum), "a sum reduces axes to one result");
  Op gradient = kMaxPoolGrad;
  gradient.argmax_operand = 2;
  EXPECT_EQ(KindFault(gradient), "an argmax is an operand of a pool's gradient");
  sum = kReduceSum;
  sum.operands.push_back("mean");
  EXPECT_EQ(KindFault(sum), "an op that reduces axes has one operand");
  Op both = kAdd;
  both.results.push_back("z");
  EXPECT_EQ(KindFault(both), "an elementwise op has one result");
  Op mask = kRelu;
  mask.selects_positive = true;
  EXPECT_EQ(KindFault(mask), "an op that selects by a second operand is elementwise in two");
  EXPECT_EQ(KindFault(Op{}), "it has no kind");
}

TEST(Kinds, TheOperandsOfAnUpdateAreInOrder) {
  EXPECT_EQ(kAdam.operands[OperandReplacedBy(0)], "p");
  EXPECT_EQ(kAdam.operands[kGradientOperand], "g");
  EXPECT_EQ(kAdam.operands[OperandReplacedBy(2)], "v");
  EXPECT_EQ(kAdam.operands[TensorOperands(kAdam)], "rate");
  EXPECT_EQ(TensorOperands(kSgd), 2u);
  const std::vector<ValueId> operands =
      UpdateOperands(ValueId(7), ValueId(3), {ValueId(5), ValueId(4)}, {ValueId(9), ValueId(8)});
  EXPECT_EQ(operands, (std::vector<ValueId>{ValueId(7), ValueId(3), ValueId(5), ValueId(4), ValueId(9), ValueId(8)}));

  constexpr char kFault[] =
      "an update's operands are p, g, slots and scalars, its results p and the slots, by the same names";
  Op update = kAdam;
  std::swap(update.results[1], update.results[2]);
  EXPECT_EQ(KindFault(update), kFault);
  update = kMomentum;
  std::swap(update.operands[1], update.operands[2]);
  EXPECT_EQ(KindFault(update), kFault);
}

Node PoolOf(Ints size, Ints strides, Ints pads) {
  Node node;
  node.op = &kMaxPool;
  node.attributes = {{"window", size}, {"strides", strides}, {"pads", pads}};
  return node;
}

TEST(Kinds, WindowsThatTileTheImage) {
  EXPECT_TRUE(PoolWindow(PoolOf({2, 3}, {2, 3}, {0, 0, 0, 0})).tiles());
  EXPECT_FALSE(PoolWindow(PoolOf({2, 3}, {2, 2}, {0, 0, 0, 0})).tiles());
  EXPECT_FALSE(PoolWindow(PoolOf({2, 3}, {3, 3}, {0, 0, 0, 0})).tiles());
  EXPECT_FALSE(PoolWindow(PoolOf({2, 3}, {2, 3}, {0, 0, 0, 1})).tiles());
}

TEST(Kinds, PadsAreThoseOfTopLeftBottomAndRight) {
  const Window window = PoolWindow(PoolOf({5, 6}, {1, 2}, {1, 2, 3, 4}));
  EXPECT_EQ(window.before[0], 1);
  EXPECT_EQ(window.before[1], 2);
  EXPECT_EQ(window.after[0], 3);
  EXPECT_EQ(window.after[1], 4);
  EXPECT_EQ(window.stride[1], 2);
  EXPECT_EQ(window.extent(1), 6);
  EXPECT_TRUE(window.is_padded());
}

TEST(Kinds, ASumOverPixelsNamesBothAxesOfTheImage) {
  Node node;
  node.op = &kReduceSum;
  for (const auto& [axes, pixels] : {std::pair(Ints{1, 2}, true), std::pair(Ints{0, 1, 2}, true),
                                     std::pair(Ints{0, 1}, false), std::pair(Ints{3}, false)}) {
    node.attributes.Set("axes", axes);
    EXPECT_EQ(SumsPixels(node), pixels) << axes.size();
  }
  Op squares = kReduceSum;
  squares.sum = false;
  node.op = &squares;
  node.attributes.Set("axes", Ints{1, 2});
  EXPECT_EQ(*ReducedAxes(node), (Ints{1, 2}));
  EXPECT_FALSE(SumsPixels(node));
  node.op = &kSoftmax;
  EXPECT_EQ(ReducedAxes(node), nullptr);
}

}  // namespace
}  // namespace brine::ir
