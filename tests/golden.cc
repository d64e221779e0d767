#include "tests/golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace brine {
namespace {

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The lines between the equal beginnings and the equal ends of two texts, with line numbers.
std::string Difference(const std::string& expected, const std::string& actual) {
  const std::vector<std::string> a = Lines(expected), b = Lines(actual);
  size_t head = 0, tail = 0;
  while (head < std::min(a.size(), b.size()) && a[head] == b[head]) ++head;
  while (tail < std::min(a.size(), b.size()) - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  std::ostringstream text;
  for (size_t i = head; i + tail < a.size(); ++i) text << "-" << i + 1 << ": " << a[i] << "\n";
  for (size_t i = head; i + tail < b.size(); ++i) text << "+" << i + 1 << ": " << b[i] << "\n";
  return text.str();
}

}  // namespace

std::string GoldenPath(const std::string& path_below_tests) {
  return std::string(BRINE_SOURCE_DIR "/tests/") + path_below_tests;
}

std::string ReadGolden(const std::string& path_below_tests) {
  std::ifstream file(GoldenPath(path_below_tests), std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

void ExpectGolden(absl::string_view actual, const std::string& path_below_tests) {
  const std::string text(actual.data(), actual.size());
  const char* update = std::getenv("UPDATE_GOLDEN");
  if (update != nullptr && std::string(update) == "1") {
    std::filesystem::create_directories(std::filesystem::path(GoldenPath(path_below_tests)).parent_path());
    std::ofstream(GoldenPath(path_below_tests), std::ios::binary) << text;
    return;
  }
  const std::string expected = ReadGolden(path_below_tests);
  EXPECT_TRUE(expected == text)
      << "tests/" << path_below_tests
      << " differs from what was computed (-: file, +: computed; UPDATE_GOLDEN=1 rewrites it)\n"
      << Difference(expected, text);
}

}  // namespace brine
