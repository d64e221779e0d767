// Tables in CSV or TSV: a file, or train.csv, val.csv and test.csv in a folder.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>

#include "frontend/data/bad_input.h"
#include "frontend/data/csv.h"
#include "frontend/data/inflate.h"
#include "frontend/data/source_kinds.h"
#include "frontend/data/split.h"
#include "frontend/data/table_columns.h"
#include "frontend/data/table_rows.h"

namespace brine {
namespace {

namespace fs = std::filesystem;

size_t TargetOf(const CsvFile& file, const std::string& name) {
  const std::vector<std::string>& columns = file.columns();
  if (columns.size() < 2) file.Fail(0, "there is one column, " + columns[0] + "; a table needs a target and more");
  if (name.empty()) return columns.size() - 1;
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found != columns.end()) return static_cast<size_t>(found - columns.begin());
  constexpr size_t kShown = 20;
  std::string known;
  for (size_t index = 0; index < std::min(columns.size(), kShown); ++index)
    known += (index == 0 ? "" : ", ") + columns[index];
  file.Fail(0, "there is no column " + name + "; there are " + known + (columns.size() > kShown ? ", …" : ""));
}

class TableSource : public SampleSource {
 public:
  // The labels are the classes, or, if there are none, `values`.
  TableSource(std::shared_ptr<const Table> table, Rows rows, std::vector<int32_t> classes, std::vector<float> values)
      : table_(std::move(table)),
        file_(std::move(rows.file)),
        begins_(std::move(rows.begins)),
        classes_(std::move(classes)),
        values_(std::move(values)),
        fields_{{.type = ElementType::kReal, .elements = table_->elements},
                {.label = true, .type = values_.empty() ? ElementType::kInteger : ElementType::kReal, .elements = 1}} {}

  int64_t size() const override { return static_cast<int64_t>(begins_.size()); }
  std::span<const Field> fields() const override { return fields_; }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    auto* elements = static_cast<float*>(targets[0]);
    std::vector<Cell> cells;
    for (size_t at = 0; at < indices.size(); ++at) {
      const auto index = static_cast<size_t>(indices[at]);
      file_->ReadRow(begins_[index], cells);
      ReadElements(*table_, cells, elements);
      elements += table_->elements;
      if (values_.empty())
        static_cast<int32_t*>(targets[1])[at] = classes_[index];
      else
        static_cast<float*>(targets[1])[at] = values_[index];
    }
  }

 private:
  const std::shared_ptr<const Table> table_;
  const std::shared_ptr<const CsvFile> file_;
  const std::vector<size_t> begins_;
  const std::vector<int32_t> classes_;
  const std::vector<float> values_;
  const std::vector<Field> fields_;
};

// The classes of the targets, in the order of the bytes of their texts.
std::vector<std::string> ClassesOf(const Rows& train) {
  std::set<std::string> names;
  for (size_t row = 0; row < train.begins.size(); ++row) {
    names.insert(train.targets[row].text());
    if (names.size() > kMaxClasses)
      train.file->Fail(train.begins[row],
                       "the target has more than " + std::to_string(kMaxClasses) + " different texts");
  }
  return {names.begin(), names.end()};
}

std::vector<int32_t> ClassNumbers(const Rows& rows, const std::vector<std::string>& names) {
  std::vector<int32_t> numbers;
  for (size_t row = 0; row < rows.begins.size(); ++row) {
    const auto found = std::lower_bound(names.begin(), names.end(), rows.targets[row].text());
    if (found == names.end() || *found != rows.targets[row].text())
      rows.file->Fail(rows.begins[row], "the class " + Excerpt(rows.targets[row]) + " is not in the training data");
    numbers.push_back(static_cast<int32_t>(found - names.begin()));
  }
  return numbers;
}

// The targets as whole numbers.  Empty if one is none.
std::vector<int32_t> WholeNumbers(const Rows& rows) {
  std::vector<int32_t> numbers;
  for (const Cell& target : rows.targets) {
    const double number = *target.number();
    if (number != std::trunc(number) || std::fabs(number) > 0x7fffffff) return {};
    numbers.push_back(static_cast<int32_t>(number));
  }
  return numbers;
}

std::vector<float> Values(const Rows& rows) {
  std::vector<float> values;
  for (const Cell& target : rows.targets) values.push_back(static_cast<float>(*target.number()));
  return values;
}

// Divides the only part into training and test rows.
std::pair<Rows, Rows> Divide(const Rows& all, std::span<const int32_t> classes, const DataOptions& options) {
  const std::vector<bool> chosen =
      ChooseTestSamples(static_cast<int64_t>(all.begins.size()), classes, options.test_split, options.split_seed);
  std::pair<Rows, Rows> parts = {{.file = all.file}, {.file = all.file}};
  for (size_t row = 0; row < chosen.size(); ++row) {
    Rows& part = chosen[row] ? parts.second : parts.first;
    part.begins.push_back(all.begins[row]);
    part.targets.push_back(all.targets[row]);
  }
  return parts;
}

