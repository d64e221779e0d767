// Golden files: text that a test expects, kept below tests/.
#ifndef BRINE_TESTS_GOLDEN_H_
#define BRINE_TESTS_GOLDEN_H_

#include <string>

#include "absl/strings/string_view.h"

namespace brine {

// Fails, showing the lines that differ, unless `actual` is the text of tests/<path_below_tests>.  With UPDATE_GOLDEN=1
// in the environment the file is written instead.
void ExpectGolden(absl::string_view actual, const std::string& path_below_tests);

std::string GoldenPath(const std::string& path_below_tests);
std::string ReadGolden(const std::string& path_below_tests);  // empty when there is no such file

}  // namespace brine

#endif  // BRINE_TESTS_GOLDEN_H_
