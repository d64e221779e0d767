// The text files that the tool contains, so that it needs none beside it.
#ifndef BRINE_FRONTEND_CLI_EMBEDDED_FILES_H_
#define BRINE_FRONTEND_CLI_EMBEDDED_FILES_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace brine::cli {

struct EmbeddedFile {
  absl::string_view path;  // below frontend/cli: "templates/cnn/model.cc"
  absl::string_view content;
};

// All of them, in the order of their paths.  CMakeLists.txt lists the folders that are embedded.
absl::Span<const EmbeddedFile> EmbeddedFiles();

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_EMBEDDED_FILES_H_
