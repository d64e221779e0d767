// The names of classes as a note of a file of weights, so that predictions have them without the data.
#ifndef BRINE_RUNTIME_TRAINER_CLASS_NAMES_H_
#define BRINE_RUNTIME_TRAINER_CLASS_NAMES_H_

#include <string>
#include <vector>

namespace brine {

inline constexpr char kClassNamesNote[] = "class_names";

// The names with commas between them.  Bytes that a note or a list cannot hold are written as in a URL, %2C.  Empty if
// that would be more than 4 MB, so that names never prevent a file from being written.
std::string EncodeClassNames(const std::vector<std::string>& names);
// The names in a note, whatever its text is; none for an empty one.
std::vector<std::string> DecodeClassNames(const std::string& text);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_CLASS_NAMES_H_
