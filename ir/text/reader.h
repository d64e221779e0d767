// Reads the parts of the lines of the text form: words, numbers, names, types, attributes, locations.
//
// Accept… reads a part if it comes next, and returns whether it does.  Expect… and Take… read a part, or fail with
// "<file>:<line>:<column>: sentence".
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

  // The next token, which has not been read yet.
  const Token& token() const { return token_; }
  // Reads and returns the next token.
  Token Advance() { return std::exchange(token_, lexer_.Next()); }

  absl::Status Fail(size_t offset, absl::string_view sentence) const;
  // "expected <what>, got <the next token>", or what is wrong with the next token.
  absl::Status Expected(absl::string_view what) const;

  bool Accept(char mark);
  bool AcceptWord(absl::string_view word);
  absl::Status ExpectMark(char mark);
  absl::StatusOr<Token> ExpectWord(absl::string_view what);
  absl::StatusOr<Token> ExpectValue();  // a %name

  // In messages, `what` and `name` say what the number or text is for.
  absl::StatusOr<std::string> TakeString(absl::string_view what);
  absl::StatusOr<int64_t> TakeInteger(absl::string_view what, int64_t least, int64_t most);
  absl::StatusOr<double> TakeReal(absl::string_view what);
  absl::StatusOr<bool> TakeBool(absl::string_view what);
  absl::StatusOr<Shape> TakeShape();
  absl::StatusOr<Type> TakeType();
  absl::StatusOr<std::optional<Placement>> TakePlacement();  // empty if no @ follows
  absl::StatusOr<std::vector<Location>> TakeLocations();     // empty if no loc follows
  absl::StatusOr<Location> TakeLocation();                   // Location() if no loc follows; refuses more than one
  absl::StatusOr<AttributeValue> TakeAttribute(absl::string_view name, AttributeKind kind);
  // A bool, a whole number, a real number or a string, whichever the text looks like.
  absl::StatusOr<AttributeValue> TakeLiteral(absl::string_view name);

 private:
  absl::string_view text_;
  std::string file_;
  Lexer lexer_;
  Token token_;
};

}  // namespace brine::ir

#endif  // BRINE_IR_TEXT_READER_H_
