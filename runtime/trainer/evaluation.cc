#include "runtime/trainer/evaluation.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <span>
#include <utility>

#include "runtime/trainer/class_names.h"
#include "runtime/trainer/compared_outputs.h"
#include "runtime/trainer/confusion.h"
#include "runtime/trainer/json.h"
#include "runtime/trainer/sample_picture.h"
#include "runtime/trainer/shapes.h"

namespace brine {
namespace {

constexpr int kTopClasses = 3;
constexpr size_t kShownNumbers = 8;

// A sample with its loss, and what is said about it.
struct Sample {
  double loss;
  int64_t index;
  JsonObject facts;
};

// The samples with the largest losses of those that were seen, in descending order; of equal losses, that of the sample
// that was seen first comes first.
class Worst {
 public:
  // Whether a sample with this loss belongs to the worst ones.
  bool Wants(double loss) const { return samples_.size() < kWorstSamples || loss > samples_.back().loss; }
  void Take(Sample sample) {
    auto place = samples_.begin();
    while (place != samples_.end() && place->loss >= sample.loss) ++place;
    samples_.insert(place, std::move(sample));
    if (samples_.size() > kWorstSamples) samples_.pop_back();
  }
  const std::vector<Sample>& samples() const { return samples_; }

 private:
  std::vector<Sample> samples_;
};

// The row as probabilities: unchanged if its numbers are some, otherwise their softmax.
std::vector<double> Probabilities(std::span<const float> row) {
  std::vector<double> numbers(row.begin(), row.end());
  const double sum = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  if (*least >= 0 && std::fabs(sum - 1) < 1e-3) return numbers;
  const double largest = *most;
  double total = 0;
  for (double& number : numbers) total += number = std::exp(number - largest);
  for (double& number : numbers) number /= total;
  return numbers;
}

// The most probable classes, in descending order.
std::string TopJson(std::vector<double> probabilities) {
  JsonList list;
  for (int count = 0; count < kTopClasses && count < static_cast<int>(probabilities.size()); ++count) {
    const auto largest = std::max_element(probabilities.begin(), probabilities.end());
    list.Add(JsonObject().Whole("class", largest - probabilities.begin()).Number("probability", *largest).text());
    *largest = -1;
  }
  return list.text();
}

void TakeClass(int32_t label, int64_t sample, std::span<const float> row, Worst& worst) {
  const std::vector<double> probabilities = Probabilities(row);
  const double loss = -std::log(std::max(probabilities[static_cast<size_t>(label)], 1e-30));
  if (!worst.Wants(loss)) return;
  worst.Take({loss, sample, JsonObject().Whole("label", label).Json("top", TopJson(probabilities))});
}

std::string NumbersJson(std::span<const double> numbers) {
  JsonList list;
  for (const double number : numbers.first(std::min(numbers.size(), kShownNumbers))) list.Add(JsonNumber(number));
  return list.text();
}

void TakeNumbers(std::span<const double> label, int64_t sample, std::span<const double> row, Worst& worst) {
  double sum = 0;
  for (size_t column = 0; column < row.size(); ++column)
    sum += (row[column] - label[column]) * (row[column] - label[column]);
  const double loss = sum / static_cast<double>(row.size());
  if (!worst.Wants(loss)) return;
  worst.Take({loss, sample, JsonObject().Json("label", NumbersJson(label)).Json("value", NumbersJson(row))});
}

// The numbers of one row of a label, which are of type f32 or i32.
std::vector<double> LabelNumbers(const ComparedOutput& compared, const uint8_t* labels, size_t row) {
  const auto columns = static_cast<size_t>(compared.columns);
  std::vector<double> numbers;
  for (size_t column = 0; column < columns; ++column) {
    float real;
    int32_t whole;
    const uint8_t* const place = labels + 4 * (row * columns + column);
    std::memcpy(&real, place, sizeof(real));
    std::memcpy(&whole, place, sizeof(whole));
    numbers.push_back(compared.label_value->dtype == BRINE_I32 ? whole : double{real});
  }
  return numbers;
}

// What is known of an output.
struct Findings {
  const ComparedOutput* compared;
  ConfusionMatrix confusion;  // of no classes if it is not counted
  Worst worst;

