#include "runtime/trainer/error.h"

namespace brine {

void Piece::AppendTo(std::string& sentence) const {
  if (is_number_)
    sentence += is_signed_ ? std::to_string(static_cast<int64_t>(number_)) : std::to_string(number_);
  else
    sentence += text_;
}

std::string Joined(std::initializer_list<Piece> pieces) {
  std::string sentence;
  for (const Piece& piece : pieces) piece.AppendTo(sentence);
  return sentence;
}

void ThrowError(ExitCode code, std::initializer_list<Piece> pieces) { throw Error(code, Joined(pieces)); }

}  // namespace brine
