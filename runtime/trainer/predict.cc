// The command predict.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <numeric>
#include <span>

#include "runtime/trainer/commands.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/json.h"
#include "runtime/trainer/mapped_file.h"
#include "runtime/trainer/npy.h"
#include "runtime/trainer/open_data.h"
#include "runtime/trainer/picture_kind.h"
#include "runtime/trainer/readers.h"
#include "runtime/trainer/shapes.h"
#include "runtime/trainer/text.h"

namespace brine {
namespace {

// The samples of a file, for a model with one input.
Dataset OpenOnlyInput(const brine_program& program, const std::string& file) {
  const brine_function& function = FunctionOf(program, "predict");
  const std::vector<const brine_input*> inputs = FedInputs(function);
  if (inputs.size() != 1)
    ThrowError(kExitUsage, {program.name, " takes several inputs; give NAME=FILE for each of ", FedNames(function)});
  const auto array = std::make_shared<Array>(ReadNpy(file));
  const brine_value& input = function.values[inputs[0]->value];
  CheckShape(*array, input, file);
  const auto total = static_cast<int64_t>(std::visit([](auto span) { return span.size(); }, array->elements()));
  if (total % RowElements(input) != 0)
    ThrowError(kExitBadInput, {file, ": ", total, " elements are no whole number of samples of ", RowElements(input)});
  return Dataset({{"", total / RowElements(input), array->elements()}}, array);
}

// The samples of a file, whose first bytes decide what it is.
Dataset OpenInput(const brine_program& program, const std::string& file) {
  const MappedFile mapped(file);
  if (PictureKindOf(mapped.bytes()) != PictureKind::kNone)
    ThrowError(kExitBadInput, {file,
                               ": is a picture, which brine predict decodes, but this program does not; brine data "
                               "pack makes a packed file, which both take"});
  if (!IsPackedFile(mapped.bytes())) return OpenOnlyInput(program, file);
  const Splits data = OpenMapped(program, file);
  return HeldOut(data).size() > 0 ? HeldOut(data) : data.train;
}

// Predicts the samples.  If they come from a file, an error about the samples names it.
std::vector<Prediction> PredictSamples(Trainer& trainer, const Dataset& samples, const std::string& file) {
  try {
    return trainer.Predict(samples);
  } catch (const Error& error) {
    if (file.empty() || error.code() != kExitBadInput) throw;
    ThrowError(error.code(), {SourceOf(file), ": ", error.what()});
  }
}

// The samples that the command line names, and the names of the classes, if the data have them.
Dataset OpenSamples(const brine_program& program, const CommandLine& line) {
  Splits splits;
  if (!line.data.empty() || !line.arrays.empty() || line.sample >= 0) splits = OpenData(program, line);
  const Dataset& data = HeldOut(splits);
  Dataset samples;
  if (line.sample >= data.size() && line.sample >= 0)
    ThrowError(kExitBadInput, {"image ", line.sample, " was asked for, the test data hold ", data.size()});
  if (line.sample >= 0)
    samples = data.Slice(line.sample, 1);
  else if (!line.inputs.empty())
    samples = OpenArrays(program, line.inputs);
  else
    samples = OpenInput(program, line.input);
  if (!data.class_names.empty()) samples.class_names = data.class_names;
  return samples;
}

// The `top` most probable classes, or all for 0, in descending order; of equal ones the first comes first.
std::vector<size_t> MostProbable(std::span<const float> row, int top) {
  std::vector<size_t> order(row.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const size_t count = top > 0 ? std::min(order.size(), static_cast<size_t>(top)) : order.size();
  // Unlike sort, this stays within its range if numbers are NaN, which have no order.
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](size_t a, size_t b) { return row[a] > row[b] || (row[a] == row[b] && a < b); });
  order.resize(count);
  return order;
}

// What is predicted for a sample: classes, if there are names of them, and otherwise numbers.
struct Row {
  std::span<const float> numbers;
  const std::vector<std::string>* names;
  int top;

  // "ship 0.9341, plane 0.0214", or "0.9341, 2.1".
  std::string Text() const {
    std::string text;
    if (names == nullptr) {
      for (const float number : numbers) text += Concat({text.empty() ? "" : ", ", JsonNumber(number)});
      return text;
    }
    for (const size_t index : MostProbable(numbers, top)) {
      char number[40];
      std::snprintf(number, sizeof(number), "%.4f", static_cast<double>(numbers[index]));
      text += Concat({text.empty() ? "" : ", ", (*names)[index], " ", number});
    }
    return text;
  }

  // Adds "class": "ship", "probabilities": {"ship": 0.9341, …}, or "values": [0.9341, 2.1].
  void AddTo(JsonObject& object) const {
    if (names == nullptr) {
      JsonList list;
      for (const float number : numbers) list.Add(JsonNumber(number));
      object.Json("values", list.text());
      return;
    }
    const std::vector<size_t> order = MostProbable(numbers, top);
    JsonObject probabilities;
    for (const size_t index : order) probabilities.Number((*names)[index], numbers[index]);
    object.Text("class", (*names)[order[0]]).Json("probabilities", probabilities.text());
  }
};

}  // namespace

int RunPredict(const brine_program& program, const CommandLine& line) {
  Trainer trainer(program, {.threads = line.threads});
  LoadWeights(trainer, line);
  const Dataset samples = OpenSamples(program, line);
  const std::vector<Prediction> predictions = PredictSamples(trainer, samples, line.input);
  const bool several = predictions.size() > 1;
  std::vector<std::vector<std::string>> class_names;  // by prediction
  for (const Prediction& prediction : predictions)
    class_names.push_back(ClassNames(trainer, samples, prediction.classes));
  for (int64_t sample = 0; sample < samples.size(); ++sample) {
    const std::string name = samples.source().NameOf(samples.first() + sample),
                      number = std::to_string(line.sample >= 0 ? line.sample : sample);
    for (size_t index = 0; index < predictions.size(); ++index) {
      const Prediction& prediction = predictions[index];
      const std::span<const float> values(prediction.values);
      const auto columns = static_cast<size_t>(prediction.columns);
      const bool are_classes = prediction.classes == prediction.columns;
      const Row row = {values.subspan(static_cast<size_t>(sample) * columns, columns),
                       are_classes ? &class_names[index] : nullptr, line.top};
      if (!line.json) {
        std::puts(
            Concat({name.empty() ? number : name, several ? " " : "", several ? prediction.name : "", ": ", row.Text()})
                .c_str());
        continue;
      }
      JsonObject object;
      object.Json("sample", name.empty() ? number : JsonString(name));
      if (several) object.Text("output", prediction.name);
      row.AddTo(object);
      std::puts(object.text().c_str());
    }
  }
  return kExitOk;
}

}  // namespace brine
