// Formats text as a table with lines between the cells.
#ifndef BRINE_FRONTEND_TABLE_H_
#define BRINE_FRONTEND_TABLE_H_

#include <cstddef>
#include <string>
#include <vector>

namespace brine::internal {

struct Column {
  std::string title;
  bool right = false;  // whether cells are aligned to the right, as numbers are
};

// Each row has a cell for each column.  Cells must be ASCII, since their width is their size.  Lines are box
// characters, or, with `ascii`, + - = |.
std::string FormatTable(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows,
                        bool ascii);

// Leaves at most the first `most` rows.  Returns the number of the others.
size_t LimitRows(std::vector<std::vector<std::string>>& rows, size_t most);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_TABLE_H_
