#include "frontend/table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace brine::internal {
namespace {

// The characters of a horizontal line.
struct Rule {
  const char* left;
  const char* fill;
  const char* cross;
  const char* right;
};
struct Style {
  Rule top, below_title, between, bottom;
  const char* title_bar;
  const char* bar;
};
constexpr Style kBoxes = {
    {"┏", "━", "┳", "┓"}, {"┡", "━", "╇", "┩"}, {"├", "─", "┼", "┤"}, {"└", "─", "┴", "┘"}, "┃", "│"};
constexpr Style kAscii = {
    {"+", "-", "+", "+"}, {"+", "=", "+", "+"}, {"+", "-", "+", "+"}, {"+", "-", "+", "+"}, "|", "|"};

void AppendRule(const Rule& rule, const std::vector<size_t>& widths, std::string& out) {
  for (size_t column = 0; column < widths.size(); ++column) {
    absl::StrAppend(&out, column == 0 ? rule.left : rule.cross);
    for (size_t i = 0; i < widths[column] + 2; ++i) absl::StrAppend(&out, rule.fill);
  }
  absl::StrAppend(&out, rule.right, "\n");
}

}  // namespace

std::string FormatTable(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows,
                        bool ascii) {
  const Style& style = ascii ? kAscii : kBoxes;
  std::vector<size_t> widths;
  for (size_t column = 0; column < columns.size(); ++column) {
    widths.push_back(columns[column].title.size());
    for (const auto& row : rows) widths.back() = std::max(widths.back(), row[column].size());
  }
  std::string out;
  const auto append_row = [&](const char* bar, const auto& cell) {
    for (size_t column = 0; column < columns.size(); ++column) {
      const std::string& text = cell(column);
      const std::string space(widths[column] - text.size(), ' ');
      absl::StrAppend(&out, bar, " ", columns[column].right ? space : text, columns[column].right ? text : space, " ");
    }
    absl::StrAppend(&out, bar, "\n");
  };
  AppendRule(style.top, widths, out);
  append_row(style.title_bar, [&](size_t column) -> const std::string& { return columns[column].title; });
  for (size_t row = 0; row < rows.size(); ++row) {
    AppendRule(row == 0 ? style.below_title : style.between, widths, out);
    append_row(style.bar, [&](size_t column) -> const std::string& { return rows[row][column]; });
  }
  AppendRule(rows.empty() ? style.below_title : style.bottom, widths, out);
  return out;
}

size_t LimitRows(std::vector<std::vector<std::string>>& rows, size_t most) {
  const size_t more = rows.size() - std::min(rows.size(), most);
  rows.resize(rows.size() - more);
  return more;
}

}  // namespace brine::internal
