#include "runtime/trainer/json.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/e2e/json.h"

namespace brine::testing {
namespace {

TEST(JsonText, IsValidWhateverTheTextIs) {
  EXPECT_EQ(JsonString("a\"\\\n\x01\xc3\xa4"), "\"a\\\"\\\\\\u000a\\u0001\xc3\xa4\"");
  for (const char* broken : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"}) {
    const std::string text = JsonString(broken + std::string("z"));
    EXPECT_THAT(text, ::testing::EndsWith("z\""));
    EXPECT_THAT(text, ::testing::StartsWith("\"\\ufffd"));
    ParseJsonLines("[" + text + "]");
  }
  EXPECT_EQ(JsonString("\xf0\x9f\x90\x88"), "\"\xf0\x9f\x90\x88\"");
  EXPECT_EQ(JsonObject().Number("a", INFINITY).Numbers({{"b", NAN}, {"c", 2}}).text(), "{\"a\": null, \"c\": 2}");
  EXPECT_EQ(JsonList().Add("1").Add("[]").text(), "[1, []]");
  EXPECT_EQ(JsonObject().text() + JsonList().text(), "{}[]");
}

}  // namespace
}  // namespace brine::testing
