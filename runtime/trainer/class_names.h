// The names of classes and of elements as notes of a file of weights: so predictions have those of classes without the
// data, and other data are compared with those that the weights were trained on.
#ifndef BRINE_RUNTIME_TRAINER_CLASS_NAMES_H_
#define BRINE_RUNTIME_TRAINER_CLASS_NAMES_H_

#include <string>
#include <vector>

#include "runtime/trainer/dataset.h"

namespace brine {

inline constexpr char kClassNamesNote[] = "class_names", kElementNamesNote[] = "element_names";

// The names with commas between them.  Bytes that a note or a list cannot hold are written as in a URL, %2C.  Empty if
// that would be more than 4 MB, so that names never prevent a file from being written.
std::string EncodeClassNames(const std::vector<std::string>& names);
// The names in a note, whatever its text is; none for an empty one.
std::vector<std::string> DecodeClassNames(const std::string& text);

// The names with "class 7" and so on for the classes that lack one, of which there are `classes` in all.  A name that
// another class has gets an apostrophe.
std::vector<std::string> WithAllNames(std::vector<std::string> names, int64_t classes);

// The data with the numbers that `names` has for the names of their classes, so that a folder that lacks a class, or
// has them in another order, is evaluated rightly.  The data stay as they are if one of the two has no names.  Throws
// Error if the data have a class that is not among `names`.
Dataset WithClasses(const Dataset& data, const std::vector<std::string>& names);

// Throws Error if both have names, and these differ.  `what` are the names: "classes", "columns".
void CheckSameNames(const char* what, const std::vector<std::string>& of_data,
                    const std::vector<std::string>& of_weights);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_CLASS_NAMES_H_