  void Add(std::span<const int64_t> samples, const uint8_t* labels, const float* rows) {
    const auto columns = static_cast<size_t>(compared->columns);
    if (confusion.classes > 0) Count(*compared, static_cast<int64_t>(samples.size()), labels, rows, confusion);
    for (size_t row = 0; row < samples.size(); ++row) {
      const std::span<const float> numbers(rows + row * columns, columns);
      if (compared->label->classes == 0) {
        TakeNumbers(LabelNumbers(*compared, labels, row), samples[row],
                    std::vector<double>(numbers.begin(), numbers.end()), worst);
      } else if (compared->positions() == 1) {
        const int32_t label = compared->ClassAt(labels, static_cast<int64_t>(row));
        if (!IsIgnored(*compared->label, label)) TakeClass(label, samples[row], numbers, worst);
      }
    }
  }
};

std::string WorstJson(const Worst& worst, const brine_program& program, const Dataset& data) {
  JsonList list;
  for (const Sample& sample : worst.samples()) {
    const std::string name = data.source().NameOf(data.first() + sample.index);
    const Picture picture = PictureOf(program, data, sample.index);
    JsonObject object = sample.facts;
    object.Whole("sample", sample.index).Number("loss", sample.loss);
    if (!name.empty()) object.Text("name", name);
    if (!picture.pixels.empty()) object.Json("image", PictureJson(picture));
    list.Add(object.text());
  }
  return list.text();
}

std::string ClassesJson(int64_t classes, const std::vector<std::string>& names) {
  std::vector<std::string> all = WithAllNames(names, classes);
  all.resize(static_cast<size_t>(classes));
  JsonList list;
  for (const std::string& name : all) list.Add(JsonString(name));
  return list.text();
}

}  // namespace

std::string EvaluationJson(Trainer& trainer, const Dataset& data, int epoch, int64_t most_samples,
                           const std::vector<std::string>& class_names) {
  const brine_program& program = trainer.program();
  const std::vector<ComparedOutput> outputs = ComparedOutputs(program);
  std::vector<Findings> findings;
  for (const ComparedOutput& compared : outputs) {
    const int64_t classes = compared.label->classes;
    const bool counts = classes > 0 && classes <= kMaxConfusionClasses;
    findings.push_back({&compared, counts ? EmptyMatrix(compared) : ConfusionMatrix(), {}});
  }
  std::vector<int64_t> indices(static_cast<size_t>(std::min(data.size(), most_samples)));
  for (size_t index = 0; index < indices.size(); ++index)
    indices[index] = static_cast<int64_t>(static_cast<double>(index) * static_cast<double>(data.size()) /
                                          static_cast<double>(indices.size()));
  PredictAndCompare(trainer, data, indices, outputs,
                    [&](size_t index, std::span<const int64_t> samples, const uint8_t* labels, const float* rows) {
                      findings[index].Add(samples, labels, rows);
                    });
  JsonList list;
  for (const Findings& found : findings) {
    const int64_t classes = found.compared->label->classes;
    JsonObject object;
    object.Text("name", found.compared->output->name);
    if (classes > 0) object.Json("classes", ClassesJson(classes, class_names));
    if (found.confusion.classes > 0) object.Json("confusion", CountsJson(found.confusion));
    list.Add(object.Json("worst", WorstJson(found.worst, program, data)).text());
  }
  JsonObject object;
  object.Whole("epoch", epoch).Text("data", "validation").Whole("samples", static_cast<int64_t>(indices.size()));
  return object.Json("outputs", list.text()).text() + "\n";
}

}  // namespace brine
