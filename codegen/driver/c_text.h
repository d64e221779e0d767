// Pieces of C source.
#ifndef BRINE_CODEGEN_DRIVER_C_TEXT_H_
#define BRINE_CODEGEN_DRIVER_C_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace brine::codegen {

std::string CString(absl::string_view text);       // "…", escaped, in several pieces if it is long
std::string CBytes(absl::string_view bytes);       // an initializer for an array of uint8_t
std::string CNumber(double value);                 // reads back as the same double
std::string ToIdentifier(absl::string_view name);  // letters, digits and underscores; not empty

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_C_TEXT_H_
