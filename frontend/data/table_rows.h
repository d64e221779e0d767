// Rows of a table, of which a user wants predictions.
#ifndef BRINE_FRONTEND_DATA_TABLE_ROWS_H_
#define BRINE_FRONTEND_DATA_TABLE_ROWS_H_

#include <string>
#include <string_view>
#include <vector>

#include "frontend/data/source.h"

namespace brine {

inline constexpr std::string_view kTableEnds[] = {".csv", ".tsv", ".csv.gz", ".tsv.gz"};

// Whether the path is that of a table, by the end of its name.
bool IsTableName(const std::string& path);

struct TableRows {
  Source source;                     // the rows as test data without labels; their names are "houses.csv:2"
  std::vector<std::string> ignored;  // the columns that are no input of the model, without options.target
};

// Opens the table.  The samples have the elements of these names, as training data have them (Dataset::element_names);
// the columns are found by their names.  Throws Error if a column is missing, or a row is wrong.  Gaps are filled in
// training data only, so options.missing must not be kMean.
TableRows OpenTableRows(const std::string& path, const std::vector<std::string>& element_names,
                        const DataOptions& options);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_TABLE_ROWS_H_
