// Tables in CSV or TSV: a file, or train.csv, val.csv and test.csv in a folder.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "frontend/data/bad_input.h"
#include "frontend/data/csv.h"
#include "frontend/data/inflate.h"
#include "frontend/data/source_kinds.h"
#include "frontend/data/split.h"

namespace brine {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxCategories = 1000;             // of a column that is no target
constexpr int64_t kMaxElements = int64_t{1} << 18;  // of a sample

// What becomes of a column that is not the target.
struct Column {
  bool is_text = false;
  std::vector<std::string> categories = {};  // of a text: what the training rows have, in the order of the bytes
  float substitute = 0;  // for a missing number: the mean; of a text the position of the most frequent category
  int64_t first = 0;     // the column's first element in a sample
};

// The rows of a part of the data: where each begins, and its target.
struct Rows {
  std::shared_ptr<const CsvFile> file;
  std::vector<size_t> begins;
  std::vector<Cell> targets;
};

// What is the same for all rows.
struct Table {
  std::vector<Column> columns;
  size_t target = 0;
  int64_t elements = 0;
};

[[noreturn]] void Fail(const CsvFile& file, size_t row, size_t column, const std::string& what) {
  file.Fail(row, "the column " + file.columns()[column] + " " + what);
}

std::string Excerpt(const Cell& cell) {
  const std::string text = cell.text();
  return text.size() <= 40 ? text : text.substr(0, 40) + "…";
}

// Whether the text is a number with a decimal comma, such as 1,5.
bool HasDecimalComma(std::string_view text) {
  const size_t comma = text.find(',');
  if (comma == 0 || comma == std::string_view::npos || comma + 1 == text.size()) return false;
  if (text[0] == '-' || text[0] == '+') return comma > 1 && HasDecimalComma(text.substr(1));
  return std::all_of(text.begin(), text.end(),
                     [&](const char& letter) { return (letter >= '0' && letter <= '9') || &letter == &text[comma]; });
}

// What is wrong with a cell of a column of numbers that seems to be meant as one; empty if nothing is.
std::string WrongNumber(const Cell& cell, const std::optional<double>& number) {
  if (number.has_value() && !std::isfinite(*number))
    return "has " + Excerpt(cell) + ", which is not a finite number of 32 bits";
  if (!number.has_value() && HasDecimalComma(cell.raw))
    return "has " + Excerpt(cell) + " with a decimal comma; numbers need a decimal point";
  return "";
}

// The first cell of a column that only a text can be, such as Infinity, which is an error unless the column has texts.
struct WrongCell {
  size_t row = 0;
  std::string what = {};
};

size_t TargetOf(const CsvFile& file, const std::string& name) {
  const std::vector<std::string>& columns = file.columns();
  if (name.empty()) return columns.size() - 1;
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found != columns.end()) return static_cast<size_t>(found - columns.begin());
  constexpr size_t kShown = 20;
  std::string known;
  for (size_t index = 0; index < std::min(columns.size(), kShown); ++index)
    known += (index == 0 ? "" : ", ") + columns[index];
  file.Fail(0, "there is no column " + name + "; there are " + known + (columns.size() > kShown ? ", …" : ""));
}

