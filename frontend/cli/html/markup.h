// The parts of which pages are made: escaped text, tables, sections, and the page around them.
#ifndef BRINE_FRONTEND_CLI_HTML_MARKUP_H_
#define BRINE_FRONTEND_CLI_HTML_MARKUP_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace brine::cli {

// `text` so that HTML shows it and takes nothing in it for markup, as content and as the value of an attribute in
// double quotes.  Bytes that are not UTF-8 and control characters become U+FFFD.
std::string Escaped(absl::string_view text);

// A table.  Cells are HTML; the first one of each row is its heading.
struct HtmlTable {
  struct Column {
    std::string title;
    bool right = false;  // whether cells are aligned to the right, as numbers are
  };
  std::string caption;  // text
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
};
std::string WriteTable(const HtmlTable& table);

// A section that the navigation of the page lists.  A section with an empty body is left out.
struct Section {
  std::string id, title, body;
};

// What closes a long part: a line that opens it.  `summary` is text.
std::string Folded(absl::string_view summary, absl::string_view body, bool open = false);

// A whole page, which loads nothing: style and script are within it, and a policy in its head forbids everything else.
struct Page {
  std::string title;  // text
  std::string head;   // HTML above the sections, which begins with the heading of the page
  std::vector<Section> sections;
  absl::string_view style = {}, script = {};  // beyond those of all pages
};
std::string WritePage(const Page& page);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_HTML_MARKUP_H_
