// C source text for data.
#ifndef BRINE_CODEGEN_DRIVER_C_TEXT_H_
#define BRINE_CODEGEN_DRIVER_C_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace brine::codegen {

// A string literal.  Bytes that are not printable are escaped.  A long text becomes several literals in sequence.
std::string CString(absl::string_view text);

std::string CByteArray(absl::string_view bytes);  // the initializer of an array of uint8_t
std::string CNumber(double value);                // a constant expression with exactly this value

// `name` with an underscore in place of each character that is no letter and no digit, and after "model_" if it would
// be empty or begin with a digit.
std::string ToIdentifier(absl::string_view name);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_C_TEXT_H_