// Reads all rows once: checks their form, finds the columns of texts, and leaves out what `missing` says.
Rows ScanRows(const std::shared_ptr<const CsvFile>& file, Missing missing, bool finds_texts, Table& table) {
  Rows rows = {.file = file, .begins = {}, .targets = {}};
  std::vector<Cell> cells;
  std::vector<WrongCell> wrong(table.columns.size());
  for (size_t at = file->first_row(), next = 0;; at = next) {
    next = file->ReadRow(at, cells);
    if (cells.empty()) break;
    bool is_dropped = false;
    for (size_t column = 0; column < cells.size(); ++column) {
      Column& facts = table.columns[column];
      if (cells[column].is_missing()) {
        if (missing == Missing::kRefuse)
          Fail(*file, at, column, "has no value; --missing mean or drop fills or leaves out such rows");
        if (missing == Missing::kMean && column == table.target)
          Fail(*file, at, column, "has no value, and it is the target; --missing drop leaves out such rows");
        is_dropped = is_dropped || missing == Missing::kDrop;
      } else if (!facts.is_text) {
        const std::optional<double> number = cells[column].number();
        std::string what = WrongNumber(cells[column], number);
        const bool is_wrong = !what.empty();
        if (is_wrong && wrong[column].what.empty()) wrong[column] = {at, std::move(what)};
        if (is_wrong || number.has_value()) continue;
        if (!finds_texts && column != table.target)
          Fail(*file, at, column, "has " + Excerpt(cells[column]) + ", but only numbers in the training data");
        facts.is_text = true;
      }
    }
    if (is_dropped) continue;
    rows.begins.push_back(at);
    rows.targets.push_back(cells[table.target]);
  }
  for (size_t column = 0; column < wrong.size(); ++column) {
    if (!table.columns[column].is_text && !wrong[column].what.empty())
      Fail(*file, wrong[column].row, column, wrong[column].what);
  }
  if (rows.begins.empty()) file->Fail(0, "there are no rows below the header");
  return rows;
}

// Finds what the training rows have in each column.
void LearnColumns(const Rows& train, Table& table) {
  const CsvFile& file = *train.file;
  std::vector<std::map<std::string, int64_t>> counts(table.columns.size());  // of the texts
  std::vector<double> sums(table.columns.size());
  std::vector<int64_t> present(table.columns.size());
  std::vector<Cell> cells;
  for (size_t begin : train.begins) {
    file.ReadRow(begin, cells);
    for (size_t column = 0; column < cells.size(); ++column) {
      if (column == table.target || cells[column].is_missing()) continue;
      ++present[column];
      if (!table.columns[column].is_text) {
        sums[column] += *cells[column].number();
        continue;
      }
      ++counts[column][cells[column].text()];
      if (counts[column].size() > kMaxCategories)
        Fail(file, begin, column,
             "has text number " + std::to_string(counts[column].size()) + "; at most " +
                 std::to_string(kMaxCategories) + " different texts can be told apart");
    }
  }
  for (size_t index = 0; index < table.columns.size(); ++index) {
    if (index == table.target) continue;
    Column& column = table.columns[index];
    if (present[index] == 0) Fail(file, 0, index, "has no value in the training data");
    column.first = table.elements;
    int64_t most = 0;
    for (const auto& [text, count] : counts[index]) {
      if (count > most) column.substitute = static_cast<float>(column.categories.size());
      most = std::max(most, count);
      column.categories.push_back(text);
    }
    if (!column.is_text) column.substitute = static_cast<float>(sums[index] / static_cast<double>(present[index]));
    table.elements += column.is_text ? static_cast<int64_t>(column.categories.size()) : 1;
    if (table.elements > kMaxElements)
      Fail(file, 0, index, "brings the elements of a sample to more than " + std::to_string(kMaxElements));
  }
}

