// Every strategy on every kernel that it can build, against the interpreter, on sizes that fill vectors, tiles and
// chunks unevenly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "codegen/driver/build_step.h"
#include "codegen/driver/files.h"
#include "codegen/driver/toolchain.h"
#include "ir/op.h"
#include "tests/kernel/compare.h"
#include "tests/kernel/strategy_cases.h"

namespace brine::codegen {
namespace {

// With fewer images than tasks, loops over what an image consists of become parallel, too.
constexpr int64_t kBatchSize = 70, kFewImages = 5;

class Strategies : public testing::TestWithParam<const char*> {
 protected:
  static const ir::Graph& Cases(int64_t batch_size = kBatchSize) {
    static auto* const known = new std::map<std::pair<std::string, int64_t>, ir::Graph>;
    const auto key = std::make_pair(std::string(GetParam()), batch_size);
    if (known->count(key) == 0) known->emplace(key, MakeCases(batch_size, GetParam()));
    return known->at(key);
  }

  static absl::StatusOr<CompiledStep> Build(bool asserts = false, int64_t batch_size = kBatchSize) {
    BuildOptions options = TestOptions();
    options.asserts = asserts;
    options.target = GetParam();
    options.strategy = [](const ir::Graph& graph, const ir::Node& kernel) {
      return StrategyOf(graph.value(kernel.outputs[0]).name);
    };
    return BuildStep(Cases(batch_size), options);
  }
};

INSTANTIATE_TEST_SUITE_P(EachTarget, Strategies, testing::ValuesIn(Targets()),
                         [](const auto& info) { return TargetName(info.param); });

// What the interpreter makes of the rows.
template <typename Real>
ir::Tensors<Real> Interpret(const ir::Tensors<Real>& given, int64_t rows) {
  static const ir::Graph* const graph = new ir::Graph(MakeRows(kBatchSize));
  auto results = ir::Interpret<Real>(*graph, given, rows);
  EXPECT_TRUE(results.ok()) << results.status();
  return results.ok() ? *std::move(results) : ir::Tensors<Real>();
}

// The choices of a pool over rounded sums: an argmax is a largest sum of its window, any of those that are nearly
// equal; a mask holds the positive sums and no negative one.  `terms` are the sums of absolute terms, of which `share`
// may be lost.
void ExpectChoices(const ir::Node& pool, const ir::Tensor<float>& choices, const ir::Tensor<double>& sums,
                   const ir::Tensor<double>& terms, double share, const std::string& name) {
  const std::vector<int64_t>&window = pool.attributes.Ints("window"), &strides = pool.attributes.Ints("strides");
  const int64_t height = choices.dim(1), width = choices.dim(2), channels = choices.dim(3),
                cells = window[0] * window[1];
  for (int64_t place = 0; place < choices.size(); ++place) {
    const int64_t c = place % channels, column = place / channels % width, row = place / channels / width % height,
                  n = place / channels / width / height;
    const auto offset = [&](int64_t cell) {
      const int64_t y = row * strides[0] + cell / window[1], x = column * strides[1] + cell % window[1];
      return static_cast<size_t>(((n * sums.dim(1) + y) * sums.dim(2) + x) * channels + c);
    };
    const int64_t choice = choices.integers[static_cast<size_t>(place)];
    ASSERT_TRUE(pool.op != &ir::kMaxPool || choice < cells) << name << "[" << place << "]";
    for (int64_t cell = 0; cell < cells; ++cell) {
      const double sum = sums.real[offset(cell)], lost = share * terms.real[offset(cell)];
      if (pool.op == &ir::kMaxPool) {
        ASSERT_LE(sum - lost, sums.real[offset(choice)] + share * terms.real[offset(choice)])
            << name << "[" << place << "] names cell " << choice << " instead of " << cell;
      } else if (std::abs(sum) > lost) {
        ASSERT_EQ(choice >> cell & 1, sum > 0) << name << "[" << place << "] at cell " << cell;
      }
    }
  }
}

// The op of the kernel that makes `value`.
const ir::Node& MakerOf(const ir::Node& kernel, ir::ValueId value) {
  return *std::find_if(kernel.body.begin(), kernel.body.end(), [&](const ir::Node& node) {
    return std::find(node.outputs.begin(), node.outputs.end(), value) != node.outputs.end();
  });
}

void Compare(const ir::Graph& graph, CompiledStep& step, int64_t n, double nonzero, int draws) {
  std::map<std::string, Errors> errors;
  for (int draw = 0; draw < draws; ++draw) {
    const ir::Tensors<float> given = Draw(graph, static_cast<uint32_t>(draw), n, Numbers::kReal, nonzero);
    const auto kernel = step.Run(given, n, 2);
    ASSERT_TRUE(kernel.ok()) << kernel.status();
    const auto float_loop = Interpret(given, n);
    const auto exact = Interpret(ToDouble(given), n), absolute = Interpret(ToDouble(given, true), n);
    for (const ir::Node& node : graph.nodes) {
      for (ir::ValueId output : node.outputs) {
        const std::string &name = graph.value(output).name, row = RowResultOf(name);
        if (!kernel->at(name).integers.empty()) {
          // Eight times what the bound of errors allows a sum of many.
          const ir::Node& pool = MakerOf(node, output);
          const std::string sums = RowResultOf(graph.value(pool.inputs[0]).name);
          ExpectChoices(pool, kernel->at(name), exact.at(sums), absolute.at(sums), std::ldexp(1, -19), name);
          continue;
        }
        AddErrors(name, row, *kernel, float_loop, exact, absolute, errors[name]);
      }
    }
  }
  for (auto& [name, error] : errors)
    EXPECT_LE(error.Rmse(), error.Bound()) << name << " with n = " << n << ", " << nonzero << " not zero";
}

TEST_P(Strategies, AgreeWithTheInterpreter) {
  auto step = Build();
  ASSERT_TRUE(step.ok()) << step.status();
  for (int64_t n : {1, 3, 5, 7}) Compare(Cases(), *step, n, 0.6, 8);
  Compare(Cases(), *step, kBatchSize, 0.6, 1);
  Compare(Cases(), *step, 3, 0, 1);
  Compare(Cases(), *step, 3, 1, 8);
}

TEST_P(Strategies, AreThoseThatWereForced) {
  auto step = Build();
  ASSERT_TRUE(step.ok()) << step.status();
  for (size_t index = 0; index < Cases().nodes.size(); ++index) {
    const std::string& name = Cases().value(Cases().nodes[index].outputs[0]).name;
    EXPECT_EQ(step->strategies()[index], StrategyOf(name)) << name;
  }
}

// Without this, a change of what a strategy can do could leave it untested.
TEST_P(Strategies, AllAreOnSomeKernel) {
  std::set<std::string> built;  // "conv2d direct", as brine-worker lists them
  for (const ir::Node& kernel : Cases().nodes) {
    const std::string strategy = StrategyOf(Cases().value(kernel.outputs[0]).name);
    const auto hero = std::find_if(kernel.body.begin(), kernel.body.end(),
                                   [](const ir::Node& node) { return node.op->kind == ir::OpKind::kContraction; });
    built.insert(absl::StrCat(absl::StartsWith(strategy, "generic") ? "any" : hero->op->form->name, " ", strategy));
  }
  const auto toolchain = FindToolchain();
  ASSERT_TRUE(toolchain.ok()) << toolchain.status();
  const auto list = RunProcess({toolchain->worker, "--list-strategies"});
  ASSERT_TRUE(list.ok()) << list.status();
  for (absl::string_view line : absl::StrSplit(list->output, '\n', absl::SkipEmpty())) {
    EXPECT_EQ(built.count(std::string(line)), 1) << line;
  }
}

TEST_P(Strategies, AgreeWithTheInterpreterInSmallBatches) {
  auto step = Build(false, kFewImages);
  ASSERT_TRUE(step.ok()) << step.status();
  for (int64_t n : {kFewImages, kFewImages - 3}) Compare(Cases(kFewImages), *step, n, 0.6, 8);
}

TEST_P(Strategies, StayInsideTheirBuffersWithChecksOn) {
  auto step = Build(true);
  ASSERT_TRUE(step.ok()) << step.status();
  for (int64_t n : {1, 3, 5}) Compare(Cases(), *step, n, 0.6, 8);
}

enum class Rounding { kNone, kOfWinograd };

// Winograd divides by 3 on the way to whole numbers, also as the algorithm between phases.
bool Rounds(const std::string& name) {
  const std::string strategy = StrategyOf(name);
  return absl::StartsWith(strategy, "winograd") || strategy == "phases";
}

bool IsTranscendental(const ir::Node& kernel) {
  return std::any_of(kernel.body.begin(), kernel.body.end(),
                     [](const ir::Node& node) { return node.op == &ir::kTanh || node.op == &ir::kSigmoid; });
}

// Of whole numbers, which are summed exactly: every bit agrees, and the argmax of equal elements is the first.  If a
// strategy rounds, the error is small.
void ExpectExact(const ir::Graph& graph, CompiledStep& step, const ir::Tensors<float>& given, int64_t n,
                 Rounding rounding, const std::string& what) {
  SCOPED_TRACE(what);
  const auto kernel = step.Run(given, n, 2);
  ASSERT_TRUE(kernel.ok()) << kernel.status();
  const auto exact = Interpret(ToDouble(given), n);
  for (const ir::Node& node : graph.nodes) {
    if (IsTranscendental(node)) continue;
    for (ir::ValueId output : node.outputs) {
      const std::string &name = graph.value(output).name, row = RowResultOf(name);
      const ir::Tensor<float>& got = kernel->at(name);
      std::vector<double> real(got.real.begin(), got.real.end());
      if (rounding == Rounding::kNone || !Rounds(name)) {
        EXPECT_EQ(got.integers, exact.at(row).integers) << name;
      } else {
        // Means of four and the rows' constants are multiples of a sixteenth.
        for (double& element : real) element = std::nearbyint(element * 16) / 16;
        if (!got.integers.empty()) {
          const ir::Node& pool = MakerOf(node, output);
          const ir::Tensor<double>& sums = exact.at(RowResultOf(graph.value(pool.inputs[0]).name));
          ExpectChoices(pool, got, sums, sums, 0, name);
        }
      }
      EXPECT_EQ(real, exact.at(row).real) << name;
    }
  }
}

// Sets every element of the operand of all rows.
void Fill(ir::Tensors<float>& given, absl::string_view operand, float value) {
  for (auto& [name, tensor] : given) {
    if (OperandOf(name) == operand) std::fill(tensor.real.begin(), tensor.real.end(), value);
  }
}

TEST_P(Strategies, AreExactOnWholeNumbers) {
  auto step = Build();
  ASSERT_TRUE(step.ok()) << step.status();
  for (double nonzero : {0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0}) {
    ExpectExact(Cases(), *step, Draw(Cases(), 7, 4, Numbers::kWhole, nonzero), 4, Rounding::kOfWinograd,
                absl::StrCat(nonzero, " not zero"));
  }
}

// All cells of a window are equal: the first wins.  Zero is exact by every algorithm.
TEST_P(Strategies, ChooseTheFirstCellOfImagesThatAreZero) {
  auto step = Build();
  ASSERT_TRUE(step.ok()) << step.status();
  ir::Tensors<float> given = Draw(Cases(), 1, 3, Numbers::kWhole, 0);
  Fill(given, "x", 0);
  ExpectExact(Cases(), *step, given, 3, Rounding::kNone, "with bias");
  Fill(given, "b", 0);
  ExpectExact(Cases(), *step, given, 3, Rounding::kNone, "without bias");
}

TEST_P(Strategies, ChooseAmongTheEqualCellsOfUniformImages) {
  auto step = Build();
  ASSERT_TRUE(step.ok()) << step.status();
  ir::Tensors<float> given = Draw(Cases(), 1, 3, Numbers::kWhole, 1);
  for (const char* operand : {"x", "d"}) Fill(given, operand, 3);
  ExpectExact(Cases(), *step, given, 3, Rounding::kOfWinograd, "of 3");
}

// What such images leave for the gradients: the first cell of every window won, no bit of a mask is set; and the
// opposite.
TEST_P(Strategies, FollowChoicesThatAreTheSameEverywhere) {
  auto step = Build();
  ASSERT_TRUE(step.ok()) << step.status();
  for (bool last : {false, true}) {
    ir::Tensors<float> given = Draw(Cases(), 1, 3, Numbers::kWhole, 0.6);
    for (auto& [name, tensor] : given)
      std::fill(tensor.integers.begin(), tensor.integers.end(), last ? RowOf(name).cells - 1 : 0);
    ExpectExact(Cases(), *step, given, 3, Rounding::kOfWinograd,
                last ? "the last cell, all bits" : "the first cell, no bit");
  }
}

// At the small batch, tasks by rows and columns overlap.  A race may need more than one run to show.
TEST_P(Strategies, GiveTheSameBitsOnAnyNumberOfThreads) {
  for (int64_t batch_size : {kFewImages, kBatchSize}) {
    auto step = Build(false, batch_size);
    ASSERT_TRUE(step.ok()) << step.status();
    const ir::Tensors<float> given = Draw(Cases(batch_size), 1, batch_size, Numbers::kReal, 0.6);
    const auto one = step->Run(given, batch_size, 1);
    ASSERT_TRUE(one.ok()) << one.status();
    for (int threads : {1, 2, 3, 4, 2, 3, 4}) {
      const auto many = step->Run(given, batch_size, threads);
      ASSERT_TRUE(many.ok()) << many.status();
      EXPECT_EQ(FirstDifference(*one, *many), "") << threads << " threads, n = " << batch_size;
    }
  }
}

// Of NaN these may make a number: their comparisons drop it, or those of exp inside.
bool MayPassOver(const ir::Op& op) {
  const ir::Op* const ops[] = {&ir::kRelu, &ir::kMaxPool, &ir::kReluAvgPool, &ir::kTanh};
  return std::find(std::begin(ops), std::end(ops), &op) != std::end(ops);
}

// Strategies that do not read what only meets zeros, so that a NaN there changes nothing.
bool LeavesOut(const std::string& name) {
  const std::string strategy = StrategyOf(name);
  return absl::StrContains(strategy, "sparse") || strategy == "masked-dots" || strategy == "phases";
}

// Rows, and their operands, whose kernels do not read every pixel: those after a pool's last windows have no gradient.
const std::set<std::string> kPartlyRead = {"weight_grad_of_relu_avg_pool.x",
                                           "weight_grad_of_relu_avg_pool_by_winograd.x"};

// Whatever fast-math makes of comparisons, a NaN reaches every result that it reaches in the interpreter, or at least
// those that another number in its place would change.  Some forward ops may pass it over.
TEST_P(Strategies, PassOnWhatIsNoNumber) {
  constexpr int64_t kRows = 2;
  auto step = Build();
  ASSERT_TRUE(step.ok()) << step.status();
  const ir::Graph& graph = Cases();
  const ir::Tensors<float> numbers = Draw(graph, 1, kRows, Numbers::kReal, 0.6);
  const auto before = Interpret(ToDouble(numbers), kRows);
  std::set<std::string> reached, lost;
  std::set<std::pair<std::string, std::string>> left_out;
  for (const char* operand : {"d", "x", "w", "y"}) {
    for (uint32_t seed : {1, 2, 3, 4, 5}) {
      ir::Tensors<float> given = numbers, moved = numbers;
      std::mt19937 random(seed);
      for (auto& [name, tensor] : given) {
        if (OperandOf(name) != operand) continue;
        const size_t element = random() % tensor.real.size();
        tensor.real[element] = std::nanf("");
        moved[name].real[element] = 1e6f;
      }
      const auto kernel = step->Run(given, kRows, 2);
      ASSERT_TRUE(kernel.ok()) << kernel.status();
      const auto exact = Interpret(ToDouble(given), kRows), after = Interpret(ToDouble(moved), kRows);
      for (const ir::Node& node : graph.nodes) {
        if (std::any_of(node.body.begin(), node.body.end(),
                        [](const ir::Node& inner) { return MayPassOver(*inner.op); }))
          continue;
        for (ir::ValueId output : node.outputs) {
          const std::string& name = graph.value(output).name;
          const std::string row = RowResultOf(name);
          const std::vector<double>&want = exact.at(row).real, &old = before.at(row).real, &other = after.at(row).real;
          for (size_t element = 0; element < want.size(); ++element) {
            if (!std::isnan(want[element])) continue;
            reached.insert(absl::StrCat(RowOf(name).name, ".", operand));
            if (std::isnan(kernel->at(name).real[element])) continue;
            if (old[element] != other[element])
              lost.insert(absl::StrCat(name, " from ", operand));
            else
              left_out.insert({name, absl::StrCat(RowOf(name).name, ".", operand)});
          }
        }
      }
    }
  }
  EXPECT_EQ(lost, std::set<std::string>());
  for (const auto& [name, operand] : left_out) {
    EXPECT_TRUE(LeavesOut(name) || kPartlyRead.count(operand) != 0) << name << " passes over a NaN in " << operand;
  }
  for (absl::Span<const Row> rows : {kInputGradRows, kWeightGradRows, kDenseGradRows}) {
    for (const Row& row : rows)
      EXPECT_EQ(reached.count(absl::StrCat(row.name, ".d")), 1) << row.name << ": no draw tests its gradient";
  }
}

}  // namespace
}  // namespace brine::codegen
