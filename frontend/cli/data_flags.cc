#include "frontend/cli/data_flags.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ir/names.h"
#include "ir/status.h"
#include "runtime/base/flags.h"

namespace brine::cli {
namespace {

// A value of a flag, as it is spelt.
template <typename Value>
struct Choice {
  absl::string_view name;
  Value value;
};
constexpr Choice<Resize> kResizes[] = {{"stretch", Resize::kStretch}, {"fit", Resize::kFit}, {"crop", Resize::kCrop}};
constexpr Choice<Missing> kMissings[] = {{"mean", Missing::kMean}, {"drop", Missing::kDrop}};

absl::Status Wrong(absl::string_view flag, absl::string_view wanted, absl::string_view got) {
  return absl::InvalidArgumentError(absl::StrCat("--", flag, " must be ", wanted, ", got '", ir::Excerpt(got), "'"));
}

// The value of the flag, which is one of the choices, since the command line has been checked.
template <typename Value, size_t size>
Value Choose(const Arguments& arguments, const char* flag, const Choice<Value> (&choices)[size], Value default_value) {
  for (const Choice<Value>& choice : choices) {
    if (choice.name == arguments.Get(flag, "")) return choice.value;
  }
  return default_value;
}

// HxW or HxWxC.
absl::Status ReadSize(const Arguments& arguments, DataOptions& options) {
  if (!arguments.Has("size")) return absl::OkStatus();
  const std::string text = arguments.Get("size", "");
  const std::vector<absl::string_view> parts = absl::StrSplit(text, 'x');
  int64_t numbers[3] = {0, 0, 0};
  bool is_right = parts.size() == 2 || parts.size() == 3;
  for (size_t index = 0; is_right && index < parts.size(); ++index)
    is_right =
        absl::SimpleAtoi(parts[index], &numbers[index]) && numbers[index] >= 1 && numbers[index] <= kMaxPictureSide;
  if (!is_right || (parts.size() == 3 && numbers[2] != 1 && numbers[2] != 3))
    return Wrong("size", "HEIGHTxWIDTH, such as 64x64, or 64x64x1 and 64x64x3 for grey and coloured pictures", text);
  options.height = numbers[0];
  options.width = numbers[1];
  options.channels = numbers[2];
  return absl::OkStatus();
}

// RRGGBB, six hexadecimal digits.
absl::Status ReadBackground(const Arguments& arguments, DataOptions& options) {
  if (!arguments.Has("background")) return absl::OkStatus();
  const std::string text = arguments.Get("background", "");
  uint32_t color = 0;
  if (text.size() != 6 || !absl::c_all_of(text, absl::ascii_isxdigit) || !absl::SimpleHexAtoi(text, &color))
    return Wrong("background", "six hexadecimal digits, two each for red, green and blue", text);
  for (size_t channel = 0; channel < 3; ++channel)
    options.background[channel] = static_cast<uint8_t>(color >> (16 - 8 * channel));
  return absl::OkStatus();
}

absl::Status ReadTestSplit(const Arguments& arguments, DataOptions& options) {
  if (!arguments.Has("test-split")) return absl::OkStatus();
  const std::string text = arguments.Get("test-split", "");
  if (!absl::SimpleAtod(text, &options.test_split) || !(options.test_split >= 0 && options.test_split < 1))
    return Wrong("test-split", "a number of at least 0 and less than 1", text);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DataOptions> ReadDataOptions(const Arguments& arguments) {
  DataOptions options;
  BRINE_RETURN_IF_ERROR(ReadSize(arguments, options));
  options.resize = Choose(arguments, "resize", kResizes, options.resize);
  BRINE_RETURN_IF_ERROR(ReadBackground(arguments, options));
  options.skip_broken = arguments.Has("skip-broken");
  BRINE_ASSIGN_OR_RETURN(options.max_pixels, arguments.GetInt("max-pixels", options.max_pixels, 1, int64_t{1} << 40));
  options.target = arguments.Get("target", "");
  options.missing = Choose(arguments, "missing", kMissings, options.missing);
  BRINE_RETURN_IF_ERROR(ReadTestSplit(arguments, options));
  BRINE_ASSIGN_OR_RETURN(const int64_t seed, arguments.GetInt("split-seed", 0, 0, INT64_MAX));
  options.split_seed = static_cast<uint64_t>(seed);
  return options;
}

std::string DescribeOptions(const DataOptions& options) {
  return absl::StrCat(options.height, "x", options.width, "x", options.channels, " ", static_cast<int>(options.resize),
                      " ", options.background[0], ",", options.background[1], ",", options.background[2], " ",
                      options.skip_broken, " ", options.max_pixels, " ", static_cast<int>(options.missing), " ",
                      absl::Hex(absl::bit_cast<uint64_t>(options.test_split)), " ", options.split_seed, " ",
                      options.target);
}

}  // namespace brine::cli
