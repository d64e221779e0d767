// Every op by the strategy *generic* against the interpreter, on the cases of the op tests (odd sizes, odd windows) and
// on larger ones that fill vectors and register tiles unevenly.  All cases are one graph, so that workers compile them
// in parallel.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "ir/op.h"
#include "tests/kernel/compare.h"
#include "tests/ops/op_cases.h"

namespace brine::codegen {
namespace {

constexpr int64_t kBatchSize = 5;
constexpr int kDraws = 16;

std::vector<ir::OpCase> LargeCases() {
  using namespace ir;
  const Operand seed("u32[2]", Domain::kWords), step("u32[2]", Domain::kSmall), scalar("f32[]", Domain::kPositive),
      share("f32[]", Domain::kShare);
  return {
      {&kAdd, {"f32[n,7,11,3]", "f32[3]"}},
      {&kMul, {"f32[n,7,11,3]", "f32[n,7,11,3]"}},
      {&kCast, {"u8[n,13,17,3]"}, {{"to", "f32"}}},
      {&kExp, {"f32[n,1031]"}},
      {&kLog, {{"f32[n,1031]", Domain::kPositive}}},
      {&kSqrt, {{"f32[n,1031]", Domain::kPositive}}},
      {&kErf, {"f32[n,1031]"}},
      {&kElu, {"f32[n,1031]", scalar}},
      {&kSoftplus, {"f32[n,1031]"}},
      {&kSelect, {"f32[n,7,11,3]", "f32[n,7,11,3]", "f32[3]"}},
      {&kMaximum, {"f32[n,7,11,3]", "f32[n,1,1,3]"}},
      {&kTanh, {"f32[n,1031]"}},
      {&kSigmoid, {"f32[n,1031]"}},
      {&kConcatenate, {"f32[n,7,11,3]", "f32[n,7,11,16]", "f32[n,7,11,33]"}, {{"axis", int64_t{3}}}},
      {&kConcatenate, {"f32[n,5,67]", "f32[n,18,67]"}, {{"axis", int64_t{1}}}},
      {&kSlice, {"f32[n,7,11,52]"}, {{"begin", Ints{0, 0, 0, 3}}, {"shape", Ints{kBatch, 7, 11, 33}}}},
      {&kSlice, {"f32[n,23,67]"}, {{"begin", Ints{0, 5, 0}}, {"shape", Ints{kBatch, 18, 67}}}},
      {&kPad, {"f32[n,9,11,19]"}, {{"begin", Ints{0, 2, 0, 0}}, {"shape", Ints{kBatch, 12, 13, 19}}}},
      {&kPad, {"f32[n,17,19,3]"}, {{"begin", Ints{0, 1, 1, 0}}, {"shape", Ints{kBatch, 19, 21, 3}}}},
      {&kResize, {"f32[n,9,11,19]"}, {{"axis", int64_t{1}}, {"size", int64_t{18}}}},
      {&kResize, {"f32[n,9,21,19]"}, {{"axis", int64_t{2}}, {"size", int64_t{8}}}},
      {&kResize, {"f32[n,9,11,16]"}, {{"axis", int64_t{2}}, {"size", int64_t{33}}, {"interpolation", "nearest"}}},
      {&kResizeGrad, {"f32[n,18,11,19]"}, {{"axis", int64_t{1}}, {"extent", int64_t{9}}}},
      {&kResizeGrad, {"f32[n,9,8,19]"}, {{"axis", int64_t{2}}, {"extent", int64_t{21}}}},
      {&kResizeGrad, {"f32[n,3,131,16]"}, {{"axis", int64_t{2}}, {"extent", int64_t{7}}}},
      {&kAffineTransform, {"f32[n,17,9,3]", "f32[n,6]"}, {{"size", Ints{11, 13}}}},
      {&kAffineTransform,
       {"f32[n,17,9,19]", "f32[n,6]"},
       {{"size", Ints{7, 9}}, {"fill_mode", "nearest"}, {"fill_value", 0.5}}},
      {&kRandomUniform, {seed, step}, {{"id", int64_t{4242424243}}, {"shape", Ints{kBatch, 131, 3}}}},
      {&kSin, {"f32[n,1031]"}},
      {&kCos, {"f32[n,1031]"}},
      {&kReduceSum, {"f32[n,9,2,11,3,19]"}, {{"axes", Ints{2, 4}}}},
      {&kTranspose, {"f32[n,17,11,19]"}, {{"permutation", Ints{0, 3, 2, 1}}}},
      {&kTranspose, {"f32[n,11,13,35]"}, {{"permutation", Ints{0, 2, 1, 3}}}},
      {&kReduceSum, {"f32[n,37,41,11]"}, {{"axes", Ints{0, 1, 2}}}},
      {&kReduceSum, {"f32[n,37,64]"}, {{"axes", Ints{1}}}},
      {&kReduceSum, {"f32[n,273,32]"}, {{"axes", Ints{0, 1, 2}}}},
      {&kReduceSum, {"f32[n,273,32]"}, {{"axes", Ints{2}}}},
      {&kReduceSum, {"f32[81920]"}, {{"axes", Ints{0}}}},
      {&kSoftmax, {"f32[n,37,64]"}},
      {&kReduceSum, {"f32[61,307]"}, {{"axes", Ints{0, 1}}}},
      {&kSoftmax, {"f32[n,37]"}},
      {&kMatmul, {"f32[n,131]", "f32[131,53]"}},
      {&kMatmul, {"f32[n,131]", "f32[131,64]"}},
      {&kMatmul, {"f32[n,523]", "f32[523,37]"}},
      {&kMatmul, {"f32[7,1024]", "f32[1024,40]"}},
      {&kMatmul, {"f32[n,131]", "f32[53,131]"}, {{"transpose_b", true}}},
      {&kMatmul, {"f32[n,13,31]", "f32[31,19]"}},
      {&kMatmul, {"f32[n,131]", "f32[n,53]"}, {{"transpose_a", true}}},
      {&kMatmul, {"f32[n,13,31]", "f32[n,13,19]"}, {{"transpose_a", true}}},
      {&kConv2D, {"f32[n,11,13,3]", "f32[3,3,3,32]"}},
      {&kConv2D, {"f32[n,9,11,16]", "f32[3,3,16,19]"}, {{"pads", Ints{1, 1, 1, 1}}}},
      {&kConv2DInputGrad, {"f32[n,9,11,24]", "f32[3,3,17,24]"}, {{"input_size", Ints{11, 13}}}},
      {&kConv2DInputGrad, {"f32[n,5,6,16]", "f32[3,3,8,16]"}, {{"input_size", Ints{11, 13}}, {"strides", Ints{2, 2}}}},
      {&kConv2DWeightGrad, {"f32[n,11,13,3]", "f32[n,9,11,32]"}, {{"kernel_size", Ints{3, 3}}}},
      {&kConv2DWeightGrad, {"f32[n,11,13,16]", "f32[n,9,11,19]"}, {{"kernel_size", Ints{3, 3}}}},
      {&kMaxPool, {"f32[n,11,13,19]"}},
      {&kMaxPoolGrad, {"f32[n,5,6,19]", "u8[n,5,6,19]"}, {{"input_size", Ints{11, 13}}}},
      {&kReluAvgPool, {"f32[n,11,13,19]"}},
      {&kReluAvgPoolGrad, {"f32[n,5,6,19]", "u8[n,5,6,19]"}, {{"input_size", Ints{11, 13}}}},
      {&kAvgPool, {"f32[n,11,13,16]"}, {{"window", Ints{11, 13}}, {"strides", Ints{1, 1}}}},
      {&kDropout, {"f32[n,211]", {"f32[]", Domain::kApart}, seed, step}, {{"id", int64_t{4242424242}}}},
      {&kRandomUniform, {seed, step}, {{"id", int64_t{4242424242}}, {"shape", Ints{kBatch, 1031}}}},
      {&kRandomNormal, {seed, step}, {{"id", int64_t{4242424242}}, {"shape", Ints{kBatch, 1031}}}},
      {&kRandomTranslation,
       {"f32[n,9,7,3]", seed, step},
       {{"id", int64_t{82}},
        {"height_factor", Floats{-0.3, 0.3}},
        {"width_factor", Floats{0.1, 0.2}},
        {"fill_mode", "constant"},
        {"fill_value", 0.5}}},
      {&kRandomTranslation,
       {"f32[n,9,7,3]", seed, step},
       {{"id", int64_t{83}},
        {"height_factor", Floats{-0.3, 0.3}},
        {"width_factor", Floats{0.1, 0.2}},
        {"fill_mode", "nearest"}}},
      {&kSgd, {"f32[31,67]", "f32[31,67]", scalar}},
      {&kAdam,
       {"f32[257,67]", "f32[257,67]", "f32[257,67]", {"f32[257,67]", Domain::kPositive}, scalar, share, share, scalar}},
  };
}

// Each case as a kernel of its own in one graph.
struct Cases {
  ir::Graph graph;
  std::vector<ir::OpCase> rows;
  std::vector<std::vector<std::string>> operands, results;  // names of values

