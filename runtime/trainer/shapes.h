// The program's tables about its functions, inputs and outputs.
#ifndef BRINE_RUNTIME_TRAINER_SHAPES_H_
#define BRINE_RUNTIME_TRAINER_SHAPES_H_

#include <string>
#include <string_view>
#include <vector>

#include "runtime/program.h"

namespace brine {

int64_t RowElements(const brine_value& value);    // of one row: the product of all dimensions but the first
std::string ShapeText(const brine_value& value);  // "(n, 32, 32, 3)"

// Throws Error unless a sample of so many elements is a row of `input`; the sentence begins with `place` where there is
// one.
void CheckSample(int64_t elements, const brine_value& input, const std::string& place = "");

// "train", "evaluate" or "predict"; throws Error when the program was not compiled for it.
const brine_function& FunctionOf(const brine_program& program, std::string_view name);

// The inputs that data are read to: data and labels, in the function's order.
std::vector<const brine_input*> FedInputs(const brine_function& function);
const char* InputName(const brine_function& function, const brine_input& input);
bool IsFed(const brine_program& program, const std::string& name);  // by data or labels, in some function
std::string FedNames(const brine_function& function);               // "left, right, label"
std::string FedNames(const brine_program& program);                 // of all its functions

// The number of classes of the first label, or, without labels, of the first output.
int64_t ClassCount(const brine_program& program);

// The size of the images that the program takes.  A flat input of k·k or k·k·3 numbers counts as an image.  Zeros if it
// takes none, or if it has more than one input.
struct ImageSize {
  int64_t height = 0, width = 0, channels = 0;
};
ImageSize InputImage(const brine_program& program);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_SHAPES_H_
