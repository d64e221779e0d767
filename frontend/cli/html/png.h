// Pictures within a page.
#ifndef BRINE_FRONTEND_CLI_HTML_PNG_H_
#define BRINE_FRONTEND_CLI_HTML_PNG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace brine::cli {

struct Picture {
  int width = 0, height = 0, channels = 0;  // 1: grey, 3: red, green, blue, 4: and opacity
  std::vector<uint8_t> pixels;              // [height][width][channels]
};

// The picture in the PNG format, 8 bits a channel.  `pixels` must have the size that the other fields say.
std::string EncodePng(const Picture& picture);

// An <img> of the picture, `scale` times as large, with sharp pixels.  `description` is text.
std::string WriteImage(const Picture& picture, int scale, absl::string_view description);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_HTML_PNG_H_
