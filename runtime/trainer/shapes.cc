#include "runtime/trainer/shapes.h"

#include <algorithm>
#include <cmath>

#include "runtime/core/state.h"
#include "runtime/trainer/error.h"

namespace brine {

int64_t RowElements(const brine_value& value) {
  int64_t elements = 1;
  for (int axis = 1; axis < value.rank; ++axis) elements *= value.dims[axis];
  return elements;
}

std::string ShapeText(const brine_value& value) {
  std::string text = "(n";
  for (int axis = 1; axis < value.rank; ++axis) text += ", " + std::to_string(value.dims[axis]);
  return text + ")";
}

void CheckSample(int64_t elements, const brine_value& input, const std::string& where) {
  if (elements == RowElements(input)) return;
  ThrowError(kExitBadInput, {(where.empty() ? "" : where + ": "), "a sample has ", elements,
                             " elements, the model's input ", input.name, " is ", ShapeText(input)});
}

const brine_function& FunctionOf(const brine_program& program, std::string_view name) {
  const brine_function* const function = brine_find_function(&program, std::string(name).c_str());
  if (function == nullptr)
    ThrowError(kExitBadInput, {program.name, " was not compiled for ",
                               (name == "train"      ? "training"
                                : name == "evaluate" ? "evaluation"
                                                     : "prediction")});
  return *function;
}

std::vector<const brine_input*> FedInputs(const brine_function& function) {
  std::vector<const brine_input*> fed;
  for (int32_t index = 0; index < function.input_count; ++index) {
    const brine_input& input = function.inputs[index];
    if (input.source == BRINE_DATA || input.source == BRINE_LABEL) fed.push_back(&input);
  }
  return fed;
}

const char* InputName(const brine_function& function, const brine_input& input) {
  return function.values[input.value].name;
}

namespace {

std::vector<std::string> AllFedNames(const brine_program& program) {
  std::vector<std::string> names;
  for (int32_t index = 0; index < program.function_count; ++index) {
    const brine_function& function = program.functions[index];
    for (const brine_input* input : FedInputs(function)) {
      const std::string name = InputName(function, *input);
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

}  // namespace

bool IsFed(const brine_program& program, const std::string& name) {
  const std::vector<std::string> names = AllFedNames(program);
  if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  for (int32_t index = 0; index < program.function_count; ++index) {
    const brine_input* const input = brine_find_input(&program.functions[index], name.c_str());
    if (input != nullptr && input->source == BRINE_WEIGHT) return true;
  }
  return false;
}

std::string FedNames(const brine_function& function) {
  std::string text;
  for (const brine_input* input : FedInputs(function))
    text += (text.empty() ? "" : ", ") + std::string(InputName(function, *input));
  return text;
}

std::string FedNames(const brine_program& program) {
  std::string text;
  for (const std::string& name : AllFedNames(program)) text += (text.empty() ? "" : ", ") + name;
  return text;
}

int64_t ClassCount(const brine_program& program) {
  for (int32_t index = 0; index < program.function_count; ++index) {
    for (const brine_input* input : FedInputs(program.functions[index])) {
      if (input->classes > 0) return input->classes;
    }
  }
  const brine_function& predict = FunctionOf(program, "predict");
  return predict.output_count == 0 ? 1 : std::max(predict.outputs[0].classes, 1);
}

ImageSize InputImage(const brine_program& program) {
  const brine_value* value = nullptr;
  const brine_function& function = program.functions[0];
  for (const brine_input* input : FedInputs(function)) {
    if (input->source != BRINE_DATA) continue;
    if (value != nullptr) return {};
    value = &function.values[input->value];
  }
  if (value == nullptr) return {};
  const int32_t* const dims = value->dims + 1;
  if (value->rank == 4) return {dims[0], dims[1], dims[2]};
  if (value->rank == 3) return {dims[0], dims[1], 1};
  for (int64_t channels : {1, 3}) {
    const int64_t side = std::llround(std::sqrt(static_cast<double>(dims[0] / channels)));
    if (value->rank == 2 && side * side * channels == dims[0]) return {side, side, channels};
  }
  return {};
}

}  // namespace brine
