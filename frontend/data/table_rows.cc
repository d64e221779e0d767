#include "frontend/data/table_rows.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "frontend/data/inflate.h"
#include "frontend/data/table_columns.h"

namespace brine {
namespace {

class RowSource : public SampleSource {
 public:
  RowSource(Table table, Rows rows)
      : table_(std::move(table)), rows_(std::move(rows)), fields_{{.type = ElementType::kReal}} {
    fields_[0].elements = table_.elements;
    size_t counted = 0;
    int64_t line = 1;
    for (const size_t at : rows_.begins) {
      const size_t begin = rows_.file->BeginOfRow(at);
      line += rows_.file->CountLineEnds(std::exchange(counted, begin), begin);
      lines_.push_back(line);
    }
  }

  int64_t size() const override { return static_cast<int64_t>(rows_.begins.size()); }
  std::span<const Field> fields() const override { return fields_; }
  std::string NameOf(int64_t index) const override {
    return rows_.file->path() + ":" + std::to_string(lines_[static_cast<size_t>(index)]);
  }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    auto* elements = static_cast<float*>(targets[0]);
    std::vector<Cell> cells;
    for (const int64_t index : indices) {
      rows_.file->ReadRow(rows_.begins[static_cast<size_t>(index)], cells);
      ReadElements(table_, cells, elements);
      elements += table_.elements;
    }
  }

 private:
  const Table table_;
  const Rows rows_;
  std::vector<Field> fields_;
  std::vector<int64_t> lines_;  // by row
};

}  // namespace

bool IsTableName(const std::string& path) {
  return std::any_of(std::begin(kTableEnds), std::end(kTableEnds),
                     [&](std::string_view end) { return path.ends_with(end); });
}

TableRows OpenTableRows(const std::string& path, const std::vector<std::string>& element_names,
                        const DataOptions& options) {
  const auto file = std::make_shared<const CsvFile>(MapUnpacked(path));
  Table table = MatchColumns(*file, element_names);
  TableRows result;
  for (size_t index = 0; index < table.columns.size(); ++index) {
    const std::string& name = file->columns()[index];
    if (table.columns[index].use == ColumnUse::kNone && name != options.target) result.ignored.push_back(name);
  }
  Rows rows = ScanRows(file, {.missing = options.missing, .advice = "--missing drop leaves out such rows"}, table);
  Dataset& data = result.source.splits.test;
  data = Dataset(std::make_shared<RowSource>(std::move(table), std::move(rows)));
  data.element_names = result.source.splits.train.element_names = element_names;
  return result;
}

}  // namespace brine
