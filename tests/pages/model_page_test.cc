// Tests the page of a model.
#include "frontend/cli/html/model_page.h"

#include <gmock/gmock.h>

#include <map>
#include <regex>
#include <set>

#include "tests/frontend/examples.h"
#include "tests/frontend/graph_of_model.h"
#include "tests/pages/model_views.h"
#include "tests/reference/networks.h"

namespace brine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr ir::Stage kStages[] = {ir::Stage::kGraph, ir::Stage::kTrain, ir::Stage::kFused, ir::Stage::kPlanned};

// The values of an attribute, in their order.
std::vector<std::string> ValuesOf(const std::string& page, const std::string& attribute) {
  const std::regex pattern(" " + attribute + "=\"([^\"]*)\"");
  std::vector<std::string> values;
  for (std::sregex_iterator found(page.begin(), page.end(), pattern), end; found != end; ++found)
    values.push_back((*found)[1]);
  return values;
}

TEST(ModelPage, EveryLinkLeadsSomewhere) {
  const ir::Graph model = GraphOf(reference::Network("mobilenet"));
  for (const ir::Stage stage : kStages) {
    const std::string page = ModelPage(ViewsOf(model, stage));
    const std::vector<std::string> all = ValuesOf(page, "id");
    const std::set<std::string> ids(all.begin(), all.end());
    EXPECT_EQ(ids.size(), all.size()) << "an id occurs twice";
    for (const std::string& link : ValuesOf(page, "href"))
      EXPECT_TRUE(link == "data:," || ids.count(link.substr(1)) == 1) << link;
  }
}

// The script moves boxes, of which it knows the sizes from the drawing.
TEST(ModelPage, TheDrawingTellsTheScriptItsSizes) {
  const std::string page = ModelPage(ViewsOf(GraphOf(ExampleModel("cifar10_cnn")), ir::Stage::kGraph));
  std::smatch drawing, box;
  ASSERT_TRUE(std::regex_search(
      page, drawing,
      std::regex("<svg id=\"layers\" [^>]* data-height=\"(\\d+)\" data-row=\"(\\d+)\" data-gap=\"(\\d+)\" "
                 "data-margin=\"(\\d+)\"")));
  ASSERT_TRUE(std::regex_search(page, box, std::regex("height=\"(\\d+)\" rx=\"4\"")));
  EXPECT_EQ(drawing[1], box[1]);
  // The first rows of an unfolded box, the tops of the first two ranks.
  const auto number = [&](size_t index) { return std::stoi(drawing[index]); };
  EXPECT_THAT(page, HasSubstr("<text y=\"" + std::to_string(number(1) + 10) + "\">"));
  EXPECT_THAT(page, HasSubstr("<text y=\"" + std::to_string(number(1) + 10 + number(2)) + "\">"));
  EXPECT_THAT(page, HasSubstr(" " + std::to_string(number(4)) + ".0)\"><rect"));
  EXPECT_THAT(page, HasSubstr(" " + std::to_string(number(4) + number(1) + number(3)) + ".0)\"><rect"));
}

TEST(ModelPage, ListsEachKernelWithItsLayersAndLines) {
  const cli::ModelViews views = ViewsOf(GraphOf(ExampleModel("cifar10_cnn")), ir::Stage::kGraph);
  const std::string page = ModelPage(views);
  size_t kernels = 0;
  for (size_t index = 0; index < views.planned->nodes.size(); ++index) {
    const ir::Node& node = views.planned->nodes[index];
    if (!node.is_kernel()) continue;
    ++kernels;
    const std::string name = views.planned->value(node.outputs[0]).name;
    EXPECT_THAT(page, HasSubstr("<span id=\"k" + std::to_string(index) + "\">"));
    EXPECT_THAT(page, HasSubstr("<summary><code>" + name + "</code> " + node.region + "</summary>"));
  }
  EXPECT_GT(kernels, 10u);
  EXPECT_THAT(page, HasSubstr("<p>" + std::to_string(kernels) + " kernels, "));
  EXPECT_THAT(page, HasSubstr("conv2d_1, max_pooling2d_1"));
  EXPECT_THAT(page, ::testing::ContainsRegex("<code>[^<]*model.cc:10</code>"));
}

TEST(ModelPage, SaysWhatALayerIsMadeOf) {
  const ir::Graph model = GraphOf(ExampleModel("cifar10_cnn"));
  const std::string page = ModelPage(ViewsOf(model, ir::Stage::kGraph));
  const size_t begin = page.find("<article class=\"detail\" id=\"g4\"");
  ASSERT_NE(begin, std::string::npos);
  const std::string article = page.substr(begin, page.find("</article>", begin) - begin);
  EXPECT_THAT(article, HasSubstr("<h3>conv2d_1</h3>"));
  EXPECT_THAT(article, HasSubstr("<dd><code>f32[n,13,13,64]</code></dd>"));
  EXPECT_THAT(article, HasSubstr("<code>conv2d_1/kernel</code> f32[3,3,32,64], parameter"));
  // 13² · 64 outputs of 2 · 288 operations, their bias and their ReLU.
  EXPECT_THAT(article, HasSubstr("<dd>6,251,648 for a row</dd>"));
  EXPECT_THAT(article, HasSubstr("%conv2d_1.conv2d = conv2d(%max_pooling2d, %conv2d_1/kernel)"));
}

