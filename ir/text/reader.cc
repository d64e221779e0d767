#include "ir/text/reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ir/limits.h"
#include "ir/names.h"
#include "ir/status.h"

namespace brine::ir {
namespace {

constexpr absl::string_view kDTypes[] = {"f32", "i32", "u32", "u8", "mask"};

std::vector<absl::string_view> BlockNames() {
  std::vector<absl::string_view> names;
  for (size_t block = 0; block < kBlockCount; ++block) names.push_back(BlockName(static_cast<Block>(block)));
  return names;
}

std::string Describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
      return "the end of the text";
    case TokenKind::kValue:
      return absl::StrCat("%", Excerpt(token.text));
    case TokenKind::kString:
      return absl::StrCat("\"", Excerpt(token.text), "\"");
    default:
      return Excerpt(token.text);
  }
}

}  // namespace

absl::Status TextReader::Fail(size_t offset, absl::string_view sentence) const {
  const absl::string_view before = text_.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t newline = before.rfind('\n');
  const size_t column = newline == absl::string_view::npos ? offset + 1 : offset - newline;
  return absl::InvalidArgumentError(absl::StrCat(file_, ":", line, ":", column, ": ", sentence));
}

absl::Status TextReader::Expected(absl::string_view what) const {
  if (token_.kind == TokenKind::kBad) return Fail(token_.offset, lexer_.problem());
  return Fail(token_.offset, absl::StrCat("expected ", what, ", got ", Describe(token_)));
}

bool TextReader::Accept(char mark) {
  if (!token_.IsMark(mark)) return false;
  Advance();
  return true;
}

bool TextReader::AcceptWord(absl::string_view word) {
  if (!token_.IsWord(word)) return false;
  Advance();
  return true;
}

absl::Status TextReader::ExpectMark(char mark) {
  return Accept(mark) ? absl::OkStatus() : Expected(std::string(1, mark));
}

absl::StatusOr<Token> TextReader::ExpectWord(absl::string_view what) {
  if (token_.kind != TokenKind::kWord) return Expected(what);
  return Advance();
}

absl::StatusOr<Token> TextReader::ExpectValue() {
  if (token_.kind != TokenKind::kValue) return Expected("a value (%name)");
  return Advance();
}

absl::StatusOr<std::string> TextReader::TakeString(absl::string_view what) {
  if (token_.kind != TokenKind::kString) return Expected(absl::StrCat("text in quotes (", what, ")"));
  const Token token = Advance();
  std::string result, problem;
  if (!absl::CUnescape(token.text, &result, &problem))
    return Fail(token.offset, "text in quotes holds a wrong escape sequence");
  if (result.size() > kMaxStringBytes)
    return Fail(token.offset, absl::StrCat("text in quotes is longer than ", kMaxStringBytes, " bytes"));
  return result;
}

absl::StatusOr<int64_t> TextReader::TakeInteger(absl::string_view what, int64_t least, int64_t most) {
  if (token_.kind != TokenKind::kInteger) return Expected(absl::StrCat("a whole number (", what, ")"));
  const Token token = Advance();
  int64_t value = 0;
  const char* end = token.text.data() + token.text.size();
  const auto result = std::from_chars(token.text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end || value < least || value > most) {
    return Fail(token.offset,
                absl::StrCat(what, " must lie between ", least, " and ", most, ", got ", Excerpt(token.text)));
  }
  return value;
}

absl::StatusOr<double> TextReader::TakeReal(absl::string_view what) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (AcceptWord("inf")) return kInfinity;
  if (AcceptWord("nan")) return std::numeric_limits<double>::quiet_NaN();
  if (token_.kind != TokenKind::kInteger && token_.kind != TokenKind::kReal)
    return Expected(absl::StrCat("a number (", what, ")"));
  const Token token = Advance();
  if (token.text == "-inf") return -kInfinity;
  double value = 0;
  const char* end = token.text.data() + token.text.size();
  const auto result = std::from_chars(token.text.data(), end, value);
  if (result.ec == std::errc::result_out_of_range)
    return Fail(token.offset, absl::StrCat("number ", Excerpt(token.text), " is out of range"));
  if (result.ec != std::errc() || result.ptr != end)
    return Fail(token.offset, absl::StrCat(Excerpt(token.text), " is not a number"));
  return value;
}

absl::StatusOr<bool> TextReader::TakeBool(absl::string_view what) {
  if (AcceptWord("true")) return true;
  if (AcceptWord("false")) return false;
  return Expected(absl::StrCat("true or false (", what, ")"));
}

absl::StatusOr<Shape> TextReader::TakeShape() {
  const size_t offset = token_.offset;
  BRINE_RETURN_IF_ERROR(ExpectMark('['));
  Shape shape;
  while (!token_.IsMark(']')) {
    if (!shape.empty()) BRINE_RETURN_IF_ERROR(ExpectMark(','));
    if (shape.size() == kMaxRank) return Fail(offset, absl::StrCat("shape has more than ", kMaxRank, " dimensions"));
    if (AcceptWord("n")) {
      shape.push_back(kBatch);
      continue;
    }
    if (token_.kind != TokenKind::kInteger) return Expected("a dimension, a number or n");
    BRINE_ASSIGN_OR_RETURN(const int64_t extent, TakeInteger("dimension", 1, kMaxElements));
    shape.push_back(extent);
  }
  Advance();
  return shape;
}

