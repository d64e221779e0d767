// Opens pages in headless Chromium and tests what it draws, light and dark.  Skipped where there is no Chromium.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "frontend/cli/html/json.h"
#include "frontend/cli/html/markup.h"
#include "frontend/cli/html/model_page.h"
#include "frontend/cli/html/png.h"
#include "frontend/cli/html/report.h"
#include "tests/frontend/examples.h"
#include "tests/frontend/graph_of_model.h"
#include "tests/golden.h"
#include "tests/pages/fake_run.h"
#include "tests/pages/model_views.h"

namespace brine {
namespace {

using cli::JsonObject;
using cli::ListField;
using cli::NumberField;
using cli::TextField;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

enum class Scheme { kDark = 0, kLight = 1 };  // the numbers are Chromium's

// Runs Chromium and returns its output.  Each call has a profile of its own.
std::string RunChromium(const std::string& flags) {
  static int runs = 0;
  const std::string base = ScratchPath(absl::StrCat("chromium", ++runs)), profile = base + ".profile";
  const std::string command = absl::StrCat(
      "timeout 100 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1280,1600 ",
      "--user-data-dir='", profile, "' ", flags, " >'", base, "' 2>'", base, ".err' </dev/null");
  EXPECT_EQ(std::system(command.c_str()), 0) << command << "\n" << ReadText(base + ".err");
  std::string output = ReadText(base);
  return output;
}

class Chromium : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("chromium --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no chromium";
  }

  // What probe.js finds in the page.
  static JsonObject Facts(const std::string& page, Scheme scheme) {
    const std::string path = ScratchPath("probed.html");
    const std::string collect =
        "<head><script>window.pageErrors = []; addEventListener(\"error\", event => pageErrors.push(event.message));"
        "addEventListener(\"securitypolicyviolation\", event => pageErrors.push(event.violatedDirective));"
        "console.error = (...words) => pageErrors.push(words.join(\" \"));</script>";
    WriteText(path,
              absl::StrReplaceAll(
                  page, {{"<head>", collect},
                         {"</body>", absl::StrCat("<script>", ReadGolden("pages/probe.js"), "</script></body>")}}));
    const std::string dom = RunChromium(absl::StrCat("--blink-settings=preferredColorScheme=", static_cast<int>(scheme),
                                                     " --dump-dom 'file://", path, "'"));
    const std::string begin = "<pre id=\"facts\">";
    const size_t at = dom.rfind(begin);  // the script names it, too
    EXPECT_NE(at, std::string::npos) << dom.substr(0, 2000);
    if (at == std::string::npos) return JsonObject();
    const std::string text = dom.substr(at + begin.size(), dom.find("</pre>", at) - at - begin.size());
    absl::StatusOr<JsonObject> facts =
        cli::ParseJsonObject(absl::StrReplaceAll(text, {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}}), "facts");
    EXPECT_TRUE(facts.ok()) << text;
    return facts.ok() ? *std::move(facts) : JsonObject();
  }

  // Tests what holds for every page, and that its background follows the scheme.
  static void ExpectReadable(const JsonObject& facts, Scheme scheme) {
    EXPECT_EQ(ListField(facts, "errors").size(), 0) << facts.fields().at("errors").ShortDebugString();
    EXPECT_GE(NumberField(facts, "leastContrast"), 4.5) << TextField(facts, "leastContrastText");
    EXPECT_LE(NumberField(facts, "overflow"), 0) << "the page is wider than its window";
    EXPECT_EQ(NumberField(facts, "unnamedControls"), 0);
    EXPECT_EQ(NumberField(facts, "brokenImages"), 0);
    for (const cli::JsonValue& channel : ListField(facts, "background")) {
      if (scheme == Scheme::kDark)
        EXPECT_LT(channel.number_value(), 64);
      else
        EXPECT_GT(channel.number_value(), 224);
    }
  }
};

TEST_F(Chromium, DrawsTheReportOfARun) {
  const absl::StatusOr<std::string> page = cli::ReportPage({WriteFakeRun("drawn", {.class_name = "</script><b>"})});
  ASSERT_TRUE(page.ok()) << page.status();
  for (const Scheme scheme : {Scheme::kLight, Scheme::kDark}) {
    const JsonObject facts = Facts(*page, scheme);
    ExpectReadable(facts, scheme);
    struct Row {
      const char *title, *reading;
      int lines, rings;
    };
    const Row rows[] = {{"loss", "epoch 10: training, by step 0.", 3, 1},
                        {"accuracy", "epoch 10: training, by step 0.", 3, 1},
                        {"learning rate", "epoch 10: learning rate 0.000387", 1, 0},
                        {"samples per second", "epoch 10: samples per second 2", 1, 0}};
    const auto& charts = ListField(facts, "charts");
    ASSERT_EQ(charts.size(), 4);
    for (int index = 0; index < 4; ++index) {
      EXPECT_EQ(TextField(charts[index].struct_value(), "title"), rows[index].title);
      EXPECT_EQ(NumberField(charts[index].struct_value(), "lines"), rows[index].lines) << rows[index].title;
      EXPECT_EQ(NumberField(charts[index].struct_value(), "rings"), rows[index].rings) << rows[index].title;
      EXPECT_GT(NumberField(charts[index].struct_value(), "width"), 400) << rows[index].title;
      EXPECT_THAT(TextField(charts[index].struct_value(), "reading"), StartsWith(rows[index].reading));
    }
    // LossAt(10) and what is added to it on validation data.
    EXPECT_THAT(TextField(charts[0].struct_value(), "reading"), HasSubstr("training 0.503, validation 0.803"));
    EXPECT_EQ(NumberField(facts, "smallCharts"), 8);
    const JsonObject& matrix = facts.fields().at("matrix").struct_value();
    EXPECT_EQ(NumberField(matrix, "cells"), 100);
    EXPECT_EQ(NumberField(matrix, "stops"), 1);
    EXPECT_TRUE(matrix.fields().at("moved").bool_value());
    EXPECT_THAT(TextField(matrix, "reading"),
                AllOf(StartsWith("</script><b> taken for class 1: 11, "), HasSubstr("of the class")));
  }
}

