// The exception that trainer/ throws.  It has the exit code with which a program should end.
#ifndef BRINE_RUNTIME_TRAINER_ERROR_H_
#define BRINE_RUNTIME_TRAINER_ERROR_H_

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

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

// A part of a sentence: a text, which is not copied, or a whole number.
class Piece {
 public:
  Piece(std::string_view text) : text_(text) {}
  Piece(const std::string& text) : text_(text) {}
  Piece(const char* text) : text_(text) {}
  Piece(std::integral auto number)
      : number_(static_cast<uint64_t>(number)), is_number_(true), is_signed_(std::is_signed_v<decltype(number)>) {}

  void AppendTo(std::string& sentence) const;

 private:
  std::string_view text_;
  uint64_t number_ = 0;
  bool is_number_ = false, is_signed_ = false;
};

// The pieces one after another.  A sum of strings takes more code, which in all sentences of a program is 12 KB.
std::string Joined(std::initializer_list<Piece> pieces);

// Throws Error with the sentence of these pieces.
[[noreturn]] void ThrowError(ExitCode code, std::initializer_list<Piece> pieces);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_ERROR_H_
