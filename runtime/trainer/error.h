// The exception that trainer/ throws.  It has the exit code with which a program should end.
#ifndef BRINE_RUNTIME_TRAINER_ERROR_H_
#define BRINE_RUNTIME_TRAINER_ERROR_H_

#include <initializer_list>
#include <stdexcept>
#include <string>

#include "runtime/trainer/text.h"

namespace brine {

enum ExitCode {
  kExitOk = 0,
  kExitFailed = 1,
  kExitUsage = 2,
  kExitBadInput = 3,
  kExitDiverged = 5,
  kExitInterrupted = 130
};

// what() is one sentence in lower case, without a full stop, that names the file, the flag or the input that is wrong.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

// Throws Error with the sentence of these pieces.
[[noreturn]] void ThrowError(ExitCode code, std::initializer_list<Piece> pieces);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_ERROR_H_