TEST_F(Chromium, DrawsRunsSideBySide) {
  const absl::StatusOr<std::string> page =
      cli::ReportPage({WriteFakeRun("left", {}), WriteFakeRun("right", {.epochs = 14, .quality = 0.6}),
                       WriteFakeRun("third", {.epochs = 3, .classes = 40, .validates = false})});
  ASSERT_TRUE(page.ok()) << page.status();
  for (const Scheme scheme : {Scheme::kLight, Scheme::kDark}) {
    const JsonObject facts = Facts(*page, scheme);
    ExpectReadable(facts, scheme);
    const JsonObject& loss = ListField(facts, "charts").at(0).struct_value();
    EXPECT_EQ(NumberField(loss, "lines"), 5) << "two of each run that validates";
    EXPECT_EQ(NumberField(loss, "rings"), 3);
    EXPECT_THAT(TextField(loss, "reading"), StartsWith("epoch 14: right, training "));
  }
}

TEST_F(Chromium, DrawsAModel) {
  const cli::ModelViews views = ViewsOf(GraphOf(ExampleModel("cifar10_cnn")), ir::Stage::kGraph);
  const std::string page = ModelPage(views);
  for (const Scheme scheme : {Scheme::kLight, Scheme::kDark}) {
    const JsonObject facts = Facts(page, scheme);
    ExpectReadable(facts, scheme);
    const JsonObject& graph = facts.fields().at("graph").struct_value();
    EXPECT_EQ(NumberField(graph, "boxes"), 10);
    EXPECT_EQ(NumberField(graph, "edges"), 9);
    EXPECT_EQ(ListField(graph, "before").size(), 0);
    ASSERT_EQ(ListField(graph, "shown").size(), 1);
    EXPECT_EQ(ListField(graph, "shown")[0].string_value(), "g3");
    EXPECT_EQ(NumberField(graph, "rows"), 1) << "the pool is one node";
    EXPECT_GT(NumberField(graph, "grown"), 10);
    EXPECT_EQ(NumberField(graph, "refolded"), 0);
    EXPECT_EQ(TextField(graph, "found"), "2 of 10");
    EXPECT_EQ(NumberField(graph, "dimmed"), 8);
    EXPECT_GT(NumberField(graph, "values"), 5);
    EXPECT_EQ(NumberField(graph, "passes"), static_cast<double>(views.history.changes.size()));
  }
}

TEST_F(Chromium, DrawsATrainingGraph) {
  const std::string page = ModelPage(ViewsOf(GraphOf(ExampleModel("vgg_like")), ir::Stage::kTrain));
  for (const Scheme scheme : {Scheme::kLight, Scheme::kDark}) ExpectReadable(Facts(page, scheme), scheme);
}

// The pictures of a page as the browser decodes them.
TEST_F(Chromium, DecodesPictures) {
  cli::Page page;
  page.title = "pictures";
  std::string images;
  std::vector<std::string> pixels;
  for (const int channels : {1, 3, 4}) {
    cli::Picture picture = {3, 2, channels, {}};
    std::string expected;
    for (int pixel = 0; pixel < 6; ++pixel) {
      for (int channel = 0; channel < channels; ++channel)
        picture.pixels.push_back(channel == 3 ? 255 : static_cast<uint8_t>(40 * pixel + 13 * channel));
      for (int channel = 0; channel < 4; ++channel) {
        const int value = channel == 3 ? 255 : 40 * pixel + (channels == 1 ? 0 : 13 * channel);
        absl::StrAppend(&expected, expected.empty() ? "" : " ", value);
      }
    }
    absl::StrAppend(&images,
                    absl::StrReplaceAll(WriteImage(picture, 10, "a picture"), {{"\"pixels\"", "\"pixels probed\""}}));
    pixels.push_back(expected);
  }
  page.sections = {{"pictures", "Pictures", images}};
  const JsonObject facts = Facts(WritePage(page), Scheme::kLight);
  ExpectReadable(facts, Scheme::kLight);
  const auto& found = ListField(facts, "pixels");
  ASSERT_EQ(found.size(), 3);
  for (int index = 0; index < 3; ++index) EXPECT_EQ(found[index].string_value(), pixels[static_cast<size_t>(index)]);
}

TEST_F(Chromium, TakesPicturesOfBothSchemes) {
  const absl::StatusOr<std::string> page = cli::ReportPage({WriteFakeRun("shot", {})});
  ASSERT_TRUE(page.ok()) << page.status();
  const std::string path = ScratchPath("shot.html");
  WriteText(path, *page);
  std::string shots[2];
  for (const Scheme scheme : {Scheme::kLight, Scheme::kDark}) {
    const std::string shot = ScratchPath("shot.png");
    std::filesystem::remove(shot);
    RunChromium(absl::StrCat("--blink-settings=preferredColorScheme=", static_cast<int>(scheme), " --screenshot='",
                             shot, "' 'file://", path, "'"));
    shots[static_cast<int>(scheme)] = ReadText(shot);
    EXPECT_GT(shots[static_cast<int>(scheme)].size(), 50000u) << "an empty page compresses to less";
  }
  EXPECT_NE(shots[0], shots[1]);
}

}  // namespace
}  // namespace brine
