// Texts made of pieces.
#ifndef BRINE_RUNTIME_TRAINER_TEXT_H_
#define BRINE_RUNTIME_TRAINER_TEXT_H_

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace brine {

// A text, which is not copied, or a whole number.
class Piece {
 public:
  Piece(std::string_view text) : text_(text) {}
  Piece(const std::string& text) : text_(text) {}
  Piece(const char* text) : text_(text) {}
  Piece(std::integral auto number)
      : number_(static_cast<uint64_t>(number)), is_number_(true), is_signed_(std::is_signed_v<decltype(number)>) {}

  void AppendTo(std::string& whole) const;

 private:
  std::string_view text_;
  uint64_t number_ = 0;
  bool is_number_ = false, is_signed_ = false;
};

// The pieces one after another.  Every operator + that this replaces would take a hundred bytes of each trainer.
std::string Concat(std::initializer_list<Piece> pieces);

// The shortest text that reads back as the number, with a decimal point whatever the locale.
std::string ShortestText(double number);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_TEXT_H_