std::vector<std::string> ElementNames(const CsvFile& file, const Table& table) {
  std::vector<std::string> names;
  for (size_t index = 0; index < table.columns.size(); ++index) {
    if (index == table.target) continue;
    const Column& column = table.columns[index];
    if (!column.is_text) names.push_back(file.columns()[index]);
    for (const std::string& category : column.categories) names.push_back(file.columns()[index] + "=" + category);
  }
  for (std::string& name : names) std::replace(name.begin(), name.end(), '\n', ' ');
  return names;
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
      ReadElements(cells, elements);
      elements += table_->elements;
      if (values_.empty())
        static_cast<int32_t*>(targets[1])[at] = classes_[index];
      else
        static_cast<float*>(targets[1])[at] = values_[index];
    }
  }

 private:
  void ReadElements(const std::vector<Cell>& cells, float* elements) const {
    std::fill_n(elements, table_->elements, 0.0f);
    for (size_t index = 0; index < cells.size(); ++index) {
      if (index == table_->target) continue;
      const Column& column = table_->columns[index];
      float* const element = elements + column.first;
      if (!column.is_text) {
        *element = cells[index].is_missing() ? column.substitute : static_cast<float>(*cells[index].number());
      } else if (cells[index].is_missing()) {
        element[static_cast<size_t>(column.substitute)] = 1;
      } else {  // a text that the training rows do not have is a row of zeros
        const std::string text = cells[index].text();
        const auto found = std::lower_bound(column.categories.begin(), column.categories.end(), text);
        if (found != column.categories.end() && *found == text) element[found - column.categories.begin()] = 1;
      }
    }
  }

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
  std::pair<Rows, Rows> parts = {{all.file, {}, {}}, {all.file, {}, {}}};
  for (size_t row = 0; row < chosen.size(); ++row) {
    Rows& part = chosen[row] ? parts.second : parts.first;
    part.begins.push_back(all.begins[row]);
    part.targets.push_back(all.targets[row]);
  }
  return parts;
}

// Throws Error if the targets are classes, of which there is only one.
void CheckHasClasses(const Rows& train, const std::vector<int32_t>& classes) {
  if (classes.empty() || std::count(classes.begin(), classes.end(), classes[0]) < std::ssize(classes)) return;
  train.file->Fail(0, "the target has only one class, " + Excerpt(train.targets[0]));
}

struct PartFile {
  Dataset Splits::*dataset;
  std::string path;
};

// Opens the parts, of which the first has the training rows.
Source OpenParts(const std::vector<PartFile>& parts, const DataOptions& options) {
  const auto table = std::make_shared<Table>();
  std::vector<std::pair<Dataset Splits::*, Rows>> rows;
  for (const PartFile& part : parts) {
    const auto file = std::make_shared<const CsvFile>(MapUnpacked(part.path));
    if (rows.empty()) {
      table->columns.resize(file->columns().size());
      table->target = TargetOf(*file, options.target);
    } else if (file->columns() != rows[0].second.file->columns()) {
      file->Fail(0, "the columns are not those of " + parts[0].path);
    }
    rows.emplace_back(part.dataset, ScanRows(file, options.missing, rows.empty(), *table));
  }
  const bool has_texts = table->columns[table->target].is_text;
  const std::vector<std::string> names = has_texts ? ClassesOf(rows[0].second) : std::vector<std::string>();
  const auto whole = [](const auto& part) { return !WholeNumbers(part.second).empty(); };
  const bool are_whole = !has_texts && std::all_of(rows.begin(), rows.end(), whole);
  const auto classes_of = [&](const Rows& part) {
    return has_texts ? ClassNumbers(part, names) : are_whole ? WholeNumbers(part) : std::vector<int32_t>();
  };
  Source source;
  source.train_classes = classes_of(rows[0].second);
  if (!has_texts && !AreClasses(source.train_classes)) source.train_classes.clear();
  CheckHasClasses(rows[0].second, source.train_classes);
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

constexpr std::string_view kEnds[] = {".csv", ".tsv", ".csv.gz", ".tsv.gz"};

bool IsTable(const std::string& path) {
  return std::any_of(std::begin(kEnds), std::end(kEnds), [&](std::string_view end) { return path.ends_with(end); });
}

Source OpenTable(const std::string& path, const DataOptions& options) {
  return OpenParts({{&Splits::train, path}}, options);
}

// The file of a part in a folder; empty if there is none.
std::string FindPart(const std::string& folder, std::string_view part) {
  std::error_code ignored;
  for (std::string_view end : kEnds) {
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
    .name = "a table (.csv or .tsv)", .matches = &IsTable, .open = &OpenTable, .is_divided = true};
const SourceKind kTableFolder = {
    .name = "a folder with train.csv", .matches = &IsTableFolder, .open = &OpenTableFolder, .is_divided = true};

}  // namespace brine
