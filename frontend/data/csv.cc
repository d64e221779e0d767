#include "frontend/data/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "frontend/data/bad_input.h"

namespace brine {
namespace {

constexpr size_t kMaxColumns = 65536;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// The delimiter that the first line has most of, outside of quotes.
char FindDelimiter(const std::string& path, std::string_view text) {
  if (path.ends_with(".tsv") || path.ends_with(".tsv.gz")) return '\t';
  constexpr char kDelimiters[] = {',', ';', '\t'};
  int counts[std::size(kDelimiters)] = {};
  bool quoted = false;
  for (char letter : text) {
    if (letter == '"') quoted = !quoted;
    if (letter == '\n' && !quoted) break;
    for (size_t kind = 0; kind < std::size(kDelimiters); ++kind) counts[kind] += letter == kDelimiters[kind] && !quoted;
  }
  return kDelimiters[std::max_element(std::begin(counts), std::end(counts)) - std::begin(counts)];
}

}  // namespace

std::string Cell::text() const {
  std::string plain;
  for (size_t at = 0; at < raw.size(); ++at) {
    plain += raw[at];
    if (quoted && raw[at] == '"') ++at;
  }
  return plain;
}

std::string Cell::line() const {
  std::string line = text();
  std::replace(line.begin(), line.end(), '\n', ' ');
  return OneLine(std::move(line));
}

bool Cell::is_missing() const {
  constexpr std::string_view kMissing[] = {"", "?", "NA", "N/A", "NaN", "nan", "NULL", "null"};
  return raw.size() < 5 && std::find(std::begin(kMissing), std::end(kMissing), raw) != std::end(kMissing);
}

std::optional<double> Cell::number() const {
  const char* begin = raw.data();
  const char* const end = begin + raw.size();
  if (begin < end && *begin == '+' && begin + 1 < end && begin[1] != '-') ++begin;
  double number = 0;
  const auto [next, error] = std::from_chars(begin, end, number);
  if (next != end || begin == end || error == std::errc::invalid_argument) return std::nullopt;
  // Both very large and very small numbers are out of range; those of more bits tell which.
  long double wide = 0;
  if (error == std::errc::result_out_of_range && std::from_chars(begin, end, wide).ec == std::errc() &&
      std::fabs(wide) < 1)
    return 0;
  if (error == std::errc::result_out_of_range || std::fabs(number) > std::numeric_limits<float>::max())
    return std::numeric_limits<double>::infinity();
  return number;
}

CsvFile::CsvFile(FileBytes file) : file_(std::move(file)) {
  text_ = {reinterpret_cast<const char*>(file_.bytes.data()), file_.bytes.size()};
  if (text_.starts_with("\xff\xfe") || text_.starts_with("\xfe\xff"))
    BadInput(path(), "is in UTF-16; a table must be in UTF-8");
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  if (text_.find('\n') == std::string_view::npos && text_.find('\r') != std::string_view::npos)
    BadInput(path(), "has lines that end with a carriage return alone, as on old Macs; they must end with a line feed");
  delimiter_ = FindDelimiter(path(), text_);
  std::vector<Cell> cells;
  first_row_ = ReadCells(0, cells);
  if (cells.empty()) Fail(0, "there is no header, which names the columns");
  std::set<std::string> names;
  for (const Cell& cell : cells) {
    std::string name = cell.line();
    if (name.empty() && columns_.empty())
      Fail(0, "column 1 has no name; if it is the index of pandas, to_csv(..., index=False) leaves it out");
    if (name.empty()) Fail(0, "column " + std::to_string(columns_.size() + 1) + " has no name");
    if (!names.insert(name).second) Fail(0, "two columns have the name " + name);
    columns_.push_back(std::move(name));
  }
}

size_t CsvFile::ReadRow(size_t at, std::vector<Cell>& cells) const {
  const size_t next = ReadCells(at, cells);
  if (!cells.empty() && cells.size() != columns_.size())
    Fail(at, "the row has " + std::to_string(cells.size()) + (cells.size() == 1 ? " value for " : " values for ") +
                 std::to_string(columns_.size()) + " columns");
  return next;
}

size_t CsvFile::BeginOfRow(size_t at) const {
  while (IsLineEnd(at)) ++at;
  return at;
}

int64_t CsvFile::CountLineEnds(size_t begin, size_t end) const {
  return std::count(text_.begin() + static_cast<ptrdiff_t>(begin), text_.begin() + static_cast<ptrdiff_t>(end), '\n');
}

void CsvFile::Fail(size_t at, const std::string& what) const {
  BadInput(path() + ":" + std::to_string(1 + CountLineEnds(0, BeginOfRow(at))), what);
}

size_t CsvFile::ReadCells(size_t at, std::vector<Cell>& cells) const {
  cells.clear();
  at = BeginOfRow(at);
  if (at == text_.size()) return at;
  while (true) {
    if (cells.size() == kMaxColumns) Fail(at, "there are more than " + std::to_string(kMaxColumns) + " columns");
    at = ReadCell(at, cells.emplace_back());
    if (at == text_.size() || text_[at] != delimiter_) break;
    ++at;
  }
  while (at < text_.size() && text_[at++] != '\n') {
  }
  return at;
}

// Reads a cell, and returns where it ends: at a delimiter, the end of the line or that of the file.
size_t CsvFile::ReadCell(size_t at, Cell& cell) const {
  while (at < text_.size() && text_[at] == ' ') ++at;
  const size_t begin = at;
  cell.quoted = at < text_.size() && text_[at] == '"';
  if (!cell.quoted) {
    while (!EndsCell(at)) {
      if (text_[at] == '\0') Fail(at, "there is a zero byte, so this is no text");
      ++at;
    }
    cell.raw = Trimmed(text_.substr(begin, at - begin));
    return at;
  }
  for (++at;; ++at) {
    at = text_.find('"', at);
    if (at == std::string_view::npos) Fail(begin, "a quote is opened and not closed");
    if (at + 1 == text_.size() || text_[at + 1] != '"') break;
    ++at;
  }
  cell.raw = text_.substr(begin + 1, at - begin - 1);
  if (cell.raw.find('\0') != std::string_view::npos) Fail(begin, "there is a zero byte, so this is no text");
  ++at;
  while (at < text_.size() && text_[at] == ' ') ++at;
  if (!EndsCell(at)) Fail(begin, "a quoted value goes on after its closing quote");
  return at;
}

bool CsvFile::EndsCell(size_t at) const {
  return at == text_.size() || text_[at] == delimiter_ || text_[at] == '\n' ||
         (text_[at] == '\r' && (at + 1 == text_.size() || text_[at + 1] == '\n'));
}

bool CsvFile::IsLineEnd(size_t at) const {
  return at < text_.size() &&
         (text_[at] == '\n' || (text_[at] == '\r' && at + 1 < text_.size() && text_[at + 1] == '\n'));
}

}  // namespace brine
