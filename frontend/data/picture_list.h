// Pictures without classes, of which a user wants predictions.
#ifndef BRINE_FRONTEND_DATA_PICTURE_LIST_H_
#define BRINE_FRONTEND_DATA_PICTURE_LIST_H_

#include <string>
#include <vector>

#include "frontend/data/source.h"

namespace brine {

inline constexpr char kStandardInput[] = "-";

// Whether the input is one for ListPictures: "-", a folder, or a file that is a picture by its content or by its name.
// A word of digits is the number of a sample, whatever files there are; ./3 is the file or the folder.
bool IsPictureInput(const std::string& input);

// The paths of the pictures: files as they are, for each folder all pictures in it, and "-" for the one of standard
// input.  Throws Error if a folder has none.
std::vector<std::string> ListPictures(const std::vector<std::string>& inputs);

// The bytes of standard input.  Throws Error if there are none, or more than a picture can have.
std::string ReadStandardInput();

// The pictures as test data without labels, whose names are the paths.  options.height and width must be given.
Source OpenPictures(const std::vector<std::string>& paths, std::string standard_input, const DataOptions& options);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_PICTURE_LIST_H_
