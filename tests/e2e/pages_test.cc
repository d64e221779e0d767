// Tests the pages of the repository: their commands run, and the messages that they explain exist.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <regex>

#include "tests/e2e/page.h"

namespace brine {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = BRINE_SOURCE_DIR;

// All pages but those of the templates, which new_test.cc runs, as paths from the root.
std::vector<std::string> Pages() {
  std::vector<std::string> pages;
  for (auto entry = fs::recursive_directory_iterator(kRoot); entry != fs::recursive_directory_iterator(); ++entry) {
    const fs::path relative = entry->path().lexically_relative(kRoot);
    const std::string name = relative.filename();
    if (name[0] == '.' || relative == "build" || relative == "frontend/cli/templates") {
      entry.disable_recursion_pending();
    } else if (relative.extension() == ".md") {
      pages.push_back(relative);
    }
  }
  std::sort(pages.begin(), pages.end());
  return pages;
}

std::vector<CodeBlock> BlocksIn(const std::string& page) { return CodeBlocksOf(ReadText(kRoot / page)); }

// The convention: ```sh runs in a folder that looks like the root of the repository, and ```sh no-run does not, for the
// reason in the comment above it.
TEST(Pages, CommandsAreMarked) {
  const std::regex command("(^|\n) *(brine|cmake|ctest|ninja|cc|c\\+\\+|(build|examples|tests|\\.)/[a-z_./]+) ");
  for (const std::string& page : Pages()) {
    for (const CodeBlock& block : BlocksIn(page)) {
      const std::string place = page + ":" + std::to_string(block.line);
      EXPECT_EQ(block.reason.empty(), block.kind != "sh no-run")
          << place << ": a comment above a block must say why it is not run";
      EXPECT_TRUE(block.kind.rfind("sh", 0) == 0 || !std::regex_search(block.text, command))
          << place << ": a block of commands must be marked as sh";
    }
  }
}

class PageCommands : public testing::TestWithParam<std::string> {};

TEST_P(PageCommands, Run) {
  const Project project;
  // The repository, without what a command might change in it, and what commands call their data.
  project.Run("ln -s '" BRINE_SOURCE_DIR "'/* . && rm -f build && mkdir build && ln -s '" BRINE_BINARY_DIR
              "' build/release");
  project.WriteCifar10(40);
  project.Run("mkdir DIR && mv cifar-10-batches-bin DIR");
  project.WriteMnist("MNIST", 40, 28);
  project.WritePictures("PICTURES", 5, 8);
  project.Run("cp PICTURES/class_3/1.ppm tulip.jpg");
  ASSERT_EQ(setenv("PREFIX", project.path("prefix").c_str(), 1), 0);
  RunPage(project, ReadText(kRoot / GetParam()), ".");
}

std::vector<std::string> PagesWithCommands() {
  std::vector<std::string> pages = Pages();
  const auto has_none = [](const std::string& page) {
    const std::vector<CodeBlock> blocks = BlocksIn(page);
    return std::none_of(blocks.begin(), blocks.end(), [](const CodeBlock& block) { return block.kind == "sh"; });
  };
  pages.erase(std::remove_if(pages.begin(), pages.end(), has_none), pages.end());
  return pages;
}

INSTANTIATE_TEST_SUITE_P(All, PageCommands, testing::ValuesIn(PagesWithCommands()), [](const auto& page) {
  std::string name = page.param;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

// The model and the C code of the README, with what they need around them.
TEST(Pages, CodeOfTheReadmeCompiles) {
  const Project project;
  std::string model, c_code;
  for (const CodeBlock& block : BlocksIn("README.md")) {
    if (block.kind == "cpp") model = block.text;
    if (block.kind == "c") c_code = block.text;
  }
  project.Write("model.cc", model);
  EXPECT_THAT(project.Run("brine summary model.cc"), testing::HasSubstr("cifar10_cnn"));
  project.Write("train.c",
                "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include \"mnist_mlp.h\"\n"
                "void Train(const unsigned char* pixels, const int32_t* labels, int rows) {\n" +
                    c_code + "}\n");
  project.Run("brine compile " BRINE_SOURCE_DIR
              "/examples/mnist_mlp/model.cc --emit object -o mnist_mlp.o && "
              "cc -Wall -Wextra -Werror -I. -I" BRINE_SOURCE_DIR " -c train.c");
}

// The sources with the parts of each long string literal joined.
std::string AllSources() {
  std::string all;
  for (const char* folder : {"codegen", "frontend", "ir", "passes", "runtime"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      if (entry.path().extension() == ".cc" || entry.path().extension() == ".h") all += ReadText(entry.path());
    }
  }
  return std::regex_replace(all, std::regex("\"\\s*\n\\s*\""), "");
}

// In the table of messages, … stands for what differs from case to case.
TEST(Pages, MessagesThatAreExplainedExist) {
  const std::string page = ReadText(kRoot / "README.md"), sources = AllSources();
  const size_t begin = page.find("## What a message means");
  ASSERT_NE(begin, page.npos);
  const std::string section = page.substr(begin, page.find("\n## ", begin + 1) - begin);
  const std::regex row("\n\\| `([^`]+)` \\|");
  int messages = 0;
  for (std::sregex_iterator match(section.begin(), section.end(), row), end; match != end; ++match, ++messages) {
    const std::string message = (*match)[1], rest = "…";
    for (size_t piece = 0, next; piece <= message.size(); piece = next + rest.size()) {
      next = std::min(message.find(rest, piece), message.size());
      EXPECT_NE(sources.find(message.substr(piece, next - piece)), sources.npos) << message;
    }
  }
  EXPECT_GT(messages, 10);
}

}  // namespace
}  // namespace brine
