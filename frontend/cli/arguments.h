// The tool's command line: a command, a few words, and flags as `--flag value` or `--flag=value`.
#ifndef BRINE_FRONTEND_CLI_ARGUMENTS_H_
#define BRINE_FRONTEND_CLI_ARGUMENTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace brine::cli {

struct Flag {
  const char* name;   // "--batch-size"
  const char* value;  // the name of its value in the help; empty: a switch
  const char* help;
  bool forwarded = false;  // handed on to the compiled program
};

struct Arguments {
  std::vector<std::string> words;
  std::map<std::string, std::string> flags;  // by name without dashes; a switch has an empty value
  std::vector<std::string> forwarded;        // in the order given

  bool Has(const std::string& flag) const { return flags.count(flag) != 0; }
  std::string Get(const std::string& flag, const std::string& otherwise) const;
  absl::StatusOr<int64_t> GetInt(const std::string& flag, int64_t otherwise, int64_t least, int64_t most) const;
};

// Errors name the flag and the one that was probably meant.
absl::StatusOr<Arguments> Parse(absl::Span<char* const> arguments, absl::Span<const Flag> flags);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_ARGUMENTS_H_
