// Text in the form of gzip (RFC 1952).
#ifndef BRINE_CODEGEN_DRIVER_GZIP_H_
#define BRINE_CODEGEN_DRIVER_GZIP_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace brine::codegen {

// The same bytes for the same text.
std::string Gzip(absl::string_view text);

// The text of a file of gzip; empty if it is damaged, or if the text has more than `most_bytes` bytes.
std::optional<std::string> Gunzip(absl::string_view packed, size_t most_bytes);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_GZIP_H_
