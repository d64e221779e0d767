#include "runtime/trainer/open_data.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "runtime/core/state.h"
#include "runtime/trainer/drawn_shapes.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/readers.h"
#include "runtime/trainer/run_path.h"
#include "runtime/trainer/shapes.h"

namespace brine {
namespace {

// Whether the array is one sample or several in the shape of the input, or flat ones.  Axes of extent 1 are ignored.
bool HasShapeOf(const Array& array, const brine_value& input) {
  std::vector<int64_t> given, expected;
  for (int64_t extent : array.shape) {
    if (extent != 1) given.push_back(extent);
  }
  for (int axis = 1; axis < input.rank; ++axis) {
    if (input.dims[axis] != 1) expected.push_back(input.dims[axis]);
  }
  if (given.size() > expected.size() + 1) return false;
  if (given.size() >= expected.size() &&
      std::equal(expected.begin(), expected.end(), given.end() - static_cast<std::ptrdiff_t>(expected.size())))
    return true;
  return given.size() <= 1 || (given.size() == 2 && given[1] == RowElements(input));
}

// The value of the data input or label of this name, in any function.  Null if there is none, and for a label of
// classes, whose array need not have the shape of the value.
const brine_value* FindDataValue(const brine_program& program, const std::string& name) {
  for (int32_t index = 0; index < program.function_count; ++index) {
    const brine_input* const input = brine_find_input(&program.functions[index], name.c_str());
    if (input != nullptr && input->classes == 0) return &program.functions[index].values[input->value];
  }
  return nullptr;
}

// Throws Error if the samples of a file do not fit the only data input of the program.
void CheckSamples(const brine_program& program, const Dataset& data, const std::string& file) {
  if (data.fields().empty() || !data.fields()[0].name.empty())
    return;  // fields with names are checked as they are read
  const brine_function& function = program.functions[0];
  for (const brine_input* input : FedInputs(function)) {
    if (input->source == BRINE_DATA) CheckSample(data.fields()[0].elements, function.values[input->value], file);
  }
}

}  // namespace

std::string SourceOf(const std::string& file) {
  const char* const text = std::getenv(kSourcesVariable);
  if (text == nullptr) return file;
  const std::vector<std::string> sources = SplitCommand(text);
  const auto found = std::find(sources.begin(), sources.end(), file);
  return sources.end() - found < 2 ? file : found[1];
}

void CheckShape(const Array& array, const brine_value& input, const std::string& file) {
  if (HasShapeOf(array, input)) return;
  std::string shape;
  for (int64_t extent : array.shape) shape += (shape.empty() ? "" : ", ") + std::to_string(extent);
  ThrowError(kExitBadInput,
             {file, ": has shape (", shape, "), the model's input ", input.name, " is ", ShapeText(input)});
}

Dataset OpenArrays(const brine_program& program, const CommandLine::NamedFiles& files) {
  const auto arrays = std::make_shared<std::vector<Array>>();
  std::vector<NamedArray> named;
  for (const auto& [name, file] : files) {
    arrays->push_back(ReadNpy(file));
    const Array& array = arrays->back();
    if (array.shape.empty()) ThrowError(kExitBadInput, {file, ": holds a number, not an array of samples"});
    if (const brine_value* value = FindDataValue(program, name); value != nullptr) CheckShape(array, *value, file);
    named.push_back({name, array.shape[0], {}});
  }
  for (size_t index = 0; index < named.size(); ++index) named[index].elements = (*arrays)[index].elements();
  return Dataset(std::move(named), arrays);
}

Splits OpenMapped(const brine_program& program, const std::string& path) {
  const ImageSize size = InputImage(program);
  Splits data = LoadMapped(path);
  for (Dataset* part : {&data.train, &data.validation, &data.test}) {
    if (size.height > 0) *part = part->EnlargedTo(size.height, size.width);
    CheckSamples(program, *part, SourceOf(path));
  }
  return data;
}

const Dataset& HeldOut(const Splits& data) { return data.test.size() > 0 ? data.test : data.validation; }

Splits OpenData(const brine_program& program, const CommandLine& line) {
  if (!line.arrays.empty()) {
    const Dataset data = OpenArrays(program, line.arrays);
    const bool trains = line.command == kTrain || line.command == kBench;
    return trains ? Splits{.train = data} : Splits{.test = data};
  }
  const ImageSize size = InputImage(program);
  if (line.data.empty()) {
    if (size.height == 0)
      ThrowError(kExitBadInput, {"the built-in data are images, which ", program.name,
                                 " does not take; use --data NAME=FILE for each of ", FedNames(program)});
    return DrawShapes(size.height, size.width, size.channels, ClassCount(program), 0, program.backend);
  }
  Splits data = OpenMapped(program, line.data);
  if ((line.command == kTrain || line.command == kBench) && data.train.size() == 0)
    ThrowError(kExitBadInput, {SourceOf(line.data), ": has no training data"});
  if (line.command == kEvaluate && HeldOut(data).size() == 0)
    ThrowError(kExitBadInput, {SourceOf(line.data), ": has neither test nor validation data"});
  return data;
}

}  // namespace brine