absl::StatusOr<Type> TextReader::TakeType() {
  BRINE_ASSIGN_OR_RETURN(const Token word, ExpectWord("a type such as f32[n,10]"));
  const std::optional<DType> dtype = FindDType(word.text);
  if (!dtype)
    return Fail(word.offset, absl::StrCat("unknown element type ", Excerpt(word.text),
                                          DidYouMean(word.text, {std::begin(kDTypes), std::end(kDTypes)})));
  BRINE_ASSIGN_OR_RETURN(Shape shape, TakeShape());
  return Type{*dtype, std::move(shape)};
}

absl::StatusOr<std::optional<Placement>> TextReader::TakePlacement() {
  if (!Accept('@')) return std::optional<Placement>();
  BRINE_ASSIGN_OR_RETURN(const Token word, ExpectWord("a block such as arena"));
  const std::optional<Block> block = FindBlock(word.text);
  if (!block)
    return Fail(word.offset, absl::StrCat("unknown block ", Excerpt(word.text), DidYouMean(word.text, BlockNames())));
  BRINE_RETURN_IF_ERROR(ExpectMark('+'));
  BRINE_ASSIGN_OR_RETURN(const int64_t offset, TakeInteger("offset", 0, std::numeric_limits<int64_t>::max()));
  return std::optional<Placement>(Placement{*block, offset});
}

absl::StatusOr<std::vector<Location>> TextReader::TakeLocations() {
  std::vector<Location> locations;
  if (!AcceptWord("loc")) return locations;
  BRINE_RETURN_IF_ERROR(ExpectMark('('));
  do {
    if (locations.size() == kMaxList) return Expected(absl::StrCat("at most ", kMaxList, " locations"));
    Location location;
    BRINE_ASSIGN_OR_RETURN(location.file, TakeString("file"));
    BRINE_RETURN_IF_ERROR(ExpectMark(':'));
    BRINE_ASSIGN_OR_RETURN(const int64_t line, TakeInteger("line", 0, std::numeric_limits<int32_t>::max()));
    location.line = static_cast<int>(line);
    if (token_.kind == TokenKind::kString) {
      BRINE_ASSIGN_OR_RETURN(location.layer, TakeString("layer"));
    }
    locations.push_back(std::move(location));
  } while (Accept(','));
  BRINE_RETURN_IF_ERROR(ExpectMark(')'));
  return locations;
}

absl::StatusOr<Location> TextReader::TakeLocation() {
  const size_t offset = token_.offset;
  BRINE_ASSIGN_OR_RETURN(const std::vector<Location> locations, TakeLocations());
  if (locations.size() > 1) return Fail(offset, absl::StrCat("expected one location, got ", locations.size()));
  return locations.empty() ? Location() : locations.front();
}

absl::StatusOr<AttributeValue> TextReader::TakeAttribute(absl::string_view name, AttributeKind kind) {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min(), kMax = std::numeric_limits<int64_t>::max();
  const auto take_list = [&](auto element, absl::string_view what, size_t most) -> absl::StatusOr<AttributeValue> {
    std::vector<decltype(element)> list;
    const size_t offset = token_.offset;
    if (!Accept('[')) return Expected(absl::StrCat(what, " (", name, ")"));
    while (!token_.IsMark(']')) {
      if (!list.empty()) BRINE_RETURN_IF_ERROR(ExpectMark(','));
      if (list.size() == most) return Fail(offset, absl::StrCat(name, " has more than ", most, " elements"));
      if constexpr (std::is_same_v<decltype(element), double>) {
        BRINE_ASSIGN_OR_RETURN(element, TakeReal(name));
      } else {
        BRINE_ASSIGN_OR_RETURN(element, TakeInteger(name, kLeast, kMax));
      }
      list.push_back(element);
    }
    Advance();
    return AttributeValue(std::move(list));
  };
  switch (kind) {
    case AttributeKind::kBool:
      return TakeBool(name);
    case AttributeKind::kInt:
      return TakeInteger(name, kLeast, kMax);
    case AttributeKind::kFloat:
      return TakeReal(name);
    case AttributeKind::kString:
      return TakeString(name);
    case AttributeKind::kInts:
      return take_list(int64_t{0}, "a list of whole numbers", kMaxList);
    case AttributeKind::kFloats:
      return take_list(0.0, "a list of numbers", kMaxReals);
    case AttributeKind::kDims:
      return TakeShape();
  }
  return Expected("an attribute");
}

absl::StatusOr<AttributeValue> TextReader::TakeLiteral(absl::string_view name) {
  switch (token_.kind) {
    case TokenKind::kString:
      return TakeAttribute(name, AttributeKind::kString);
    case TokenKind::kInteger:
      return TakeAttribute(name, AttributeKind::kInt);
    case TokenKind::kReal:
      return TakeAttribute(name, AttributeKind::kFloat);
    case TokenKind::kWord:
      if (token_.text == "true" || token_.text == "false") return TakeAttribute(name, AttributeKind::kBool);
      if (token_.text == "inf" || token_.text == "nan") return TakeAttribute(name, AttributeKind::kFloat);
      break;
    default:
      break;
  }
  return Expected(absl::StrCat("true, false, a number or text in quotes (", name, ")"));
}

}  // namespace brine::ir
