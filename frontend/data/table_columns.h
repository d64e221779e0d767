// What becomes of the columns of a table: each row is a sample, whose elements are the numbers of some columns, and for
// columns of texts one of several elements.
#ifndef BRINE_FRONTEND_DATA_TABLE_COLUMNS_H_
#define BRINE_FRONTEND_DATA_TABLE_COLUMNS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "frontend/data/csv.h"
#include "frontend/data/data.h"

namespace brine {

enum class ColumnUse : uint8_t { kInput, kTarget, kNone };

struct Column {
  ColumnUse use = ColumnUse::kInput;
  bool is_text = false;
  std::map<std::string, int64_t> categories = {};  // of texts: the elements that are 1 for them
  int64_t element = 0;  // of numbers: their element; of texts: that of the most frequent one, which stands for gaps
  float mean = 0;       // of numbers, which stands for gaps
};

struct Table {
  std::vector<Column> columns;
  int64_t elements = 0;  // of a sample
};

// Rows of a table: where each begins, and its target if there is one.
struct Rows {
  std::shared_ptr<const CsvFile> file;
  std::vector<size_t> begins = {};
  std::vector<Cell> targets = {};
};

struct RowRules {
  Missing missing = Missing::kRefuse;
  const char* advice = "";   // what the error about a gap says after its reason
  bool finds_texts = false;  // whether a text makes a column of numbers one of texts, instead of an error
};

// Reads all rows once: checks their form, finds the columns of texts, and leaves out what the rules say.  Throws Error
// that names the line, and if there are no rows.
Rows ScanRows(const std::shared_ptr<const CsvFile>& file, const RowRules& rules, Table& table);

// Finds the elements of the samples: the categories and means of the training rows.
void LearnColumns(const Rows& train, Table& table);

// The names of the elements, "age", "city=Rome", in their order.
std::vector<std::string> ElementNames(const CsvFile& file, const Table& table);

// "2 columns of numbers, 1 of texts: city (3 values)", so that users see a column that one text has made one of texts.
// Empty if there are no texts.
std::string DescribeColumns(const CsvFile& file, const Table& table);

// Finds by their names the columns of `file` from which samples with these elements can be made, whatever the order of
// the columns is; the others have no use.  Throws Error that names a column that is missing.
Table MatchColumns(const CsvFile& file, const std::vector<std::string>& element_names);

// Writes the sample of a row.  A text without an element leaves those of its column 0.
void ReadElements(const Table& table, const std::vector<Cell>& cells, float* elements);

// The beginning of a cell's text, for messages.
std::string Excerpt(const Cell& cell);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_TABLE_COLUMNS_H_
