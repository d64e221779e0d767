// Tests the parts of which pages are made.
#include "frontend/cli/html/markup.h"

#include <gmock/gmock.h>

#include <string>

namespace brine {
namespace {

using cli::Escaped;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Markup, EscapesWhatHtmlWouldRead) {
  struct Row {
    std::string text, html;
  };
  const Row rows[] = {
      {"conv2d/kernel", "conv2d/kernel"},
      {"</script><b>", "&lt;/script&gt;&lt;b&gt;"},
      {"a\" onload='x' & b", "a&quot; onload=&#39;x&#39; &amp; b"},
      {"&lt;", "&amp;lt;"},
      {"one\ntwo\tthree", "one\ntwo\tthree"},
      {"grün 猫 🐈", "grün 猫 🐈"},
      {"\x1b[31m\x7f", "\uFFFD[31m\uFFFD"},
      {std::string("a\0b", 3), "a\uFFFDb"},
      {"\xff\xfe", "\uFFFD\uFFFD"},
      {"\xc3", "\uFFFD"},                                // cut
      {"\xc0\xbc", "\uFFFD\uFFFD"},                      // < in two bytes
      {"\xe0\x80\xbc", "\uFFFD\uFFFD\uFFFD"},            // < in three bytes
      {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},            // half of a surrogate pair
      {"\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},  // beyond U+10FFFF
      {"\xc3<b", "\uFFFD&lt;b"},
  };
  for (const Row& row : rows) EXPECT_EQ(Escaped(row.text), row.html) << row.text;
}

TEST(Markup, TablesHaveCaptionsAndScopes) {
  const std::string table = cli::WriteTable({"a < b", {{"Name"}, {"Number", true}}, {{"x", "1"}, {"y", "2"}}});
  EXPECT_THAT(table, HasSubstr("<caption>a &lt; b</caption>"));
  EXPECT_THAT(table, HasSubstr("<th scope=\"col\">Name</th><th scope=\"col\" class=\"num\">Number</th>"));
  EXPECT_THAT(table, HasSubstr("<tr><th scope=\"row\">y</th><td class=\"num\">2</td></tr>"));
}

TEST(Markup, PagesAllowNoNetworkAndListTheirSections) {
  const std::string page = cli::WritePage(
      {.title = "<t>", .head = "<h1>x</h1>", .sections = {{"a", "A & B", "text"}, {"empty", "None", ""}}});
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, HasSubstr("<title>&lt;t&gt;</title>"));
  EXPECT_THAT(page, HasSubstr("<a href=\"#a\">A &amp; B</a>"));
  EXPECT_THAT(page, HasSubstr("<section id=\"a\""));
  EXPECT_THAT(page, Not(HasSubstr("id=\"empty\"")));
}

}  // namespace
}  // namespace brine
