#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "runtime/trainer/readers.h"
#include "tests/runtime/message.h"

namespace brine {
namespace {

namespace fs = std::filesystem;

std::string Idx(std::initializer_list<uint32_t> dims, const std::string& data, uint32_t type = 8) {
  std::string file = {0, 0, static_cast<char>(type), static_cast<char>(dims.size())};
  for (uint32_t dim : dims) {
    for (int shift : {24, 16, 8, 0}) file += static_cast<char>(dim >> shift & 255);
  }
  return file + data;
}

class MnistTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/mnist_test." + std::to_string(getpid());
    fs::create_directories(folder_);
    Write("train-images-idx3-ubyte", Idx({3, 2, 2}, "abcdefghijkl"));
    Write("train-labels-idx1-ubyte", Idx({3}, std::string("\1\0\x9", 3)));
    Write("t10k-images.idx3-ubyte", Idx({1, 2, 2}, "mnop"));  // the other spelling
    Write("t10k-labels.idx1-ubyte", Idx({1}, "\7"));
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
  }
  std::string Refusal() {
    const std::string text = testing::Message([&] { LoadMnist(folder_); });
    return text.substr(text.starts_with(folder_) ? folder_.size() + 1 : 0);
  }

  std::string folder_;
};

TEST_F(MnistTest, ReadsImagesAndLabels) {
  const Splits data = LoadMapped(folder_);
  EXPECT_EQ(data.train.size(), 3);
  EXPECT_EQ(data.test.size(), 1);
  EXPECT_EQ(data.train.fields()[0].height, 2);
  EXPECT_EQ(data.train.fields()[0].channels, 1);
  EXPECT_EQ(data.train.class_names.size(), 10u);
  const int64_t indices[] = {2, 0};
  char pixels[9] = {};
  int32_t labels[2];
  void* const targets[] = {pixels, labels};
  data.train.source().Read(indices, targets);
  EXPECT_STREQ(pixels, "ijklabcd");
  EXPECT_EQ(labels[0], 9);
  EXPECT_EQ(labels[1], 1);
}

TEST_F(MnistTest, LabelsSayHowManyClassesThereAre) {
  Write("train-labels-idx1-ubyte", Idx({3}, std::string("\1\x1a\2")));
  EXPECT_EQ(LoadMnist(folder_).train.class_names.size(), 27u);
  EXPECT_EQ(LoadMnist(folder_).train.class_names[26], "26");
}

TEST_F(MnistTest, ImagesMayHaveChannels) {
  Write("train-images-idx3-ubyte", Idx({3, 1, 2, 2}, "abcdefghijkl"));
  Write("t10k-images.idx3-ubyte", Idx({1, 1, 2, 2}, "mnop"));
  const Splits data = LoadMnist(folder_);
  EXPECT_EQ(data.train.fields()[0].height, 1);
  EXPECT_EQ(data.train.fields()[0].channels, 2);
  EXPECT_EQ(data.train.fields()[0].elements, 4);
}

TEST_F(MnistTest, BadFilesAreNamed) {
  const char kImages[] = "train-images-idx3-ubyte", kLabels[] = "train-labels-idx1-ubyte";
  const auto with = [&](const char* name, const std::string& bytes) {
    SetUp();
    Write(name, bytes);
    return Refusal();
  };
  EXPECT_EQ(with(kImages, ""), "train-images-idx3-ubyte: is empty or not a regular file");
  EXPECT_EQ(with(kImages, "abc"), "train-images-idx3-ubyte: is shorter than an IDX header");
  EXPECT_EQ(with(kImages, "\x1f\x8b and the rest of a compressed file"),
            "train-images-idx3-ubyte: begins with 0x1f8b2061, an IDX file of this kind with 0x00000803");
  EXPECT_EQ(with(kImages, Idx({3, 2, 2}, "abcdefghijkl", 13)),
            "train-images-idx3-ubyte: begins with 0x00000d03, an IDX file of this kind with 0x00000803");
  EXPECT_EQ(with(kImages, Idx({3, 2, 2}, "abc")),
            "train-images-idx3-ubyte: its dimensions need 12 bytes of data, it has 3");
  EXPECT_EQ(with(kImages, Idx({3, 2, 2}, "abcdefghijklm")),
            "train-images-idx3-ubyte: its dimensions need 12 bytes of data, it has 13");
  EXPECT_EQ(with(kImages, Idx({0, 2, 2}, "")),
            "train-images-idx3-ubyte: has a dimension of 0 or a size that overflows");
  EXPECT_EQ(with(kImages, Idx({~0u, ~0u, ~0u}, "")),
            "train-images-idx3-ubyte: has a dimension of 0 or a size that overflows");
  EXPECT_EQ(with(kImages, Idx({2, 2, 2}, "abcdefgh")),
            "train-images-idx3-ubyte: has 2 images, but " + folder_ + "/train-labels-idx1-ubyte has 3 labels");
  SetUp();
  fs::remove(folder_ + "/" + kLabels);
  EXPECT_EQ(Refusal(), "train-labels-idx1-ubyte: cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace brine
