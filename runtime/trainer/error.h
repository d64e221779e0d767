// How the trainer's C++ half fails: by one exception type that carries the exit code of the program.
#ifndef BRINE_RUNTIME_TRAINER_ERROR_H_
#define BRINE_RUNTIME_TRAINER_ERROR_H_

#include <stdexcept>
#include <string>

namespace brine {

enum ExitCode {
  kExitOk = 0,
  kExitFailed = 1,
  kExitUsage = 2,
  kExitBadInput = 3,
  kExitDiverged = 5,
  kExitInterrupted = 130
};

// what() is one sentence in lower case that names the place.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_ERROR_H_