// Throws Error if several rows have the same target all, so that there is nothing to learn.
void CheckTargetsDiffer(const Rows& train, bool are_texts) {
  const Cell& first = train.targets[0];
  const auto equals_first = [&](const Cell& target) {
    return are_texts ? target.text() == first.text() : target.number() == first.number();
  };
  if (train.targets.size() == 1 || !std::all_of(train.targets.begin(), train.targets.end(), equals_first)) return;
  train.file->Fail(0, std::string("the target has only one ") + (are_texts ? "class, " : "value, ") + Excerpt(first));
}

struct PartFile {
  Dataset Splits::*dataset;
  std::string path;
};

// Opens the parts, of which the first has the training rows.
Source OpenParts(const std::vector<PartFile>& parts, const DataOptions& options) {
  const auto table = std::make_shared<Table>();
  size_t target = 0;
  std::vector<std::pair<Dataset Splits::*, Rows>> rows;
  for (const PartFile& part : parts) {
    const auto file = std::make_shared<const CsvFile>(MapUnpacked(part.path));
    if (rows.empty()) {
      table->columns.resize(file->columns().size());
      target = TargetOf(*file, options.target);
      table->columns[target].use = ColumnUse::kTarget;
    } else if (file->columns() != rows[0].second.file->columns()) {
      file->Fail(0, "the columns are not those of " + parts[0].path);
    }
    const RowRules rules = {.missing = options.missing,
                            .advice = "--missing mean or drop fills or leaves out such rows",
                            .finds_texts = rows.empty()};
    rows.emplace_back(part.dataset, ScanRows(file, rules, *table));
  }
  const bool has_texts = table->columns[target].is_text;
  CheckTargetsDiffer(rows[0].second, has_texts);
  const std::vector<std::string> names = has_texts ? ClassesOf(rows[0].second) : std::vector<std::string>();
  const auto whole = [](const auto& part) { return !WholeNumbers(part.second).empty(); };
  const bool are_whole = !has_texts && std::all_of(rows.begin(), rows.end(), whole);
  const auto classes_of = [&](const Rows& part) {
    return has_texts ? ClassNumbers(part, names) : are_whole ? WholeNumbers(part) : std::vector<int32_t>();
  };
  Source source;
  source.train_classes = classes_of(rows[0].second);
  if (!has_texts && !AreClasses(source.train_classes)) source.train_classes.clear();
  if (rows.size() == 1 && options.test_split > 0) {
    auto [train, test] = Divide(rows[0].second, source.train_classes, options);
    rows[0].second = std::move(train);
    if (!test.begins.empty()) {
      rows.emplace_back(&Splits::test, std::move(test));
      source.drawn_share = options.test_split;
    }
    if (!source.train_classes.empty()) source.train_classes = classes_of(rows[0].second);
  }
  LearnColumns(rows[0].second, *table);
  source.remark = DescribeColumns(*rows[0].second.file, *table);
  const std::vector<std::string> element_names = ElementNames(*rows[0].second.file, *table);
  for (auto& [dataset, part] : rows) {
    std::vector<int32_t> classes = classes_of(part);
    std::vector<float> values = has_texts || are_whole ? std::vector<float>() : Values(part);
    Dataset& data = source.splits.*dataset;
    data = Dataset(std::make_shared<TableSource>(table, std::move(part), std::move(classes), std::move(values)));
    data.class_names = names;
  }
  for (Dataset* part : {&source.splits.train, &source.splits.validation, &source.splits.test})
    part->element_names = element_names;
  return source;
}

Source OpenTable(const std::string& path, const DataOptions& options) {
  return OpenParts({{&Splits::train, path}}, options);
}

// The file of a part in a folder; empty if there is none.
std::string FindPart(const std::string& folder, std::string_view part) {
  std::error_code ignored;
  for (std::string_view end : kTableEnds) {
    const std::string path = folder + "/" + std::string(part) + std::string(end);
    if (fs::exists(path, ignored)) return path;
  }
  return "";
}

bool IsTableFolder(const std::string& path) { return !FindPart(path, "train").empty(); }

Source OpenTableFolder(const std::string& path, const DataOptions& options) {
  std::vector<PartFile> parts;
  for (const auto& [name, dataset] : kPartNames) {
    const std::string file = FindPart(path, name);
    if (file.empty()) continue;
    if (!parts.empty() && parts.back().dataset == dataset)
      BadInput(path, "has two tables of the same part, " + parts.back().path + " and " + file);
    parts.push_back({dataset, file});
  }
  return OpenParts(parts, options);
}

}  // namespace

const SourceKind kTable = {
    .name = "a table (.csv or .tsv)", .matches = &IsTableName, .open = &OpenTable, .is_divided = true};
const SourceKind kTableFolder = {
    .name = "a folder with train.csv", .matches = &IsTableFolder, .open = &OpenTableFolder, .is_divided = true};

}  // namespace brine
