#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "frontend/cli/html/markup.h"
#include "frontend/cli/html/report_sections.h"

namespace brine::cli {
namespace {

// The cells of a line of a table that is drawn with characters; none if the line is another.
std::vector<std::string> CellsOf(std::string line) {
  line = absl::StrReplaceAll(line, {{"┃", "|"}, {"│", "|"}});
  if (!absl::StartsWith(line, "|")) return {};
  std::vector<std::string> cells;
  for (absl::string_view cell : absl::StrSplit(line, '|')) cells.emplace_back(absl::StripAsciiWhitespace(cell));
  return {cells.begin() + 1, cells.end() - 1};
}

bool IsNumber(absl::string_view text) { return !text.empty() && absl::ascii_isdigit(text[0]); }

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// A value of a field as text: a string without quotes, anything else as the text form of Protobuf has it.  `index` is
// −1 for a field that has one value.
std::string ValueText(const Message& message, const FieldDescriptor& field, int index) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING)
    return index < 0 ? reflection.GetString(message, &field) : reflection.GetRepeatedString(message, &field, index);
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string text;
  printer.PrintFieldValueToString(message, &field, index, &text);
  return text;
}

struct FieldRow {
  std::string name, value;  // "machine.cpu"; the value is empty if the message does not have the field
};

// The fields of a message, and those of messages in it, in the order of the schema.
void AppendFields(const Message& message, const std::string& prefix, std::vector<FieldRow>& rows) {
  const google::protobuf::Descriptor& descriptor = *message.GetDescriptor();
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  for (int number = 0; number < descriptor.field_count(); ++number) {
    const FieldDescriptor& field = *descriptor.field(number);
    if (field.is_repeated()) {
      std::vector<std::string> values;
      for (int index = 0; index < reflection.FieldSize(message, &field); ++index)
        values.push_back(ValueText(message, field, index));
      rows.push_back({prefix + field.name(), absl::StrJoin(values, field.name() == "command" ? " " : ", ")});
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      AppendFields(reflection.GetMessage(message, &field), absl::StrCat(prefix, field.name(), "."), rows);
    } else {
      rows.push_back(
          {prefix + field.name(), reflection.HasField(message, &field) ? ValueText(message, field, -1) : ""});
    }
  }
}

// A word of a command as a shell reads it.
std::string ShellWord(const std::string& word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::StrContains("-_./=:,+@%", absl::string_view(&c, 1));
  });
  return plain ? word : absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

}  // namespace

std::string LayerTable(const Run& run) {
  HtmlTable table = {absl::StrCat("Layers of ", run.config.model()), {}, {}};
  std::string notes;
  for (const absl::string_view line : absl::StrSplit(run.summary, '\n')) {
    const std::vector<std::string> cells = CellsOf(std::string(line));
    if (table.columns.empty() && !cells.empty()) {
      for (const std::string& cell : cells) table.columns.push_back({cell});
    } else if (cells.size() == table.columns.size() && !cells.empty()) {
      std::vector<std::string>& row = table.rows.emplace_back();
      for (size_t column = 0; column < cells.size(); ++column) {
        table.columns[column].right |= column > 0 && IsNumber(cells[column]);
        row.push_back(Escaped(cells[column]));
      }
    } else if (!table.rows.empty() && absl::StartsWith(line, " ")) {
      absl::StrAppend(&notes, "<li>", Escaped(absl::StripAsciiWhitespace(line)), "</li>\n");
    }
  }
  if (table.rows.empty()) return "";
  return absl::StrCat(WriteTable(table), notes.empty() ? "" : absl::StrCat("<ul class=\"plain\">\n", notes, "</ul>\n"));
}

std::string EpochTable(const Run& run) {
  HtmlTable table = {"What each epoch gave", {{"epoch", true}}, {}};
  std::set<std::string> names;
  for (const Epoch& epoch : run.epochs) {
    for (const auto& [name, result] : epoch.results) names.insert(name);
  }
  names.erase("epoch");
  if (names.empty()) return "";
  for (const std::string& name : names) table.columns.push_back({name, true});
  const std::optional<size_t> best = run.BestEpoch();
  for (size_t index = 0; index < run.epochs.size(); ++index) {
    const Epoch& epoch = run.epochs[index];
    std::vector<std::string>& row = table.rows.emplace_back(1, absl::StrCat(epoch.epoch, best == index ? " ★" : ""));
    for (const std::string& name : names) {
      const double result = epoch.Find(name);
      row.push_back(std::isfinite(result) ? absl::StrFormat("%.6g", result) : "–");
    }
  }
  constexpr size_t kMostOpen = 20;
  const std::string text = WriteTable(table);
  return run.epochs.size() <= kMostOpen ? text : Folded(absl::StrCat(run.epochs.size(), " epochs"), text);
}

std::string Configurations(absl::Span<const Run> runs) {
  HtmlTable table = {runs.size() == 1 ? "config.pbtxt" : "Configurations; ≠ marks where they differ", {{"Field"}}, {}};
  for (const Run& run : runs) table.columns.push_back({runs.size() == 1 ? "Value" : run.name});
  std::vector<std::vector<FieldRow>> fields(runs.size());  // as many of each run, since all have one schema
  for (size_t index = 0; index < runs.size(); ++index) AppendFields(runs[index].config, "", fields[index]);
  for (size_t field = 0; field < fields[0].size(); ++field) {
    std::set<std::string> distinct;
    for (const std::vector<FieldRow>& rows : fields) distinct.insert(rows[field].value);
    if (distinct.size() == 1 && distinct.begin()->empty()) continue;
    const bool differs = distinct.size() > 1;
    std::vector<std::string>& cells =
        table.rows.emplace_back(1, absl::StrCat("<code>", fields[0][field].name, "</code>", differs ? " ≠" : ""));
    for (const std::vector<FieldRow>& rows : fields) {
      const std::string value = Escaped(rows[field].value);
      cells.push_back(differs ? absl::StrCat("<strong>", value, "</strong>") : value);
    }
  }
  return WriteTable(table);
}

std::string RepeatCommand(const Run& run) {
  if (run.config.command().empty()) return "";
  const std::string command = absl::StrJoin(run.config.command(), " ",
                                            [](std::string* out, const std::string& word) { *out += ShellWord(word); });
  return absl::StrCat("<div class=\"command\"><pre tabindex=\"0\"><code>", Escaped(command),
                      "</code></pre><button type=\"button\" class=\"copy\" hidden>Copy</button></div>\n");
}

}  // namespace brine::cli
