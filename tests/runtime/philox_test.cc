#include "runtime/core/philox.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

namespace {

// The known answers are those of Random123, the library of the authors of Philox.
TEST(Philox, AgreesWithThePublishedAnswers) {
  const brine_random zeros = brine_philox(0, 0, 0, 0, 0);
  EXPECT_EQ(zeros.word[0], 0x6627e8d5u);
  EXPECT_EQ(zeros.word[1], 0xe169c58du);
  EXPECT_EQ(zeros.word[2], 0xbc57ac4cu);
  EXPECT_EQ(zeros.word[3], 0x9b00dbd8u);
  const brine_random ones = brine_philox(~uint64_t{0}, ~0u, ~0u, ~0u, ~0u);
  EXPECT_EQ(ones.word[0], 0x408f276du);
  EXPECT_EQ(ones.word[1], 0x41c83b0eu);
  EXPECT_EQ(ones.word[2], 0xa20bc7c6u);
  EXPECT_EQ(ones.word[3], 0x6d5451fdu);
}

// tests/reference/make_reference.py made the rows of philox.txt with another implementation.
TEST(Philox, AgreesWithTheReference) {
  std::ifstream file(BRINE_SOURCE_DIR "/tests/reference/philox.txt");
  int rows = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (kind == "id") {
      std::string name, hash;
      words >> name >> hash;
      EXPECT_EQ(brine_random_id(name.substr(1, name.size() - 2).c_str()), std::stoul(hash, nullptr, 16)) << line;
    } else if (kind == "philox") {
      uint64_t seed;
      uint32_t element, step;
      std::string id, word;
      double u;
      words >> seed >> element >> step >> id >> word >> u;
      const uint32_t hash = static_cast<uint32_t>(std::stoul(id, nullptr, 16));
      EXPECT_EQ(brine_philox(seed, element, step, hash, 0).word[0], std::stoul(word, nullptr, 16)) << line;
      EXPECT_EQ(brine_uniform(seed, element, step, hash), u) << line;
      ++rows;
    }
  }
  EXPECT_EQ(rows, 20);
}

TEST(Philox, TruncatedNormalHasItsMoments) {
  double sum = 0, squares = 0;
  constexpr int kDraws = 20000;
  for (uint32_t element = 0; element < kDraws; ++element) {
    const double x = brine_truncated_normal(3, element, 5);
    EXPECT_LE(std::fabs(x), 2);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.02);
  EXPECT_NEAR(std::sqrt(squares / kDraws), 0.87962566, 0.01);  // of a normal distribution truncated at two deviations
}

}  // namespace
