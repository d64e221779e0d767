// Golden files: texts below tests/ that tests expect.
#ifndef BRINE_TESTS_GOLDEN_H_
#define BRINE_TESTS_GOLDEN_H_

#include <string>

#include "absl/strings/string_view.h"

namespace brine {

// Fails the test and shows the lines that differ, unless `actual` is the content of tests/<path_below_tests>.  If the
// environment has UPDATE_GOLDEN=1, the file is written instead.
void ExpectGolden(absl::string_view actual, const std::string& path_below_tests);

std::string GoldenPath(const std::string& path_below_tests);
std::string ReadGolden(const std::string& path_below_tests);  // empty if there is no such file

}  // namespace brine

#endif  // BRINE_TESTS_GOLDEN_H_
