// The parts of the lines of the text form: words, numbers, names, types, attributes, locations.  Each function reads
// one from the text or fails with "<file>:<line>:<column>: sentence".
#ifndef BRINE_IR_TEXT_READER_H_
#define BRINE_IR_TEXT_READER_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ir/graph.h"
#include "ir/text/lexer.h"

namespace brine::ir {

class TextReader {
 public:
  TextReader(absl::string_view text, absl::string_view file)
      : text_(text), file_(file), lexer_(text), token_(lexer_.Next()) {}

  const Token& token() const { return token_; }  // the next one
  Token Advance() { return std::exchange(token_, lexer_.Next()); }

  absl::Status Fail(size_t offset, absl::string_view sentence) const;
  absl::Status Expected(absl::string_view what) const;  // "expected <what>, got <the next token>"

  bool Accept(char mark);
  bool AcceptWord(absl::string_view word);
  absl::Status ExpectMark(char mark);
  absl::StatusOr<Token> ExpectWord(absl::string_view what);
  absl::StatusOr<Token> ExpectValue();  // a %name

  // `what` and `name` describe the number or text in messages.
  absl::StatusOr<std::string> TakeString(absl::string_view what);
  absl::StatusOr<int64_t> TakeInteger(absl::string_view what, int64_t least, int64_t most);
  absl::StatusOr<double> TakeReal(absl::string_view what);
  absl::StatusOr<bool> TakeBool(absl::string_view what);
  absl::StatusOr<Shape> TakeShape();
  absl::StatusOr<Type> TakeType();
  absl::StatusOr<std::optional<Placement>> TakePlacement();  // none when no @ follows
  absl::StatusOr<std::vector<Location>> TakeLocations();     // none when no loc follows
  absl::StatusOr<Location> TakeLocation();                   // at most one
  absl::StatusOr<AttributeValue> TakeAttribute(absl::string_view name, AttributeKind kind);
  absl::StatusOr<AttributeValue> TakeLiteral(
      absl::string_view name);  // of the kind that it looks like: a bool, a number or a string

 private:
  absl::string_view text_;
  std::string file_;
  Lexer lexer_;
  Token token_;
};

}  // namespace brine::ir

#endif  // BRINE_IR_TEXT_READER_H_
