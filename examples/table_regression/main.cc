// examples/table_regression/main.cc: draws a table, trains on most of its rows, and predicts the others
#include <cmath>
#include <cstdio>
#include <numbers>
#include <random>
#include <span>
#include <vector>

#include "runtime/trainer/trainer.h"
#include "table_regression.h"  // brine writes this header beside the compiled model

namespace {

constexpr int kColumns = 10;

struct Table {
  std::vector<float> columns, target;
  int rows() const { return static_cast<int>(target.size()); }
};

// Friedman, "Multivariate adaptive regression splines" (1991), section 4.3: of ten columns, five matter.  Each column
// has a scale of its own here, as in tables of real measurements.  The noise has a deviation of 1.
Table DrawTable(int rows, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> unit(0, 1);
  std::normal_distribution<float> noise(0, 1);
  Table table;
  for (int row = 0; row < rows; ++row) {
    float x[kColumns];
    for (float& number : x) number = unit(random);
    table.target.push_back(10 * std::sin(std::numbers::pi_v<float> * x[0] * x[1]) + 20 * std::pow(x[2] - 0.5f, 2.0f) +
                           10 * x[3] + 5 * x[4] + noise(random));
    for (int column = 0; column < kColumns; ++column)
      table.columns.push_back(x[column] * std::pow(10.0f, static_cast<float>(column - 4)) + static_cast<float>(column));
  }
  return table;
}

brine::Dataset DatasetOf(const Table& table) {
  return brine::Dataset(table.rows(), std::span<const float>(table.columns), std::span<const float>(table.target));
}

}  // namespace

int main() try {
  const Table train = DrawTable(8000, 1), test = DrawTable(2000, 2);
  const brine::Dataset train_data = DatasetOf(train), test_data = DatasetOf(test);

  brine::Trainer trainer(table_regression::Program(), {.seed = 3});
  trainer.Fit(train_data, {.epochs = 30, .validation_data = &test_data});
  const brine::Results results = trainer.Evaluate(test_data);
  std::printf("Test mean absolute error: %.3f\n", results["mean_absolute_error"]);
  std::printf("Test R2: %.4f\n", results["r2_score"]);

  const std::vector<float> predictions = trainer.Predict(std::span<const float>(test.columns).first(3 * kColumns));
  for (int row = 0; row < 3; ++row)
    std::printf("row %d: %.2f, predicted %.2f\n", row, test.target[row], predictions[row]);
  return results["r2_score"] > 0.9 ? 0 : 1;
} catch (const brine::Error& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return error.code();
}
