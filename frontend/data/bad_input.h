// The error of this folder: a sentence about a file of the user.
#ifndef BRINE_FRONTEND_DATA_BAD_INPUT_H_
#define BRINE_FRONTEND_DATA_BAD_INPUT_H_

#include <string>

#include "frontend/data/one_line.h"
#include "runtime/trainer/error.h"

namespace brine {

// `place` is the file, with the line or the entry in it: "flowers.tar: rose/1.jpg".  Both may have texts of the user.
[[noreturn]] inline void BadInput(const std::string& place, const std::string& what) {
  throw Error(kExitBadInput, OneLine(place + ": " + what));
}

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_BAD_INPUT_H_
