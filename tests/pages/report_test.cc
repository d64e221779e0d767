// Tests the page of runs.
#include "frontend/cli/html/report.h"

#include <gmock/gmock.h>

#include <random>
#include <regex>

#include "absl/strings/match.h"
#include "tests/pages/fake_run.h"

namespace brine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string PageOf(const std::vector<std::string>& runs) {
  const absl::StatusOr<std::string> page = cli::ReportPage(runs);
  EXPECT_TRUE(page.ok()) << page.status();
  return page.value_or("");
}

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

// The ids of the page's sections, separated by blanks.
std::string Sections(const std::string& page) {
  const std::regex section("<section id=\"([a-z]+)\"");
  std::string ids;
  for (std::sregex_iterator found(page.begin(), page.end(), section), end; found != end; ++found)
    ids += (ids.empty() ? "" : " ") + (*found)[1].str();
  return ids;
}

TEST(Report, HasASectionForEachPart) {
  const std::string page = PageOf({WriteFakeRun("cifar10_cnn-1", {})});
  EXPECT_EQ(Sections(page), "curves rates confusion worst filters time norms layers epochs configuration command");
  EXPECT_EQ(Count(page, "<figure class=\"chart\">"), 4u) << "loss, accuracy, learning rate, throughput";
  EXPECT_EQ(Count(page, "<figure class=\"chart small\">"), 8u) << "one for each parameter";
  EXPECT_EQ(Count(page, "<td class=\"right-guess\""), 10u);
  EXPECT_EQ(Count(page, "<td class=\"wrong-guess\""), 90u);
  EXPECT_EQ(Count(page, "<li class=\"card\">"), 24u);
  EXPECT_EQ(Count(page, "<img "), 25u) << "the pictures and the sheet of filters";
  EXPECT_THAT(page,
              HasSubstr("<code>brine train &#39;examples/it&#39;\\&#39;&#39;s here/model.cc&#39; --epochs 10</code>"));
  EXPECT_THAT(page, HasSubstr("conv2d_1 (Conv2D)"));
  EXPECT_THAT(page, HasSubstr("A ring marks epoch 7, the best by <code>val_loss</code>."));
  EXPECT_THAT(page, HasSubstr("<td>winograd-rows</td>"));
}

TEST(Report, LoadsNothingAndIsSmall) {
  const std::string page = PageOf({WriteFakeRun("cifar10_cnn-1", {.epochs = 200})});
  for (const char* load : {"https://", "src=\"http", "href=\"http", "url(h", "@import", "<link rel=\"style", "fetch("})
    EXPECT_THAT(page, Not(HasSubstr(load)));
  EXPECT_EQ(Count(page, "http://"), 1u) << "only the name of SVG's elements, in the script";
  EXPECT_LT(page.size(), 1000000u);
}

TEST(Report, ARunThatBeginsOrDoesNotValidateHasAPage) {
  EXPECT_EQ(Sections(PageOf({WriteFakeRun("no_validation", {.validates = false})})),
            "curves rates filters time norms layers epochs configuration command");
  EXPECT_EQ(Sections(PageOf({WriteFakeRun("begins", {.epochs = 0, .validates = false})})),
            "filters time layers configuration command");
  EXPECT_THAT(PageOf({WriteFakeRun("one_epoch", {.epochs = 1})}), HasSubstr("class=\"best s0\""));
}

TEST(Report, ManyClassesAreAPicture) {
  const std::string page = PageOf({WriteFakeRun("many", {.classes = 100})});
  EXPECT_EQ(Count(page, "<table class=\"matrix\">"), 0u);
  EXPECT_EQ(Count(page, "Confusion matrix of 100 classes"), 1u);
  EXPECT_THAT(page, HasSubstr("The most confused classes"));
}

