// The arguments of a command of the tool: words, and flags with their values.
#ifndef BRINE_FRONTEND_CLI_ARGUMENTS_H_
#define BRINE_FRONTEND_CLI_ARGUMENTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace brine::cli {

struct Arguments {
  std::vector<std::string> words;
  std::map<std::string, std::string> flags;  // by name without dashes; the value of a flag that takes none is empty
  std::vector<std::string> typed;            // all arguments of the tool, as the user typed them
  std::vector<std::string> forwarded;        // flags for the compiled program with their values, in the order given

  bool Has(const std::string& flag) const { return flags.count(flag) != 0; }
  // The value of a flag, or the default if it was not given.  A number must be from `least` to `most`.
  std::string Get(const std::string& flag, const std::string& default_value) const;
  absl::StatusOr<int64_t> GetInt(const std::string& flag, int64_t default_value, int64_t least, int64_t most) const;
};

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_ARGUMENTS_H_