TEST(ModelPage, ShowsThePassesThatChangedTheGraph) {
  const cli::ModelViews views = ViewsOf(GraphOf(ExampleModel("cifar10_cnn")), ir::Stage::kGraph);
  const std::string page = ModelPage(views);
  std::vector<std::string> passes;
  const std::regex pass("<details class=\"pass\"><summary><strong>([a-z-]+)</strong>");
  for (std::sregex_iterator found(page.begin(), page.end(), pass), end; found != end; ++found)
    passes.push_back((*found)[1]);
  EXPECT_THAT(passes, ::testing::IsSupersetOf(
                          {"add-loss", "canonicalize", "autodiff", "add-optimizer", "fuse", "plan-memory"}));
  const size_t begin = page.find("<strong>canonicalize</strong>");
  const std::string diff = page.substr(begin, page.find("</details>", begin) - begin);
  EXPECT_THAT(diff, HasSubstr("-   %conv2d = relu(%conv2d.add)"));
  EXPECT_THAT(diff, HasSubstr("+   %max_pooling2d = relu(%max_pooling2d.max_pool)"));
}

// The arena's size, and the largest sum of the bytes of values that are live at once, from the lines of the table of
// memory that `brine inspect` prints.
TEST(ModelPage, TheMemoryHasItsPeak) {
  const cli::ModelViews views = ViewsOf(GraphOf(ExampleModel("cifar10_cnn")), ir::Stage::kGraph);
  const std::string page = ModelPage(views);
  EXPECT_THAT(page,
              ::testing::ContainsRegex("The arena has [0-9.]+ [KM]B. The peak is [0-9.]+ [KM]B, while node [0-9]+"));
  const std::regex value(
      "<rect class=\"value( peak)?\" x=\"([-0-9.]+)\" y=\"([-0-9.]+)\" width=\"([0-9.]+)\" height=\"([0-9.]+)\">");
  size_t values = 0, at_peak = 0;
  for (std::sregex_iterator found(page.begin(), page.end(), value), end; found != end; ++found) {
    ++values;
    at_peak += (*found)[1].matched;
    EXPECT_GE(std::stod((*found)[2]), 64) << "right of the axis";
    EXPECT_GE(std::stod((*found)[3]), 7.9) << "below the top";
    EXPECT_LE(std::stod((*found)[3]) + std::stod((*found)[5]), 341) << "above the axis";
  }
  const size_t owners = page.find("What is live at the peak");
  const size_t table = page.find("<caption>What is live at the peak", owners);
  const std::string rows = page.substr(table, page.find("</table>", table) - table);
  size_t listed = 0;
  for (size_t at = rows.find("<th scope=\"row\">"); at != std::string::npos;
       at = rows.find("<th scope=\"row\">", at + 1))
    ++listed;
  EXPECT_EQ(listed, at_peak);
  EXPECT_GT(values, at_peak);
}

TEST(ModelPage, LargeModelsHaveSmallPages) {
  constexpr size_t kMostBytes = 2000000;
  const ir::Graph resnet = GraphOf(reference::Network("resnet20"));
  for (const ir::Stage stage : kStages) EXPECT_LT(ModelPage(ViewsOf(resnet, stage)).size(), kMostBytes);
  EXPECT_LT(ModelPage(ViewsOf(GraphOf(ExampleModel("vgg_like")), ir::Stage::kPlanned)).size(), kMostBytes);
}

TEST(ModelPage, NamesAreText) {
  ir::Graph model = GraphOf(ExampleModel("cifar10_cnn"));
  const std::string hostile = "</script><b id=x>\"";
  cli::ModelViews views = ViewsOf(model, ir::Stage::kTrain);
  views.file = hostile;
  views.shown.name = hostile;
  for (ir::Graph* graph : {&views.shown, &*views.planned}) {
    for (ir::Node& node : graph->nodes) {
      for (ir::Location& location : node.locations) location = {hostile, 1, hostile};
    }
    for (ir::Value& value : graph->values) value.name += hostile;
  }
  views.history.changes[0].text += hostile + "\n";
  const std::string page = ModelPage(views);
  EXPECT_THAT(page, Not(HasSubstr("<b id=x>")));
  EXPECT_EQ(page.find("</script>"), page.rfind("</script>"));
}

TEST(ModelPage, SaysWhyThereAreNoKernels) {
  cli::ModelViews views = {"model.cc", GraphOf(ExampleModel("cifar10_cnn")), {}, "the model has no <loss>", {}};
  const std::string page = ModelPage(views);
  EXPECT_THAT(page, HasSubstr("There are no kernels to show: the model has no &lt;loss&gt;."));
  EXPECT_THAT(page, Not(HasSubstr("id=\"memory\"")));
}

}  // namespace
}  // namespace brine
