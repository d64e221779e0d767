#include "frontend/cli/html/markup.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "frontend/cli/embedded_files.h"
#include "runtime/base/utf8.h"

namespace brine::cli {
namespace {

constexpr char kReplacement[] = "\uFFFD";

}  // namespace

std::string Escaped(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t size = base::CharacterBytes(std::string_view(text.data(), text.size()));
    const char first = text[0];
    const bool control = (static_cast<uint8_t>(first) < 0x20 && first != '\n' && first != '\t') || first == 0x7f;
    if (size == 0 || control)
      absl::StrAppend(&out, kReplacement);
    else if (first == '&')
      absl::StrAppend(&out, "&amp;");
    else if (first == '<')
      absl::StrAppend(&out, "&lt;");
    else if (first == '>')
      absl::StrAppend(&out, "&gt;");
    else if (first == '"')
      absl::StrAppend(&out, "&quot;");
    else if (first == '\'')
      absl::StrAppend(&out, "&#39;");
    else
      absl::StrAppend(&out, text.substr(0, size));
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

std::string WriteTable(const HtmlTable& table) {
  std::string out =
      absl::StrCat("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", Escaped(table.caption),
                   "\"><table><caption>", Escaped(table.caption), "</caption><thead><tr>");
  const auto align = [&](size_t column) { return table.columns[column].right ? " class=\"num\"" : ""; };
  for (size_t column = 0; column < table.columns.size(); ++column)
    absl::StrAppend(&out, "<th scope=\"col\"", align(column), ">", Escaped(table.columns[column].title), "</th>");
  absl::StrAppend(&out, "</tr></thead><tbody>");
  for (const std::vector<std::string>& row : table.rows) {
    absl::StrAppend(&out, "<tr>");
    for (size_t column = 0; column < row.size(); ++column) {
      const bool heading = column == 0;
      absl::StrAppend(&out, heading ? "<th scope=\"row\"" : "<td", align(column), ">", row[column],
                      heading ? "</th>" : "</td>");
    }
    absl::StrAppend(&out, "</tr>\n");
  }
  return absl::StrCat(out, "</tbody></table></div>\n");
}

std::string Folded(absl::string_view summary, absl::string_view body, bool open) {
  return absl::StrCat("<details", open ? " open" : "", "><summary>", Escaped(summary), "</summary>", body,
                      "</details>\n");
}

std::string WritePage(const Page& page) {
  std::string links, body;
  for (const Section& section : page.sections) {
    if (section.body.empty()) continue;
    const std::string title = Escaped(section.title);
    absl::StrAppend(&links, "<li><a href=\"#", section.id, "\">", title, "</a></li>\n");
    absl::StrAppend(&body, "<section id=\"", section.id, "\" aria-labelledby=\"", section.id, "-title\"><h2 id=\"",
                    section.id, "-title\">", title, "</h2>\n", section.body, "</section>\n");
  }
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n<title>",
      Escaped(page.title), "</title>\n<style>\n", Embedded("html/page.css"), page.style,
      "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#content\">Skip to the content</a>\n<header>\n", page.head,
      "<nav aria-label=\"Sections\"><ul>\n", links, "</ul></nav>\n</header>\n<main id=\"content\" tabindex=\"-1\">\n",
      body, "</main>\n<script>\n", Embedded("html/page.js"), page.script, "</script>\n</body>\n</html>\n");
}

}  // namespace brine::cli
