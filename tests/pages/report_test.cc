// Tests the page of runs.
#include "frontend/cli/html/report.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/pages/fake_run.h"

namespace brine {
namespace {

using cli::ReportPage;
using ::testing::HasSubstr;

std::string NewFolder(const std::string& name) {
  const std::string folder = testing::TempDir() + "/" + name;
  std::filesystem::remove_all(folder);
  return folder;
}

TEST(Report, HasASectionForEachPart) {
  const std::string run = WriteFakeRun(NewFolder("cifar10_cnn-1"), {});
  const auto page = ReportPage({run});
  ASSERT_TRUE(page.ok()) << page.status();
  WriteText(testing::TempDir() + "/one.html", *page);
  for (const char* id : {"curves", "rates", "confusion", "worst", "filters", "time", "norms", "layers", "epochs",
                         "configuration", "command"})
    EXPECT_THAT(*page, HasSubstr("<section id=\"" + std::string(id) + "\"")) << id;
}

}  // namespace
}  // namespace brine
