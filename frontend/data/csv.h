// The rows of a table in CSV or TSV (RFC 4180).
#ifndef BRINE_FRONTEND_DATA_CSV_H_
#define BRINE_FRONTEND_DATA_CSV_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/trainer/mapped_file.h"

namespace brine {

// A field of a row.
struct Cell {
  std::string_view raw;  // without quotes and the blanks around it, with quotes inside it as they are in the file
  bool quoted = false;

  std::string text() const;  // with a quote for each two
  std::string line() const;  // the text as a name, with a blank for each line feed, and no other control characters
  // Whether there is no value: nothing, ?, NA, N/A, NaN, nan, NULL or null.
  bool is_missing() const;
  // The number that the cell is, with a decimal point whatever the locale; infinite if it is too large for a float.
  std::optional<double> number() const;
};

// Reads rows at any place of the file.  Several threads may do so.  All errors name the file and the line.
class CsvFile {
 public:
  // Finds the delimiter, which is a tab in files that end in .tsv, and otherwise what the header has most of: commas,
  // semicolons or tabs.  Reads the names of the columns.  Throws Error if they cannot be read, or if two are equal.
  explicit CsvFile(FileBytes file);

  const std::string& path() const { return file_.path; }
  const std::vector<std::string>& columns() const { return columns_; }
  size_t first_row() const { return first_row_; }  // where the rows begin

  // Reads the row at `at`, and returns where the next one begins.  Empty lines are passed over; `cells` are empty at
  // the end of the file.  Throws Error if the row has another number of cells than there are columns.
  size_t ReadRow(size_t at, std::vector<Cell>& cells) const;

  // Where the row that is read at `at` begins, after the empty lines before it.
  size_t BeginOfRow(size_t at) const;

  // How many lines end in [begin, end).
  int64_t CountLineEnds(size_t begin, size_t end) const;

  // Throws Error about the row at `at`.
  [[noreturn]] void Fail(size_t at, const std::string& what) const;

 private:
  size_t ReadCells(size_t at, std::vector<Cell>& cells) const;
  size_t ReadCell(size_t at, Cell& cell) const;
  bool EndsCell(size_t at) const;
  bool IsLineEnd(size_t at) const;

  FileBytes file_;
  std::string_view text_;  // without a byte order mark
  char delimiter_ = ',';
  std::vector<std::string> columns_;
  size_t first_row_ = 0;
};

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_CSV_H_
