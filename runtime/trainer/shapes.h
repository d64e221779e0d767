// What the tables of a program say about its functions, inputs and outputs.
#ifndef BRINE_RUNTIME_TRAINER_SHAPES_H_
#define BRINE_RUNTIME_TRAINER_SHAPES_H_

#include <string>
#include <string_view>
#include <vector>

#include "runtime/program.h"

namespace brine {

int64_t RowElements(const brine_value& value);    // the number of elements of one row
std::string ShapeText(const brine_value& value);  // "(n, 32, 32, 3)"

// Throws Error unless a sample of so many elements is a row of `input`.  The sentence begins with `where`, such as the
// name of a file, if it is not empty.
void CheckSample(int64_t elements, const brine_value& input, const std::string& where = "");

// The function "train", "evaluate" or "predict".  Throws Error if the program does not have it.
const brine_function& FunctionOf(const brine_program& program, std::string_view name);

// The inputs that are filled from a data set, that is data and labels, in the function's order.
std::vector<const brine_input*> FedInputs(const brine_function& function);
const char* InputName(const brine_function& function, const brine_input& input);

// Whether labels of this number do not count.
inline bool IsIgnored(const brine_input& label, int32_t number) {
  return label.ignores_class != 0 && number == label.ignored_class;
}

// Whether a function of the program has such an input of this name, or one for the weights of samples.
bool IsFed(const brine_program& program, const std::string& name);

// The names of such inputs of a function, or of all functions of a program: "left, right, label".
std::string FedNames(const brine_function& function);
std::string FedNames(const brine_program& program);

// The number of classes of the first label that has classes, or, if none has, of the first output of "predict"; at
// least 1.
int64_t ClassCount(const brine_program& program);

// The size of the images that the program takes.  A flat input of k·k or k·k·3 numbers counts as an image.  All zero if
// the program takes no images, or if it has more than one data input.
struct ImageSize {
  int64_t height = 0, width = 0, channels = 0;
};
ImageSize InputImage(const brine_program& program);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_SHAPES_H_
