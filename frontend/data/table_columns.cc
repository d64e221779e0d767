#include "frontend/data/table_columns.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace brine {
namespace {

constexpr size_t kMaxCategories = 1000;             // of a column that is no target
constexpr int64_t kMaxElements = int64_t{1} << 18;  // of a sample

[[noreturn]] void Fail(const CsvFile& file, size_t row, size_t column, const std::string& what) {
  file.Fail(row, "the column " + file.columns()[column] + " " + what);
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

// The first sign = in the name of an element such that `accepts` accepts what is before it; npos if there is none.
template <typename Predicate>
size_t FindSign(const std::string& name, const Predicate& accepts) {
  size_t sign = name.find('=');
  while (sign != std::string::npos && !accepts(name.substr(0, sign))) sign = name.find('=', sign + 1);
  return sign;
}

}  // namespace

std::string Excerpt(const Cell& cell) {
  const std::string text = cell.text();
  return text.size() <= 40 ? text : text.substr(0, 40) + "…";
}

Rows ScanRows(const std::shared_ptr<const CsvFile>& file, const RowRules& rules, Table& table) {
  Rows rows = {.file = file};
  std::vector<Cell> cells;
  std::vector<WrongCell> wrong(table.columns.size());
  for (size_t at = file->first_row(), next = 0;; at = next) {
    next = file->ReadRow(at, cells);
    if (cells.empty()) break;
    bool is_dropped = false;
    for (size_t column = 0; column < cells.size(); ++column) {
      Column& facts = table.columns[column];
      const bool is_target = facts.use == ColumnUse::kTarget;
      if (facts.use == ColumnUse::kNone) continue;
      if (cells[column].is_missing()) {
        if (rules.missing == Missing::kRefuse) Fail(*file, at, column, std::string("has no value; ") + rules.advice);
        if (rules.missing == Missing::kMean && is_target)
          Fail(*file, at, column, "has no value, and it is the target; --missing drop leaves out such rows");
        is_dropped = is_dropped || rules.missing == Missing::kDrop;
      } else if (!facts.is_text) {
        const std::optional<double> number = cells[column].number();
        std::string what = WrongNumber(cells[column], number);
        const bool is_wrong = !what.empty();
        if (is_wrong && wrong[column].what.empty()) wrong[column] = {at, std::move(what)};
        if (is_wrong || number.has_value()) continue;
        if (!rules.finds_texts && !is_target)
          Fail(*file, at, column, "has " + Excerpt(cells[column]) + ", but only numbers in the training data");
        facts.is_text = true;
      }
    }
    if (is_dropped) continue;
    rows.begins.push_back(at);
    for (size_t column = 0; column < cells.size(); ++column) {
      if (table.columns[column].use == ColumnUse::kTarget) rows.targets.push_back(cells[column]);
    }
  }
  for (size_t column = 0; column < wrong.size(); ++column) {
    if (!table.columns[column].is_text && !wrong[column].what.empty())
      Fail(*file, wrong[column].row, column, wrong[column].what);
  }
  if (rows.begins.empty()) file->Fail(0, "there are no rows below the header");
  return rows;
}

void LearnColumns(const Rows& train, Table& table) {
  const CsvFile& file = *train.file;
  std::vector<std::map<std::string, int64_t>> counts(table.columns.size());  // of the texts
  std::vector<double> sums(table.columns.size());
  std::vector<int64_t> present(table.columns.size());
  std::vector<Cell> cells;
  for (size_t begin : train.begins) {
    file.ReadRow(begin, cells);
    for (size_t column = 0; column < cells.size(); ++column) {
      if (table.columns[column].use != ColumnUse::kInput || cells[column].is_missing()) continue;
      ++present[column];
      if (!table.columns[column].is_text) {
        sums[column] += *cells[column].number();
        continue;
      }
      ++counts[column][cells[column].line()];
      if (counts[column].size() > kMaxCategories)
        Fail(file, begin, column,
             "has text number " + std::to_string(counts[column].size()) + "; at most " +
                 std::to_string(kMaxCategories) + " different texts can be told apart");
    }
  }
  for (size_t index = 0; index < table.columns.size(); ++index) {
    Column& column = table.columns[index];
    if (column.use != ColumnUse::kInput) continue;
    if (present[index] == 0) Fail(file, 0, index, "has no value in the training data");
    column.element = table.elements;
    int64_t most = 0;
    for (const auto& [text, count] : counts[index]) {
      if (count > most) column.element = table.elements;
      most = std::max(most, count);
      column.categories[text] = table.elements++;
    }
    if (!column.is_text) {
      column.mean = static_cast<float>(sums[index] / static_cast<double>(present[index]));
      ++table.elements;
    }
    if (table.elements > kMaxElements)
      Fail(file, 0, index, "brings the elements of a sample to more than " + std::to_string(kMaxElements));
  }
}

std::vector<std::string> ElementNames(const CsvFile& file, const Table& table) {
  std::vector<std::string> names(static_cast<size_t>(table.elements));
  for (size_t index = 0; index < table.columns.size(); ++index) {
    const Column& column = table.columns[index];
    if (column.use != ColumnUse::kInput) continue;
    const std::string& name = file.columns()[index];
    if (!column.is_text) names[static_cast<size_t>(column.element)] = name;
    for (const auto& [category, element] : column.categories)
      names[static_cast<size_t>(element)] = name + "=" + category;
  }
  return names;
}

std::string DescribeColumns(const CsvFile& file, const Table& table) {
  constexpr size_t kShown = 5;
  size_t numbers = 0, texts = 0;
  std::string list;
  for (size_t index = 0; index < table.columns.size(); ++index) {
    const Column& column = table.columns[index];
    if (column.use != ColumnUse::kInput) continue;
    if (!column.is_text) ++numbers;
    if (!column.is_text || ++texts > kShown) continue;
    const size_t values = column.categories.size();
    list += (texts == 1 ? "" : ", ") + file.columns()[index] + " (" + std::to_string(values) +
            (values == 1 ? " value)" : " values)");
  }
  if (texts == 0) return "";
  if (texts > kShown) list += " and " + std::to_string(texts - kShown) + " more";
  return std::to_string(numbers) + (numbers == 1 ? " column" : " columns") + " of numbers, " + std::to_string(texts) +
         " of texts: " + list;
}

Table MatchColumns(const CsvFile& file, const std::vector<std::string>& element_names) {
  Table table = {.columns = std::vector<Column>(file.columns().size(), {.use = ColumnUse::kNone}),
                 .elements = static_cast<int64_t>(element_names.size())};
  const std::set<std::string> elements(element_names.begin(), element_names.end());
  std::map<std::string, Column*> columns;
  for (size_t index = 0; index < table.columns.size(); ++index) columns[file.columns()[index]] = &table.columns[index];
  for (size_t index = 0; index < element_names.size(); ++index) {
    const std::string& name = element_names[index];
    const auto element = static_cast<int64_t>(index);
    if (const auto number = columns.find(name); number != columns.end()) {
      number->second->use = ColumnUse::kInput;
      number->second->element = element;
      continue;
    }
    // Both the name of a column and a text may have the sign =, but a column of texts is no element itself.
    const auto may_be_texts = [&](const std::string& column) { return !elements.contains(column); };
    const size_t sign =
        FindSign(name, [&](const std::string& column) { return may_be_texts(column) && columns.contains(column); });
    if (sign == std::string::npos)
      file.Fail(0, "the column " + name.substr(0, FindSign(name, may_be_texts)) +
                       " is missing, which the model was trained with");
    Column& column = *columns[name.substr(0, sign)];
    column.use = ColumnUse::kInput;
    column.is_text = true;
    column.categories[name.substr(sign + 1)] = element;
  }
  return table;
}

void ReadElements(const Table& table, const std::vector<Cell>& cells, float* elements) {
  std::fill_n(elements, table.elements, 0.0f);
  for (size_t index = 0; index < cells.size(); ++index) {
    const Column& column = table.columns[index];
    if (column.use != ColumnUse::kInput) continue;
    if (!column.is_text) {
      elements[column.element] = cells[index].is_missing() ? column.mean : static_cast<float>(*cells[index].number());
    } else if (cells[index].is_missing()) {
      elements[column.element] = 1;
    } else if (const auto found = column.categories.find(cells[index].line()); found != column.categories.end()) {
      elements[found->second] = 1;
    }
  }
}

}  // namespace brine