  Cases() : rows(ir::OpCases()) {
    for (ir::OpCase& row : LargeCases()) rows.push_back(row);
    graph.name = "cases";
    graph.stage = ir::Stage::kFused;
    graph.function = ir::Function::kTrain;
    graph.batch_size = kBatchSize;
    for (size_t index = 0; index < rows.size(); ++index) {
      std::vector<ir::ValueId> inputs;
      operands.emplace_back();
      for (const ir::Operand& operand : rows[index].operands) {
        inputs.push_back(graph.AddValue(absl::StrCat("case", index, ".in"), operand.type));
        graph.inputs.push_back({inputs.back(), ir::Source::kData, 0});
        operands[index].push_back(graph.value(inputs.back()).name);
      }
      const auto outputs =
          graph.AddNode(*rows[index].op, inputs, rows[index].attributes, {}, absl::StrCat("case", index));
      EXPECT_TRUE(outputs.ok()) << ToString(rows[index]) << ": " << outputs.status();
      ir::Node kernel;
      kernel.region = "loop";
      kernel.inputs = inputs;
      kernel.outputs = *outputs;
      kernel.body = {graph.nodes.back()};
      graph.nodes.back() = kernel;
      results.emplace_back();
      for (ir::ValueId output : *outputs) results[index].push_back(graph.value(output).name);
    }
  }

