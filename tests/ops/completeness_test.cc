// Tests that every row of ops.def is complete: it is documented, can be executed, is differentiable or has a reason why
// not, and has a case in op_cases.h.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "ir/kinds.h"
#include "tests/ops/op_cases.h"

namespace brine::ir {
namespace {

TEST(Completeness, EveryOpIsComplete) {
  std::set<std::string> names;
  for (const Op* op : AllOps()) {
    SCOPED_TRACE(op->name);
    EXPECT_TRUE(names.insert(op->name).second) << "two ops have this name";
    EXPECT_GE(op->doc.size(), 15u) << "doc is missing";
    EXPECT_EQ(op->doc.back(), '.') << "doc is no sentence";
    EXPECT_EQ(op->operands.empty(), op == &kConstant) << "operands are missing";
    EXPECT_FALSE(op->results.empty()) << "results are missing";
    EXPECT_EQ(KindFault(*op), "");
    EXPECT_NE(op->infer, nullptr) << "shape rule is missing";
    EXPECT_NE(op->interpret, nullptr) << "loop in double is missing";
    EXPECT_NE(op->interpret_f32, nullptr) << "loop in float is missing";
    EXPECT_NE(op->gradient == nullptr, op->not_differentiable.empty())
        << "wants a gradient or a reason why there is none, not both";
    for (const AttributeSpec& spec : op->attributes) {
      EXPECT_FALSE(spec.doc.empty()) << spec.name << " has no doc";
      EXPECT_TRUE(!spec.has_default || KindMatches(spec.kind, spec.default_value)) << spec.name;
    }
    EXPECT_EQ(FindOp(op->name), op);
  }
  EXPECT_EQ(FindOp("no_such_op"), nullptr);
}

TEST(Completeness, EveryOpHasACase) {
  std::set<const Op*> covered;
  for (const OpCase& row : OpCases()) covered.insert(row.op);
  for (const Op* op : AllOps()) EXPECT_TRUE(covered.count(op) == 1) << op->name << " has no row in op_cases.h";
}

TEST(Completeness, EveryVariadicOpHasCasesWithTheLeastNumberOfInputsAndWithMore) {
  for (const Op* op : AllOps()) {
    if (!op->variadic) continue;
    std::set<size_t> repeats;
    for (const OpCase& row : OpCases()) {
      if (row.op == op) repeats.insert(row.operands.size() - op->operands.size());
    }
    EXPECT_EQ(repeats.count(0), 1u) << op->name;
    EXPECT_GE(repeats.size(), 3u) << op->name;
  }
}

// The loops in float and in double are one template.  Their results differ by rounding, and not at all in whole
// numbers.
TEST(Completeness, FloatAgreesWithDouble) {
  for (const OpCase& row : OpCases()) {
    SCOPED_TRACE(ToString(row));
    std::vector<Tensor<float>> narrow = RandomOperands<float>(row);
    std::vector<Tensor<double>> wide = RandomOperands<double>(row);
    for (size_t i = 0; i < narrow.size(); ++i) wide[i].real.assign(narrow[i].real.begin(), narrow[i].real.end());
    Attributes attributes = row.attributes;
    for (auto& [name, value] : Attributes(row.attributes)) {  // the cases have no n: every size is a number
      if (row.op->FindAttribute(name)->kind != AttributeKind::kDims) continue;
      Ints dims = std::get<Ints>(value);
      for (int64_t& dim : dims) dim = dim == kBatch ? row.rows : dim;
      attributes.Set(name, dims);
    }
    const auto floats = Evaluate(*row.op, narrow, attributes);
    const auto doubles = Evaluate(*row.op, wide, attributes);
    ASSERT_EQ(floats.size(), doubles.size());
    for (size_t i = 0; i < floats.size(); ++i) {
      EXPECT_EQ(floats[i].integers, doubles[i].integers);
      const std::vector<double> a = Numbers(floats[i]), b = Numbers(doubles[i]);
      for (size_t k = 0; k < a.size(); ++k) ASSERT_NEAR(a[k], b[k], 2e-6 * (1 + Largest(b))) << "element " << k;
    }
  }
}

// One kernel updates the whole block of parameters.  It includes the padding between them, where all tensors are 0.
TEST(Completeness, UpdatesOfZerosAreFinite) {
  int updates = 0;
  for (const Op* op : AllOps()) {
    if (!op->is_update()) continue;
    ++updates;
    std::vector<Tensor<float>> operands, results(op->results.size(), MakeTensor<float>({DType::kF32, {1}}, 1));
    for (size_t operand = 0; operand < op->operands.size(); ++operand) {
      const bool tensor = operand < TensorOperands(*op);
      operands.push_back(MakeTensor<float>({DType::kF32, tensor ? Shape{1} : Shape{}}, 1));
      operands.back().real[0] = tensor ? 0 : 1e-7f;
    }
    std::vector<const Tensor<float>*> inputs;
    for (const Tensor<float>& operand : operands) inputs.push_back(&operand);
    Attributes attributes;
    EXPECT_TRUE(CompleteAttributes(*op, attributes).ok());
    op->interpret_f32({inputs, absl::MakeSpan(results), attributes});
    for (const Tensor<float>& result : results) EXPECT_TRUE(std::isfinite(result.real[0])) << op->name;
  }
  EXPECT_GT(updates, 0);
}

TEST(Completeness, FlopsGrowWithTheRows) {
  for (const OpCase& row : OpCases()) {
    if (row.op->flops == nullptr) continue;
    SCOPED_TRACE(ToString(row));
    std::vector<Type> types;
    for (const Operand& operand : row.operands) types.push_back(operand.type);
    const Attributes attributes = Completed(*row.op, row.attributes);
    const std::vector<Type> outputs = InferTypes(*row.op, types, attributes).value();
    const int64_t one = row.op->flops({types, attributes}, outputs, 1),
                  five = row.op->flops({types, attributes}, outputs, 5);
    EXPECT_GT(one, 0);
    bool batched = false;
    for (const Type& type : types) batched |= !type.shape.empty() && type.shape[0] == kBatch;
    for (const Type& type : outputs) batched |= !type.shape.empty() && type.shape[0] == kBatch;
    EXPECT_EQ(five, batched ? 5 * one : one);
  }
}

}  // namespace
}  // namespace brine::ir
