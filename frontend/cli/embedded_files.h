// The text files that the tool contains, so that it needs none beside it.
#ifndef BRINE_FRONTEND_CLI_EMBEDDED_FILES_H_
#define BRINE_FRONTEND_CLI_EMBEDDED_FILES_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace brine::cli {

struct EmbeddedFile {
  absl::string_view path;  // below frontend/cli: "html/page.css", "templates/cnn/model.cc"
  absl::string_view content;
};

// The content of the file with this path, which must be one of them.
absl::string_view Embedded(absl::string_view path);

// All of them, in the order of their paths.  CMakeLists.txt lists the folders that are embedded.
absl::Span<const EmbeddedFile> EmbeddedFiles();

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_EMBEDDED_FILES_H_
