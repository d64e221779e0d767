// Runs the commands of a page in Markdown.
#ifndef BRINE_TESTS_E2E_PAGE_H_
#define BRINE_TESTS_E2E_PAGE_H_

#include <string>
#include <vector>

#include "tests/e2e/project.h"

namespace brine {

// A block of code of a page: one between fences, or of lines that are indented by four spaces.
struct CodeBlock {
  int line = 0;        // the number of its first line
  std::string kind;    // what stands after the opening fence: "sh", "cpp"; empty if it is indented
  std::string text;    // its lines
  std::string reason;  // the comment <!-- … --> in the line before it
};

std::vector<CodeBlock> CodeBlocksOf(const std::string& page);

// Runs the blocks `sh` of a page, one after another, in a folder of the project.  Fails the test at a block that fails.
void RunPage(const Project& project, const std::string& page, const std::string& folder);

}  // namespace brine

#endif  // BRINE_TESTS_E2E_PAGE_H_
