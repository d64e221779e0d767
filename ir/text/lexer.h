// Splits the text form of graphs into tokens.
#ifndef BRINE_IR_TEXT_LEXER_H_
#define BRINE_IR_TEXT_LEXER_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace brine::ir {

enum class TokenKind : uint8_t {
  kEnd,
  kWord,     // a C identifier; inf and nan are words, too
  kValue,    // %name; Token::text is the name without the %
  kString,   // "…"; Token::text is what is between the quotes, still escaped
  kInteger,  // digits, perhaps after a minus sign
  kReal,     // a number with a point or an exponent, or -inf
  kMark,     // one of ( ) { } [ ] < > , = : @ +
  kBad,      // text that is no token; Lexer::problem() says why
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  absl::string_view text;
  size_t offset = 0;  // of the first byte of the token, including a % or a quote

  bool IsMark(char mark) const { return kind == TokenKind::kMark && text[0] == mark; }
  bool IsWord(absl::string_view word) const { return kind == TokenKind::kWord && text == word; }
};

class Lexer {
 public:
  explicit Lexer(absl::string_view text) : text_(text) {}

  // The next token after blanks and comment lines.  At the end of the text, and after a kBad token, it is kEnd.
  Token Next();
  // Why the last token is kBad, in one sentence.
  const std::string& problem() const { return problem_; }

 private:
  void SkipBlanks();
  Token Take(TokenKind kind, size_t begin, size_t end);
  Token Bad(size_t offset, std::string problem);
  Token TakeString();
  Token TakeNumber();

  absl::string_view text_;
  size_t position_ = 0;
  bool line_is_blank_ = true;  // whether the line has only blanks so far, so that # begins a comment
  std::string problem_;
};

}  // namespace brine::ir

#endif  // BRINE_IR_TEXT_LEXER_H_
