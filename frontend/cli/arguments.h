// What the command line says to a command: words, and flags with their values.
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
  std::map<std::string, std::string> flags;  // by name without dashes; a switch has an empty value
  std::vector<std::string> forwarded;        // flags of the compiled program, in the order given

  bool Has(const std::string& flag) const { return flags.count(flag) != 0; }
  std::string Get(const std::string& flag, const std::string& otherwise) const;
  absl::StatusOr<int64_t> GetInt(const std::string& flag, int64_t otherwise, int64_t least, int64_t most) const;
};

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_ARGUMENTS_H_