TEST(Report, NamesAreText) {
  const std::string hostile = "</script><b id=x>\"'&";
  const std::string run = WriteFakeRun("hostile", {.class_name = hostile, .sample_name = "a/" + hostile + ".png"});
  WriteText(run + "/log.jsonl",
            "{\"epoch\":1,\"step\":9,\"</script><b id=x>\":1,\"loss\":2,\"weight_norm\":{\"</script><b id=x>\":3}}\n");
  WriteText(run + "/kernels.json",
            "{\"kernels\":[{\"name\":\"</script><b id=x>\",\"ms\":1,\"bound\":\"<b id=x>\",\"strategy\":\"<b id=x>\","
            "\"layers\":\"<b id=x>, </script>\"}],\"block_bytes\":{\"<b id=x>\":5}}");
  WriteText(run + "/summary.txt", "| Layer | N |\n| <b id=x> | 1 |\n <b id=x>: 3\n");
  WriteText(run + "/config.pbtxt",
            "model: \"<b id=x>\" command: \"</script><b id=x>\" data: \"<b id=x>\" machine { cpu: \"<b id=x>\" }"
            " result { name: \"</script><b id=x>\" } started: \"<b id=x>\"");
  const std::string page = PageOf({run});
  EXPECT_EQ(Count(page, "<b id=x>"), 0u);
  EXPECT_EQ(Count(page, "</script>"), 1u);
  EXPECT_GT(Count(page, "&lt;b id=x&gt;"), 15u);
}

TEST(Report, AKernelOfManyLayersNamesTwo) {
  const std::string page = PageOf({WriteFakeRun("layers", {})});
  EXPECT_THAT(page, HasSubstr("<td>conv2d, max_pooling2d</td>"));
  EXPECT_THAT(page, HasSubstr("<td><details><summary>conv2d, conv2d_1 and 2 more</summary>conv2d, conv2d_1, dense, "
                              "dense_1</details></td>"));
}

TEST(Report, RunsLieSideBySide) {
  const std::string a = WriteFakeRun("a", {}),
                    b = WriteFakeRun("b", {.epochs = 14, .learning_rate = 3e-4, .quality = 0.6});
  const std::string page = PageOf({a, b});
  EXPECT_EQ(Sections(page).substr(0, 8), "compared");
  EXPECT_THAT(page, HasSubstr("data-series=\"a, validation\""));
  EXPECT_THAT(page, HasSubstr("data-series=\"b, training\""));
  EXPECT_THAT(page,
              HasSubstr("<code>learning_rate</code> ≠</th><td><strong>0.001</strong></td><td><strong>0.0003</strong>"));
  EXPECT_THAT(page, HasSubstr("<code>batch_size</code></th><td>32</td><td>32</td>"));
  EXPECT_THAT(page, HasSubstr("<th scope=\"row\">val_loss</th><td class=\"num\"><strong>0.748 ★</strong></td>"));
  EXPECT_THAT(page, HasSubstr("<th scope=\"row\">val_accuracy</th><td class=\"num\"><strong>0.7307 ★</strong></td>"));
}

// Each file cut at each sixteenth, and with bytes changed: the result is a page or a sentence that begins with a path.
TEST(Report, DamagedFilesGiveAPageOrASentence) {
  const std::string run = WriteFakeRun("damaged_everywhere", {.epochs = 2, .classes = 3});
  std::mt19937 random(5);
  int pages = 0, sentences = 0;
  for (const char* name : {"config.pbtxt", "log.jsonl", "steps.csv", "evaluation.json", "kernels.json", "summary.txt",
                           "model.ir.gz", "checkpoints/best.safetensors"}) {
    const std::string path = run + "/" + name, whole = ReadText(path);
    for (int round = 0; round < 32; ++round) {
      std::string text = round < 16 ? whole.substr(0, whole.size() * static_cast<size_t>(round) / 16) : whole;
      for (int change = 0; round >= 16 && change < 3; ++change)
        text[random() % text.size()] = static_cast<char>(random() % 256);
      WriteText(path, text);
      const absl::StatusOr<std::string> page = cli::ReportPage({run});
      (page.ok() ? pages : sentences) += 1;
      EXPECT_TRUE(page.ok() || absl::StartsWith(page.status().message(), run)) << page.status();
    }
    WriteText(path, whole);
  }
  EXPECT_GT(pages, 50);
  EXPECT_GT(sentences, 50);
}

TEST(Report, AFolderThatIsNoRunIsNamed) {
  const absl::StatusOr<std::string> page = cli::ReportPage({WriteFakeRun("a", {}), "nowhere"});
  EXPECT_EQ(page.status().message(), "nowhere: is no run, as it has no config.pbtxt");
}

}  // namespace
}  // namespace brine
