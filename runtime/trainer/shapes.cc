#include "runtime/trainer/shapes.h"

#include <cmath>
#include <cstring>

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

void CheckSample(int64_t elements, const brine_value& input, const std::string& place) {
  if (elements == RowElements(input)) return;
  throw Error(kExitBadInput, (place.empty() ? "" : place + ": ") + "a sample has " + std::to_string(elements) +
                                 " elements, the model's input " + input.name + " is " + ShapeText(input));
}

const brine_value& OnlyInput(const brine_function& function, brine_source source) {
  const brine_value* const value = brine_input_value(&function, source, 0);
  if (value != nullptr && brine_input_value(&function, source, 1) == nullptr) return *value;
  const std::string what = source == BRINE_DATA ? " data inputs" : " label inputs";
  throw Error(kExitBadInput,
              "the program has " + std::string(value == nullptr ? "no" : "several") + what + "; the trainer feeds one");
}

const brine_value& PredictedOutput(const brine_program& program) {
  for (int32_t index = 0; index < program.predict.output_count; ++index) {
    if (std::strcmp(program.predict.outputs[index].name, "output") == 0)
      return program.predict.values[program.predict.outputs[index].value];
  }
  throw Error(kExitBadInput, std::string(program.name) + " was not compiled for prediction");
}

int64_t ClassCount(const brine_program& program) {
  const brine_value& output = PredictedOutput(program);
  return output.rank == 0 ? 1 : output.dims[output.rank - 1];
}

PictureSize InputPicture(const brine_program& program) {
  const brine_function& function = program.train.call_count > 0 ? program.train : program.predict;
  const brine_value* const value = brine_input_value(&function, BRINE_DATA, 0);
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
