// Text tables with box characters.
#ifndef BRINE_FRONTEND_TABLE_H_
#define BRINE_FRONTEND_TABLE_H_

#include <string>
#include <vector>

namespace brine::internal {

struct Column {
  std::string title;
  bool right = false;  // numbers
};

// Cells are ASCII; every row has a cell for every column.
std::string FormatTable(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows,
                        bool ascii);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_TABLE_H_
