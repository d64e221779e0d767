#include "runtime/trainer/text.h"

#include <charconv>

namespace brine {

void Piece::AppendTo(std::string& whole) const {
  if (is_number_)
    whole += is_signed_ ? std::to_string(static_cast<int64_t>(number_)) : std::to_string(number_);
  else
    whole += text_;
}

std::string Concat(std::initializer_list<Piece> pieces) {
  std::string whole;
  for (const Piece& piece : pieces) piece.AppendTo(whole);
  return whole;
}

std::string ShortestText(double number) {
  char text[40];
  return {text, std::to_chars(text, text + sizeof(text), number).ptr};
}

}  // namespace brine