  ir::Tensors<float> Draw(int seed, int64_t n) const {
    ir::Tensors<float> tensors;
    std::mt19937 random(static_cast<uint32_t>(seed));
    for (size_t index = 0; index < rows.size(); ++index) {
      for (size_t operand = 0; operand < operands[index].size(); ++operand) {
        tensors[operands[index][operand]] = RandomTensor<float>(rows[index].operands[operand], n, random);
      }
    }
    return tensors;
  }
};

const Cases& AllCases() {
  static const Cases* const cases = new Cases;
  return *cases;
}

// Compares every case with the interpreter, with n rows.
void CompareAll(CompiledStep& step, int64_t n, int draws) {
  const Cases& cases = AllCases();
  std::map<std::string, Errors> errors;
  for (int draw = 0; draw < draws; ++draw) {
    const ir::Tensors<float> given = cases.Draw(draw, n);
    const auto kernel = step.Run(given, n);
    ASSERT_TRUE(kernel.ok()) << kernel.status();
    const auto float_loop = ir::Interpret<float>(cases.graph, given, n);
    const auto exact = ir::Interpret<double>(cases.graph, ToDouble(given), n);
    const auto absolute = ir::Interpret<double>(cases.graph, ToDouble(given, true), n);
    ASSERT_TRUE(float_loop.ok() && exact.ok() && absolute.ok()) << exact.status();
    for (const auto& names : cases.results) {
      for (const std::string& name : names)
        AddErrors(name, name, *kernel, *float_loop, *exact, *absolute, errors[name]);
    }
  }
  for (size_t index = 0; index < cases.rows.size(); ++index) {
    for (const std::string& name : cases.results[index]) {
      EXPECT_LE(errors[name].Rmse(), errors[name].Bound())
          << ToString(cases.rows[index]) << " " << name << " with n = " << n;
    }
  }
}

absl::StatusOr<CompiledStep> Build(bool asserts) {
  BuildOptions options = TestOptions();
  options.asserts = asserts;
  return BuildStep(AllCases().graph, options);
}

TEST(Ops, AgreeWithTheInterpreter) {
  auto step = Build(false);
  ASSERT_TRUE(step.ok()) << step.status();
  CompareAll(*step, 3, kDraws);
}

TEST(Ops, AgreeForOneRowAndAFullBatch) {
  auto step = Build(false);
  ASSERT_TRUE(step.ok()) << step.status();
  CompareAll(*step, 1, kDraws);
  CompareAll(*step, kBatchSize, kDraws);
}

TEST(Ops, StayInsideTheirBuffersWithChecksOn) {
  auto step = Build(true);
  ASSERT_TRUE(step.ok()) << step.status();
  CompareAll(*step, 3, 2);
  CompareAll(*step, kBatchSize, 2);
}

TEST(Ops, GiveTheSameBitsOnAnyNumberOfThreads) {
  auto step = Build(false);
  ASSERT_TRUE(step.ok()) << step.status();
  const ir::Tensors<float> given = AllCases().Draw(1, kBatchSize);
  const auto one = step->Run(given, kBatchSize, 1);
  ASSERT_TRUE(one.ok()) << one.status();
  for (int threads : {2, 3, 4}) {
    const auto many = step->Run(given, kBatchSize, threads);
    ASSERT_TRUE(many.ok()) << many.status();
    EXPECT_EQ(FirstDifference(*one, *many), "") << threads;
  }
}

// A row's result does not depend on how many rows come after it.
TEST(Ops, APartialBatchIsThePrefixOfAFullOne) {
  auto step = Build(false);
  ASSERT_TRUE(step.ok()) << step.status();
  const Cases& cases = AllCases();
  const ir::Tensors<float> full = cases.Draw(1, kBatchSize);
  ir::Tensors<float> part = full;
  for (auto& [name, tensor] : part) {
    const ir::Type& type = cases.graph.type(cases.graph.FindValue(name));
    if (type.shape.empty() || type.shape[0] != ir::kBatch) continue;
    tensor.dims[0] = 2;
    (tensor.real.empty() ? tensor.integers.resize(static_cast<size_t>(tensor.size()))
                         : tensor.real.resize(static_cast<size_t>(tensor.size())));
  }
  const auto all = step->Run(full, kBatchSize);
  const auto some = step->Run(part, 2);
  ASSERT_TRUE(all.ok() && some.ok()) << some.status();
  for (const auto& names : cases.results) {
    for (const std::string& name : names) {
      const ir::Type& type = cases.graph.type(cases.graph.FindValue(name));
      if (type.shape.empty() || type.shape[0] != ir::kBatch) continue;
      const ir::Tensor<float>& prefix = some->at(name);
      EXPECT_EQ(std::memcmp(prefix.real.data(), all->at(name).real.data(), prefix.real.size() * sizeof(float)), 0)
          << name;
      EXPECT_TRUE(std::equal(prefix.integers.begin(), prefix.integers.end(), all->at(name).integers.begin())) << name;
    }
  }
}

}  // namespace
}  // namespace brine::codegen
