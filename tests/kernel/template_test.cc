// Every template of codegen/templates against generic and the interpreter, on sizes that fill vectors, tiles and chunks
// unevenly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "codegen/build_step.h"
#include "ir/op.h"
#include "passes/regions.h"
#include "tests/kernel/compare.h"
#include "tests/kernel/template_cases.h"

namespace brine::codegen {
namespace {

// With fewer pictures than tasks, loops over what a picture consists of become parallel, too.
constexpr int64_t kBatchSize = 70, kFewPictures = 5;

TEST(TemplateTable, HoldsTheRegions) {
  const std::vector<std::string> templates = {
#define BRINE_TEMPLATE(region, build) #region,
#include "codegen/templates/templates.def"
#undef BRINE_TEMPLATE
  };
  std::vector<std::string> regions;
  for (const passes::Region& region : passes::AllRegions()) regions.push_back(region.name);
  EXPECT_EQ(templates, regions);
}

const ir::Graph& AllCases() {
  static const ir::Graph* const cases = new ir::Graph(MakeCases(kBatchSize));
  return *cases;
}

class Templates : public testing::TestWithParam<const char*> {
 protected:
  static absl::StatusOr<Step> Build(bool asserts = false, int64_t batch_size = kBatchSize) {
    BuildOptions options = TestOptions();
    options.asserts = asserts;
    options.target = GetParam();
    return BuildStep(batch_size == kBatchSize ? AllCases() : MakeCases(batch_size), options);
  }
};

INSTANTIATE_TEST_SUITE_P(EachTarget, Templates, testing::ValuesIn(Targets()),
                         [](const auto& info) { return TargetName(info.param); });

// What the interpreter makes of the rows, under the names of both kernels of each.
template <typename Real>
ir::Tensors<Real> Interpret(const ir::Tensors<Real>& given, int64_t rows) {
  static const ir::Graph* const graph = new ir::Graph(MakeCases(kBatchSize, false));
  auto results = ir::Interpret<Real>(*graph, given, rows);
  EXPECT_TRUE(results.ok()) << results.status();
  if (!results.ok()) return {};
  for (const ir::Node& kernel : graph->nodes) {
    for (const ir::Node& node : kernel.body) {
      for (ir::ValueId made : node.outputs) {
        const std::string& name = graph->value(made).name;
        results->emplace(absl::StrCat(name, ".generic"), results->at(name));
      }
    }
  }
  return *std::move(results);
}

// What a pool chose, where sums are rounded: a winner is a largest one of its window, of near equals any; a mask holds
// the positive sums and no negative one.  `terms` are the sums of absolute terms, of which `share` may be lost.
void ExpectChoices(const ir::Node& pool, const ir::Tensor<float>& choices, const ir::Tensor<double>& sums,
                   const ir::Tensor<double>& terms, double share, const std::string& name) {
  const std::vector<int64_t>&window = pool.attributes.Ints("window"), &strides = pool.attributes.Ints("strides");
  const int64_t height = choices.dim(1), width = choices.dim(2), channels = choices.dim(3),
                cells = window[0] * window[1];
  for (int64_t place = 0; place < choices.size(); ++place) {
    const int64_t c = place % channels, column = place / channels % width, row = place / channels / width % height,
                  n = place / channels / width / height;
    const auto at = [&](int64_t cell) {
      const int64_t y = row * strides[0] + cell / window[1], x = column * strides[1] + cell % window[1];
      return static_cast<size_t>(((n * sums.dim(1) + y) * sums.dim(2) + x) * channels + c);
    };
    const int64_t choice = choices.whole[static_cast<size_t>(place)];
    ASSERT_TRUE(pool.op != &ir::kMaxPool || choice < cells) << name << "[" << place << "]";
    for (int64_t cell = 0; cell < cells; ++cell) {
      const double sum = sums.real[at(cell)], lost = share * terms.real[at(cell)];
      if (pool.op == &ir::kMaxPool) {
        ASSERT_LE(sum - lost, sums.real[at(choice)] + share * terms.real[at(choice)])
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

void Compare(Step& step, int64_t n, double live, int draws) {
  const ir::Graph& graph = AllCases();
  std::map<std::string, Errors> errors;
  for (int draw = 0; draw < draws; ++draw) {
    const ir::Tensors<float> given = Draw(AllCases(), static_cast<uint32_t>(draw), n, Numbers::kReal, live);
    const auto kernel = step.Run(given, n, 2);
    ASSERT_TRUE(kernel.ok()) << kernel.status();
    const auto float_loop = Interpret(given, n);
    const auto exact = Interpret(ToDouble(given), n), absolute = Interpret(ToDouble(given, true), n);
    for (const ir::Node& node : graph.nodes) {
      for (ir::ValueId output : node.outputs) {
        const std::string& name = graph.value(output).name;
        if (!kernel->at(name).whole.empty()) {
          // Eight times what the bound of errors allows a sum of many.
          const ir::Node& pool = MakerOf(node, output);
          const std::string& sums = graph.value(pool.inputs[0]).name;
          ExpectChoices(pool, kernel->at(name), exact.at(sums), absolute.at(sums), std::ldexp(1, -19), name);
          continue;
        }
        AddErrors(name, *kernel, float_loop, exact, absolute, errors[name]);
      }
    }
  }
  for (auto& [name, error] : errors)
    EXPECT_LE(error.Rmse(), error.Bound()) << name << " with n = " << n << ", " << live << " live";
}

TEST_P(Templates, AgreeWithTheInterpreter) {
  auto step = Build();
  ASSERT_TRUE(step.ok()) << step.status();
  for (int64_t n : {1, 3, 5, 7}) Compare(*step, n, 0.6, 8);
  Compare(*step, kBatchSize, 0.6, 1);
  Compare(*step, 3, 0, 1);
  Compare(*step, 3, 1, 8);
}

TEST_P(Templates, AgreeWithTheInterpreterInSmallBatches) {
  auto step = Build(false, kFewPictures);
  ASSERT_TRUE(step.ok()) << step.status();
  for (int64_t n : {kFewPictures, kFewPictures - 3}) Compare(*step, n, 0.6, 8);
}

TEST_P(Templates, StayInsideTheirBuffersWithChecksOn) {
  auto step = Build(true);
  ASSERT_TRUE(step.ok()) << step.status();
  for (int64_t n : {1, 3, 5}) Compare(*step, n, 0.6, 8);
}

enum class Rounding { kNone, kWhereRowsSay };

// Of whole numbers, which are summed exactly: every bit agrees, and the first of equal winners wins.  Where a kernel
// rounds, it is by little.
void ExpectExact(Step& step, const ir::Tensors<float>& given, int64_t n, Rounding rounding, const std::string& what) {
  SCOPED_TRACE(what);
  const ir::Graph& graph = AllCases();
  const auto kernel = step.Run(given, n, 2);
  ASSERT_TRUE(kernel.ok()) << kernel.status();
  const auto exact = Interpret(ToDouble(given), n);
  for (const ir::Node& node : graph.nodes) {
    if (node.body.back().op == &ir::kTanh && rounding != Rounding::kNone) continue;
    for (ir::ValueId output : node.outputs) {
      const std::string& name = graph.value(output).name;
      const ir::Tensor<float>& got = kernel->at(name);
      std::vector<double> real(got.real.begin(), got.real.end());
      if (rounding == Rounding::kNone || !RowOf(name).rounds || node.region == "generic") {
        EXPECT_EQ(got.whole, exact.at(name).whole) << name;
      } else {
        // Means of four are multiples of a quarter.
        for (double& element : real) element = std::nearbyint(element * 4) / 4;
        if (!got.whole.empty()) {
          const ir::Node& pool = MakerOf(node, output);
          const ir::Tensor<double>& sums = exact.at(graph.value(pool.inputs[0]).name);
          ExpectChoices(pool, got, sums, sums, 0, name);
        }
      }
      EXPECT_EQ(real, exact.at(name).real) << name;
    }
  }
}

// Sets every element of the operand of all rows.
void Fill(ir::Tensors<float>& given, absl::string_view operand, float value) {
  for (auto& [name, tensor] : given) {
    if (OperandOf(name) == operand) std::fill(tensor.real.begin(), tensor.real.end(), value);
  }
}

TEST_P(Templates, AreExactOnWholeNumbers) {
  auto step = Build();
  ASSERT_TRUE(step.ok()) << step.status();
  for (double live : {0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0}) {
    ExpectExact(*step, Draw(AllCases(), 7, 4, Numbers::kWhole, live), 4, Rounding::kWhereRowsSay,
                absl::StrCat(live, " live"));
  }
}

// All cells of a window are equal: the first wins.  Zero is exact by every algorithm.
TEST_P(Templates, ChooseTheFirstCellOfPicturesThatAreZero) {
  auto step = Build();
  ASSERT_TRUE(step.ok()) << step.status();
  ir::Tensors<float> given = Draw(AllCases(), 1, 3, Numbers::kWhole, 0);
  Fill(given, "x", 0);
  ExpectExact(*step, given, 3, Rounding::kNone, "with bias");
  Fill(given, "b", 0);
  ExpectExact(*step, given, 3, Rounding::kNone, "without bias");
}

TEST_P(Templates, ChooseAmongTheEqualCellsOfUniformPictures) {
  auto step = Build();
  ASSERT_TRUE(step.ok()) << step.status();
  ir::Tensors<float> given = Draw(AllCases(), 1, 3, Numbers::kWhole, 1);
  for (const char* operand : {"x", "d"}) Fill(given, operand, 3);
  ExpectExact(*step, given, 3, Rounding::kWhereRowsSay, "of 3");
}

// What such pictures leave for the gradients: the first cell of every window won, no bit of a mask is set; and the
// opposite.
TEST_P(Templates, FollowChoicesThatAreTheSameEverywhere) {
  auto step = Build();
  ASSERT_TRUE(step.ok()) << step.status();
  for (bool last : {false, true}) {
    ir::Tensors<float> given = Draw(AllCases(), 1, 3, Numbers::kWhole, 0.6);
    for (auto& [name, tensor] : given)
      std::fill(tensor.whole.begin(), tensor.whole.end(), last ? RowOf(name).cells - 1 : 0);
    ExpectExact(*step, given, 3, Rounding::kWhereRowsSay, last ? "the last cell, all bits" : "the first cell, no bit");
  }
}

// At the small batch, tasks by rows and columns overlap.  A race may need more than one run to show.
TEST_P(Templates, GiveTheSameBitsOnAnyNumberOfThreads) {
  for (int64_t batch_size : {kFewPictures, kBatchSize}) {
    auto step = Build(false, batch_size);
    ASSERT_TRUE(step.ok()) << step.status();
    const ir::Tensors<float> given = Draw(AllCases(), 1, batch_size, Numbers::kReal, 0.6);
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

// Rows and their operands of which a kernel does not read what only meets zeros, so that a NaN there changes nothing.
// Not every target leaves out all of them.
const std::set<std::string> kLeftOut = {
    // pixels beside gradients that are zero: their pool chose others, relu turned them off, or no window covers them
    "filter_of_few_channels.x", "filter_in_chunks.x", "filter_padded.x", "filter_of_one_channel.x",
    "filter_of_masked_means.x", "filter_of_masked_means_by_winograd.x", "filter_of_live.x",
    "filter_of_live_in_shared_lists.x", "filter_of_live_strided.x", "filter_of_live_with_few_filters.x",
    "dense_grad_filter_of_live.x",
    // gradients beside inputs that relu turned off
    "dense_grad_filter_of_live_input.y",
    // weights of such gradients
    "input_masked.w", "input_padded.w", "input_of_many_filters.w", "input_of_live.w", "input_of_live_by_taps.w",
    "input_of_live_wide.w", "dense_grad_input_of_live.w", "dense_grad_input_of_live_over_many_units.w",
    // weights of inputs that are zero
    "conv_of_live_in_chunks.w"};

// Whatever fast-math makes of comparisons, a NaN reaches every result that it reaches in the interpreter, or at least
// those that another number in its place would change.  Some forward ops may pass it over.
TEST_P(Templates, PassOnWhatIsNoNumber) {
  constexpr int64_t kRows = 2;
  auto step = Build();
  ASSERT_TRUE(step.ok()) << step.status();
  const ir::Graph& graph = AllCases();
  const ir::Tensors<float> numbers = Draw(graph, 1, kRows, Numbers::kReal, 0.6);
  const auto before = Interpret(ToDouble(numbers), kRows);
  std::set<std::string> reached, lost, left_out;
  for (const char* operand : {"d", "x", "w", "y"}) {
    for (uint32_t seed : {1, 2, 3, 4, 5}) {
      ir::Tensors<float> given = numbers, moved = numbers;
      std::mt19937 random(seed);
      for (auto& [name, tensor] : given) {
        if (OperandOf(name) != operand) continue;
        const size_t at = random() % tensor.real.size();
        tensor.real[at] = std::nanf("");
        moved[name].real[at] = 1e6f;
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
          const std::vector<double>&want = exact.at(name).real, &old = before.at(name).real,
                &other = after.at(name).real;
          for (size_t at = 0; at < want.size(); ++at) {
            if (!std::isnan(want[at])) continue;
            reached.insert(absl::StrCat(RowOf(name).name, ".", operand));
            if (std::isnan(kernel->at(name).real[at])) continue;
            if (old[at] != other[at])
              lost.insert(absl::StrCat(name, " from ", operand));
            else
              left_out.insert(absl::StrCat(RowOf(name).name, ".", operand));
          }
        }
      }
    }
  }
  EXPECT_EQ(lost, std::set<std::string>());
  EXPECT_THAT(kLeftOut, testing::IsSupersetOf(left_out));
  for (const Row& row : kGradientRows)
    EXPECT_EQ(reached.count(absl::StrCat(row.name, ".d")), 1) << row.name << ": no draw tests its gradient";
}

}  // namespace
}  // namespace brine::codegen
