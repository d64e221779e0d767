#include "ir/metrics.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ir/expression.h"
#include "ir/training.h"

namespace brine::ir {
namespace {

constexpr double kEpsilon = 1e-7;  // Keras's backend.epsilon()

// With top_k, Keras's threshold is −1e10 if the user gives none.
const Argument kThresholds = {.name = "thresholds", .default_value = 0.5, .range = kFromZeroToOne, .besides = -1e10};
const Argument kTopK = {.name = "top_k", .default_value = int64_t{1}, .range = {.least = 1}, .optional = true};
const Argument kClassId = {.name = "class_id", .default_value = int64_t{0}, .range = {.least = 0}, .optional = true};
const Argument kK = {.name = "k", .default_value = int64_t{5}, .range = {.least = 1}};

// ---- Accuracy

// 1 where the numbers a and b are equal, else 0
ValueId AreEqual(QuantityBuilder& builder, ValueId a, ValueId b) {
  const ValueId difference = builder.Emit(kAbs, {builder.Emit(kSub, {a, b})});
  const ValueId differs = builder.Emit(kGreater, {difference, builder.EmitConstant(0)});
  return builder.Emit(kSub, {builder.EmitConstant(1), differs});
}

ValueId Equality(QuantityBuilder& builder) { return AreEqual(builder, builder.prediction(), builder.label()); }

ValueId BinaryAccuracyAt(QuantityBuilder& builder, double threshold) {
  const ValueId guess = builder.Emit(kGreater, {builder.prediction(), builder.EmitConstant(threshold)});
  return AreEqual(builder, guess, builder.label());
}
ValueId BinaryAccuracy(QuantityBuilder& builder) {
  return BinaryAccuracyAt(builder, builder.arguments().Float("threshold"));
}

// 1 where argmax(scores) is the class of the label, else 0
ValueId CategoricalAccuracy(QuantityBuilder& builder) {
  const ValueId guess = builder.Emit(kArgmax, {builder.scores()});
  return builder.Emit(kEqual, {guess, builder.ClassOfLabel()});
}

// Keras chooses by the shapes: one column is a binary output.
ValueId Accuracy(QuantityBuilder& builder) {
  const bool is_binary = builder.type(builder.prediction()) == builder.type(builder.label()) &&
                         builder.type(builder.prediction()).shape.back() == 1;
  return is_binary ? BinaryAccuracyAt(builder, 0.5) : CategoricalAccuracy(builder);
}

// 1 where fewer than k classes have a larger score than that of the label, else 0
ValueId TopK(QuantityBuilder& builder) {
  const ValueId y = builder.scores();
  const ValueId truth = builder.Emit(kOneHot, {builder.ClassOfLabel()}, {{"classes", builder.type(y).shape.back()}});
  const ValueId score = builder.SumOfLast(builder.Emit(kMul, {y, truth}), /*keep_dims=*/true);
  const ValueId larger = builder.SumOfLast(builder.Emit(kGreater, {y, score}));
  const auto k = static_cast<double>(builder.arguments().Int("k"));
  return builder.Emit(kGreater, {builder.EmitConstant(k - 0.5), larger});
}

// ---- Positives and negatives, of labels that are 0 or 1

// Σ of the elements of x over all axes
ValueId Total(QuantityBuilder& builder, ValueId x) { return builder.SumFrom(0, x); }

// The numbers of the class with the number class_id; without this argument, all.
ValueId OfClass(QuantityBuilder& builder, ValueId x) {
  if (!builder.arguments().Has(kClassId.name)) return x;
  std::vector<double> selection(static_cast<size_t>(builder.type(x).shape.back()));
  const auto index = static_cast<size_t>(builder.arguments().Int(kClassId.name));
  if (index < selection.size()) selection[index] = 1;
  const Shape shape = {static_cast<Dim>(selection.size())};
  const ValueId chosen = builder.Emit(kConstant, {}, {{"dtype", "f32"}, {"shape", shape}, {"values", selection}});
  return builder.SumOfLast(builder.Emit(kMul, {x, chosen}));
}

// 1 for the top_k largest numbers of each row, of equal ones the first, else 0.
ValueId IsInTop(QuantityBuilder& builder, ValueId x) {
  Shape column = builder.type(x).shape, row = column;
  const auto count = static_cast<size_t>(column.back());
  column.push_back(1);
  row.insert(row.end() - 1, 1);
  std::vector<double> indices(count);
  std::iota(indices.begin(), indices.end(), 0);
  const auto numbers = [&](const Shape& shape) {
    return builder.Emit(kConstant, {}, {{"dtype", "f32"}, {"shape", shape}, {"values", indices}});
  };
  const ValueId each = builder.Emit(kReshape, {x}, {{"shape", column}}),
                other = builder.Emit(kReshape, {x}, {{"shape", row}});
  // 1 where the other number comes before each: it is larger, or equal and to the left.
  const auto extent = static_cast<Dim>(count);
  const ValueId is_left = builder.Emit(kGreater, {numbers({extent, 1}), numbers({1, extent})});
  const ValueId is_not_smaller = builder.Emit(kSub, {builder.EmitConstant(1), builder.Emit(kGreater, {each, other})});
  const ValueId is_before = builder.Emit(kSelect, {is_left, is_not_smaller, builder.Emit(kGreater, {other, each})});
  const auto k = static_cast<double>(builder.arguments().Int(kTopK.name));
  return builder.Emit(kGreater, {builder.EmitConstant(k - 0.5), builder.SumOfLast(is_before)});
}

// x with an axis of numbers beside n.
ValueId WithNumbers(QuantityBuilder& builder, ValueId x) {
  return builder.type(x).rank() > 1 ? x : builder.Emit(kReshape, {x}, {{"shape", Shape{kBatch, 1}}});
}

// The share of the right ones among the positive guesses, or among the positive labels.
Result ShareOfTruePositives(QuantityBuilder& builder, bool among_guesses) {
  const ValueId y = WithNumbers(builder, builder.prediction());
  const ValueId label = OfClass(builder, WithNumbers(builder, builder.NumbersOfLabel()));
  const ValueId threshold = builder.EmitConstant(builder.arguments().Float(kThresholds.name));
  ValueId guess = builder.Emit(kGreater, {OfClass(builder, y), threshold});
  if (builder.arguments().Has(kTopK.name)) guess = builder.Emit(kMul, {guess, OfClass(builder, IsInTop(builder, y))});
  const int32_t right = builder.AddSum("true_positives", Total(builder, builder.Emit(kMul, {guess, label})));
  const int32_t all = among_guesses ? builder.AddSum("guessed_positives", Total(builder, guess))
                                    : builder.AddSum("positives", Total(builder, label));
  return {"", Share(ElementOf(right), ElementOf(all))};
}
Result Precision(QuantityBuilder& builder) { return ShareOfTruePositives(builder, true); }
Result Recall(QuantityBuilder& builder) { return ShareOfTruePositives(builder, false); }

// The sums over rows and numbers of a row from which areas under curves are computed.
struct CurveSums {
  int32_t true_positives, false_positives;  // f32[thresholds]
  int32_t positives, negatives;             // f32[]
  int64_t thresholds;
};

// Keras's thresholds: evenly spaced from 0 to 1, of which the first is below 0 and the last above 1.
std::vector<double> Thresholds(int64_t count) {
  std::vector<double> thresholds;
  for (int64_t index = 0; index < count; ++index)
    thresholds.push_back(static_cast<double>(index) / static_cast<double>(count - 1));
  thresholds.front() = -kEpsilon;
  thresholds.back() = 1 + kEpsilon;
  return thresholds;
}

CurveSums AddCurveSums(QuantityBuilder& builder) {
  const std::vector<double> thresholds = Thresholds(builder.arguments().Int("num_thresholds"));
  const auto count = static_cast<Dim>(thresholds.size());
  Dim elements = 1;
  for (const Dim dim : builder.type(builder.prediction()).shape) elements *= dim == kBatch ? 1 : dim;
  const Attributes column = {{"shape", Shape{kBatch, elements, 1}}};
  const ValueId all = builder.Emit(kConstant, {}, {{"dtype", "f32"}, {"shape", Shape{count}}, {"values", thresholds}});
  const bool from_logits = builder.arguments().Bool("from_logits");
  const ValueId y = from_logits ? builder.Emit(kSigmoid, {builder.prediction()}) : builder.prediction();
  const ValueId guess = builder.Emit(kGreater, {builder.Emit(kReshape, {y}, column), all});
  const ValueId label = builder.Emit(kReshape, {builder.NumbersOfLabel()}, column);
  const ValueId negative = builder.Emit(kSub, {builder.EmitConstant(1), label});
  const auto of_rows = [&](ValueId x) { return builder.Emit(kReduceSum, {x}, {{"axes", std::vector<int64_t>{0, 1}}}); };
  return {.true_positives = builder.AddSum("true_positives", of_rows(builder.Emit(kMul, {guess, label}))),
          .false_positives = builder.AddSum("false_positives", of_rows(builder.Emit(kMul, {guess, negative}))),
          .positives = builder.AddSum("positives", Total(builder, label)),
          .negatives = builder.AddSum("negatives", Total(builder, negative)),
          .thresholds = count};
}

// The trapezoids between the points (false positive rate, true positive rate) of successive thresholds.
Result AreaUnderROC(QuantityBuilder& builder) {
  const CurveSums sums = AddCurveSums(builder);
  const Expression width =
      Apply(TermKind::kSub, {ElementOf(sums.false_positives), NextElementOf(sums.false_positives)});
  const Expression height = Apply(TermKind::kAdd, {ElementOf(sums.true_positives), NextElementOf(sums.true_positives)});
  const Expression size = Apply(TermKind::kMul, {ElementOf(sums.positives), ElementOf(sums.negatives)});
  const Expression twice = Share(Apply(TermKind::kMul, {width, height}), size);
  return {"", Apply(TermKind::kMul, {Constant(0.5), twice}), sums.thresholds - 1};
}

// Davis and Goadrich, "The relationship between precision-recall and ROC curves" (2006), section 4: between successive
// thresholds, true positives are a linear function of all positive guesses p, of slope s = Δtp / Δp.  So the area is
// Σ s·(Δtp + (tp − s·p)·ln(p before / p)) / positives.  Where p is 0, so is tp; the ratio is then p before, of which
// the factor is 0.
Result AreaUnderPR(QuantityBuilder& builder) {
  const CurveSums sums = AddCurveSums(builder);
  const Expression tp = NextElementOf(sums.true_positives), one = Constant(1);
  const Expression p = Apply(TermKind::kAdd, {tp, NextElementOf(sums.false_positives)});
  const Expression before = Apply(TermKind::kAdd, {ElementOf(sums.true_positives), ElementOf(sums.false_positives)});
  const Expression rise = Apply(TermKind::kSub, {ElementOf(sums.true_positives), tp});
  const Expression slope = Share(rise, Apply(TermKind::kSub, {before, p}));
  const Expression ratio =
      Apply(TermKind::kMax, {Apply(TermKind::kDiv, {before, Apply(TermKind::kMax, {p, one})}), one});
  const Expression rest = Apply(
      TermKind::kMul, {Apply(TermKind::kSub, {tp, Apply(TermKind::kMul, {slope, p})}), Apply(TermKind::kLog, {ratio})});
  const Expression area = Apply(TermKind::kMul, {slope, Apply(TermKind::kAdd, {rise, rest})});
  return {"", Share(area, ElementOf(sums.positives)), sums.thresholds - 1};
}

// ---- Regression

// √(the mean of (y − label)²)
Result RootMeanSquaredError(QuantityBuilder& builder) {
  const ValueId error = builder.Emit(kSub, {builder.prediction(), builder.label()});
  const ValueId squares = builder.RowMeans(builder.Emit(kMul, {error, error}));
  const Expression sum = ElementOf(builder.AddSum("squares", Total(builder, squares)));
  return {"", Apply(TermKind::kSqrt, {Apply(TermKind::kDiv, {sum, RowCount()})})};
}

// The mean over the k columns of 1 − Σ(y − label)² / Σ(label − mean label)², where a column with equal labels counts 0;
// the last sum is Σ label² − (Σ label)² / rows.
Result R2Score(QuantityBuilder& builder) {
  Dim columns = 1;
  for (const Dim dim : builder.type(builder.prediction()).shape) columns *= dim == kBatch ? 1 : dim;
  const auto of_rows = [&](absl::string_view part, ValueId x) {
    const ValueId rows = builder.Emit(kReshape, {x}, {{"shape", Shape{kBatch, columns}}});
    const ValueId sum = builder.Emit(kReduceSum, {rows}, {{"axes", std::vector<int64_t>{0}}});
    return ElementOf(builder.AddSum(part, sum));
  };
  const ValueId label = builder.label(), error = builder.Emit(kSub, {builder.prediction(), label});
  const Expression residual = of_rows("residual", builder.Emit(kMul, {error, error}));
  const Expression sum = of_rows("sum", label), squares = of_rows("squares", builder.Emit(kMul, {label, label}));
  const Expression of_mean = Apply(TermKind::kMul, {sum, Apply(TermKind::kDiv, {sum, RowCount()})});
  const Expression total = Apply(TermKind::kSub, {squares, of_mean});
  const Expression score = Apply(TermKind::kSub, {Constant(1), Apply(TermKind::kDiv, {residual, total})});
  const Expression of_column =
      Apply(TermKind::kSelect, {Apply(TermKind::kLess, {Constant(0), total}), score, Constant(0)});
  return {"", Apply(TermKind::kDiv, {of_column, Constant(static_cast<double>(columns))}), columns};
}

// As a metric, the similarity is positive.
ValueId CosineSimilarity(QuantityBuilder& builder) {
  return builder.Emit(kNeg, {FindLoss("cosine_similarity")->row(builder)});
}

MetricLabels LabelsOf(const Loss& loss) {
  return loss.label_kind == LabelKind::kClassNumber ? MetricLabels::kClassNumbers : MetricLabels::kNumbers;
}

std::vector<Metric> MakeTable() {
  const std::vector<Argument> of_curves = {
      {.name = "num_thresholds", .default_value = int64_t{200}, .range = {.least = 2, .most = 10000}},
      {"from_logits", false}};
  std::vector<Metric> table = {
      {.name = "accuracy",
       .alias = "acc",
       .labels = MetricLabels::kClasses,
       .row = Accuracy,
       .better = Better::kLarger},
      {.name = "Accuracy", .labels = MetricLabels::kNumbers, .row = Equality, .better = Better::kLarger},
      {.name = "binary_accuracy",
       .labels = MetricLabels::kNumbers,
       .arguments = {{"threshold", 0.5}},
       .row = BinaryAccuracy,
       .better = Better::kLarger},
      {.name = "categorical_accuracy",
       .labels = MetricLabels::kNumbers,
       .row = CategoricalAccuracy,
       .better = Better::kLarger},
      {.name = "sparse_categorical_accuracy",
       .labels = MetricLabels::kClassNumbers,
       .row = CategoricalAccuracy,
       .better = Better::kLarger},
      {.name = "top_k_categorical_accuracy",
       .labels = MetricLabels::kNumbers,
       .arguments = {kK},
       .row = TopK,
       .better = Better::kLarger},
      {.name = "sparse_top_k_categorical_accuracy",
       .labels = MetricLabels::kClassNumbers,
       .arguments = {kK},
       .row = TopK,
       .better = Better::kLarger},
      {.name = "precision",
       .labels = MetricLabels::kClasses,
       .arguments = {kThresholds, kTopK, kClassId},
       .result = Precision,
       .better = Better::kLarger},
      {.name = "recall",
       .labels = MetricLabels::kClasses,
       .arguments = {kThresholds, kTopK, kClassId},
       .result = Recall,
       .better = Better::kLarger},
      {.name = "auc",
       .labels = MetricLabels::kClasses,
       .arguments = of_curves,
       .result = AreaUnderROC,
       .better = Better::kLarger},
      {.name = "auc_PR",
       .labels = MetricLabels::kClasses,
       .arguments = of_curves,
       .result = AreaUnderPR,
       .better = Better::kLarger},
      {.name = "root_mean_squared_error",
       .labels = MetricLabels::kNumbers,
       .result = RootMeanSquaredError,
       .better = Better::kSmaller},
      {.name = "r2_score", .labels = MetricLabels::kNumbers, .result = R2Score, .better = Better::kLarger},
      {.name = "cosine_similarity",
       .labels = MetricLabels::kNumbers,
       .row = CosineSimilarity,
       .better = Better::kLarger},
  };
  const size_t own = table.size();
  for (const Loss& loss : AllLosses()) {
    const bool is_taken = std::any_of(table.begin(), table.begin() + static_cast<std::ptrdiff_t>(own),
                                      [&](const Metric& metric) { return metric.name == loss.name; });
    if (!is_taken)
      table.push_back({loss.name, loss.alias, LabelsOf(loss), loss.arguments, loss.activation, loss.row, nullptr,
                       Better::kSmaller});
  }
  return table;
}

std::vector<Metric>& Table() {
  static auto* const table = new std::vector<Metric>(MakeTable());
  return *table;
}

}  // namespace

absl::Span<const Metric> AllMetrics() { return Table(); }

void AddMetric(const Metric& metric) { Table().push_back(metric); }

const Metric* FindMetric(absl::string_view name) {
  const std::string alias = absl::AsciiStrToLower(name);
  const auto find = [&](const auto& is_row) { return std::find_if(AllMetrics().begin(), AllMetrics().end(), is_row); };
  auto row = find([&](const Metric& metric) { return metric.name == name; });
  if (row == AllMetrics().end())
    row = find([&](const Metric& metric) { return !metric.alias.empty() && metric.alias == alias; });
  return row == AllMetrics().end() ? nullptr : &*row;
}

Better BetterOf(const Training& training, absl::string_view quantity) {
  if (quantity == "loss") return Better::kSmaller;
  for (const Objective& objective : training.objectives) {
    if (QuantityName(training, objective, "loss") == quantity) return Better::kSmaller;
    for (const MetricUse& use : objective.metrics) {
      const Metric* const metric = FindMetric(use.metric);
      if (metric != nullptr && QuantityName(training, objective, use.name) == quantity) return metric->better;
    }
  }
  return Better::kUnknown;
}

std::string MetricFault(const Metric& metric, const Loss& loss) {
  const bool are_class_numbers = loss.label_kind == LabelKind::kClassNumber;
  switch (metric.labels) {
    case MetricLabels::kAny:
      return "";
    case MetricLabels::kClasses:
      if (loss.compares_classes()) return "";
      return absl::StrCat(metric.name, " compares classes, but the labels of ", loss.name, " are numbers");
    case MetricLabels::kClassNumbers:
      if (are_class_numbers) return "";
      return absl::StrCat(metric.name, " takes class numbers, but a label of ", loss.name,
                          " has the shape of the output");
    case MetricLabels::kNumbers:
      if (!are_class_numbers) return "";
      return absl::StrCat(metric.name, " takes labels of the shape of the output, but those of ", loss.name,
                          " are class numbers");
  }
  return "";
}

}  // namespace brine::ir
