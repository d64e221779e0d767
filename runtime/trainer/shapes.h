// What a program's tables say about the shapes of its input and output.
#ifndef BRINE_RUNTIME_TRAINER_SHAPES_H_
#define BRINE_RUNTIME_TRAINER_SHAPES_H_

#include <string>

#include "runtime/program.h"

namespace brine {

int64_t RowElements(const brine_value& value);    // of one row: the product of all dimensions but the first
std::string ShapeText(const brine_value& value);  // "(n, 32, 32, 3)"

// Throws Error unless a sample of so many elements is a row of `input`; the sentence begins with `place` where there is
// one.
void CheckSample(int64_t elements, const brine_value& input, const std::string& place = "");

// The only input of `function` with this source, BRINE_DATA or BRINE_LABEL; throws Error when there are none or
// several.
const brine_value& OnlyInput(const brine_function& function, brine_source source);

// What the program predicts; throws Error when it was not compiled for prediction.
const brine_value& PredictedOutput(const brine_program& program);
// The classes it tells apart: the last dimension of that.
int64_t ClassCount(const brine_program& program);

// The pictures that the program takes; a flat input of k·k or k·k·3 numbers counts as such a picture.  Zeros where it
// takes none.
struct PictureSize {
  int64_t height = 0, width = 0, channels = 0;
};
PictureSize InputPicture(const brine_program& program);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_SHAPES_H_
