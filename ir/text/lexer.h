// Cuts the text form into tokens.
#ifndef BRINE_IR_TEXT_LEXER_H_
#define BRINE_IR_TEXT_LEXER_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace brine::ir {

enum class TokenKind : uint8_t {
  kEnd,
  kWord,     // a C identifier
  kValue,    // %name; the text is without the %
  kString,   // "…"; the text is between the quotes, still escaped
  kInteger,  // digits, perhaps after a minus sign
  kReal,     // a number with a point or an exponent, or -inf (inf and nan are words)
  kMark,     // one of ( ) { } [ ] < > , = : @ +
  kBad,      // what is wrong is Lexer::problem()
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  absl::string_view text;
  size_t offset = 0;  // where its first byte is in the text

  bool IsMark(char mark) const { return kind == TokenKind::kMark && text[0] == mark; }
  bool IsWord(absl::string_view word) const { return kind == TokenKind::kWord && text == word; }
};

class Lexer {
 public:
  explicit Lexer(absl::string_view text) : text_(text) {}

  // The next token, blanks and comment lines skipped; kEnd again and again at the end.
  Token Next();
  const std::string& problem() const { return problem_; }

 private:
  void SkipBlanks();
  Token Take(TokenKind kind, size_t begin, size_t end);
  Token Bad(size_t offset, std::string problem);
  Token TakeString();
  Token TakeNumber();

  absl::string_view text_;
  size_t position_ = 0;
  bool line_is_blank_ = true;  // so far: only there may a comment begin
  std::string problem_;
};

}  // namespace brine::ir

#endif  // BRINE_IR_TEXT_LEXER_H_
