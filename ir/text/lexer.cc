#include "ir/text/lexer.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ir/limits.h"
#include "ir/names.h"

namespace brine::ir {
namespace {

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
bool IsWordStart(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_'; }

}  // namespace

Token Lexer::Take(TokenKind kind, size_t begin, size_t end) {
  line_is_blank_ = false;
  const bool has_prefix = kind == TokenKind::kValue || kind == TokenKind::kString;  // a % or a quote
  return {kind, text_.substr(begin, end - begin), has_prefix ? begin - 1 : begin};
}

Token Lexer::Bad(size_t offset, std::string problem) {
  problem_ = std::move(problem);
  position_ = text_.size();
  return {TokenKind::kBad, text_.substr(offset, 1), offset};
}

void Lexer::SkipBlanks() {
  for (; position_ < text_.size(); ++position_) {
    const char c = text_[position_];
    if (c == '\n') {
      line_is_blank_ = true;
    } else if (c == '#' && line_is_blank_) {
      const size_t end = text_.find('\n', position_);
      position_ = (end == absl::string_view::npos ? text_.size() : end) - 1;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      return;
    }
  }
}

Token Lexer::TakeString() {
  const size_t begin = position_;
  for (++position_; position_ < text_.size() && text_[position_] != '\n'; ++position_) {
    if (text_[position_] == '"') return Take(TokenKind::kString, begin + 1, position_++);
    if (text_[position_] == '\\') ++position_;
    // An escape sequence has at most four characters for a byte.
    if (position_ - begin > 4 * kMaxStringBytes)
      return Bad(begin, absl::StrCat("text in quotes is longer than ", kMaxStringBytes, " bytes"));
  }
  return Bad(begin, "text in quotes is not closed on its line");
}

Token Lexer::TakeNumber() {
  const size_t begin = position_;
  if (text_[position_] == '-') ++position_;
  if (text_.substr(position_, 3) == "inf") {
    position_ += 3;
    return Take(TokenKind::kReal, begin, position_);
  }
  bool is_real = false;
  for (; position_ < text_.size(); ++position_) {
    const char c = text_[position_];
    const bool is_exponent_sign =
        (c == '-' || c == '+') && is_real && (text_[position_ - 1] == 'e' || text_[position_ - 1] == 'E');
    if (c == '.' || c == 'e' || c == 'E')
      is_real = true;
    else if (!IsDigit(c) && !is_exponent_sign)
      break;
  }
  return Take(is_real ? TokenKind::kReal : TokenKind::kInteger, begin, position_);
}

Token Lexer::Next() {
  SkipBlanks();
  const size_t begin = position_;
  if (begin >= text_.size()) return {TokenKind::kEnd, {}, text_.size()};
  const char c = text_[begin];
  if (IsWordStart(c)) {
    while (position_ < text_.size() && (IsWordStart(text_[position_]) || IsDigit(text_[position_]))) ++position_;
    return Take(TokenKind::kWord, begin, position_);
  }
  if (c == '%') {
    for (++position_; position_ < text_.size() && IsNameCharacter(text_[position_]);) ++position_;
    const size_t size = position_ - begin - 1;
    if (size == 0) return Bad(begin, "a value's name must follow %");
    if (size > kMaxNameBytes)
      return Bad(begin, absl::StrCat("name of ", size, " bytes is longer than ", kMaxNameBytes));
    return Take(TokenKind::kValue, begin + 1, position_);
  }
  if (c == '"') return TakeString();
  if (c == '-' || IsDigit(c)) return TakeNumber();
  if (absl::string_view("(){}[]<>,=:@+").find(c) != absl::string_view::npos)
    return Take(TokenKind::kMark, begin, ++position_);
  if (c == '#') return Bad(begin, "a comment must stand on a line of its own");
  return Bad(begin, absl::ascii_isgraph(static_cast<unsigned char>(c))
                        ? absl::StrCat("unexpected character ", std::string(1, c))
                        : absl::StrFormat("unexpected byte 0x%02x", static_cast<unsigned char>(c)));
}

}  // namespace brine::ir
