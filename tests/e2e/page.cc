#include "tests/e2e/page.h"

#include <sstream>

namespace brine {
namespace {

bool IsIndented(const std::string& line) { return line.rfind("    ", 0) == 0; }

// The text of a comment that fills the line; empty if there is none.
std::string CommentIn(const std::string& line) {
  const std::string start = "<!-- ", end = " -->";
  if (line.rfind(start, 0) != 0 || line.size() < start.size() + end.size()) return "";
  if (line.compare(line.size() - end.size(), end.size(), end) != 0) return "";
  return line.substr(start.size(), line.size() - start.size() - end.size());
}

}  // namespace

std::vector<CodeBlock> CodeBlocksOf(const std::string& page) {
  const std::string fence = "```";
  std::vector<CodeBlock> blocks;
  std::istringstream lines(page);
  std::string before;  // the last line
  int number = 0;
  bool fenced = false;
  for (std::string line; std::getline(lines, line); before = line) {
    ++number;
    if (line.rfind(fence, 0) == 0) {
      fenced = !fenced;
      if (fenced) blocks.push_back({number + 1, line.substr(fence.size()), "", CommentIn(before)});
    } else if (fenced) {
      blocks.back().text += line + "\n";
    } else if (IsIndented(line)) {
      if (before.empty()) blocks.push_back({number, "", "", ""});
      if (before.empty() || IsIndented(before)) blocks.back().text += line + "\n";
    }
  }
  EXPECT_FALSE(fenced) << "a fence is not closed";
  return blocks;
}

void RunPage(const Project& project, const std::string& page, const std::string& folder) {
  for (const CodeBlock& block : CodeBlocksOf(page)) {
    if (block.kind != "sh") continue;
    const CommandResult run = project.Try("cd " + folder + " && set -e\n" + block.text);
    ASSERT_EQ(run.code, 0) << "line " << block.line << ":\n" << block.text << run.out << run.err;
  }
}

}  // namespace brine
