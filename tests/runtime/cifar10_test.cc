#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/trainer/readers.h"
#include "tests/runtime/message.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

using ::testing::ElementsAre;

// Each file has two records.  The planes of record r in file f have the numbers 10·f + r, 10·f + r + 100 and 10·f + r +
// 200; the first pixel of each plane has one more.
std::string Records(int file) {
  std::string bytes;
  for (int record = 0; record < 2; ++record) {
    bytes += static_cast<char>((2 * file + record) % 10);
    for (int plane = 0; plane < 3; ++plane) {
      std::string pixels(1024, static_cast<char>(10 * file + record + 100 * plane));
      ++pixels[0];
      bytes += pixels;
    }
  }
  return bytes;
}

class Cifar10Test : public ::testing::Test {
 protected:
  Cifar10Test() { std::filesystem::create_directory(folder_ / "cifar-10-batches-bin"); }
  void WriteAll(const std::string& below) {
    for (int file = 1; file <= 5; ++file)
      folder_.Write(below + "data_batch_" + std::to_string(file) + ".bin", Records(file));
    folder_.Write(below + "test_batch.bin", Records(6));
  }
  std::string Refusal() const {
    return Message([&] { LoadCifar10(folder_.path()); });
  }
  TemporaryFolder folder_;
  const std::string inner_ = "cifar-10-batches-bin/";
};

TEST_F(Cifar10Test, PlanesAreInterleaved) {
  WriteAll(inner_);
  const Splits data = LoadCifar10(folder_.path());
  EXPECT_EQ(data.train.size(), 10);
  EXPECT_EQ(data.test.size(), 2);
  EXPECT_EQ(data.test.class_names[3], "cat");
  std::vector<uint8_t> pixels(2 * 3072);
  int32_t labels[2];
  const std::vector<int64_t> indices = {3, 8};  // the second record of file 2, and the first of file 5
  void* const targets[] = {pixels.data(), labels};
  data.train.source().Read(indices, targets);
  EXPECT_THAT(labels, ElementsAre(5, 0));
  EXPECT_THAT(std::vector<uint8_t>(pixels.begin(), pixels.begin() + 6), ElementsAre(22, 122, 222, 21, 121, 221));
  EXPECT_THAT(std::vector<uint8_t>(pixels.end() - 3, pixels.end()), ElementsAre(50, 150, 250));
}

TEST_F(Cifar10Test, TheFolderItselfWillDo) {
  std::filesystem::remove(folder_ / "cifar-10-batches-bin");
  WriteAll("");
  EXPECT_EQ(LoadMapped(folder_.path()).train.size(), 10);
}

TEST_F(Cifar10Test, AMissingFileIsNamed) {
  WriteAll(inner_);
  std::filesystem::remove(folder_ / "cifar-10-batches-bin/data_batch_4.bin");
  EXPECT_EQ(Refusal(), folder_ / "cifar-10-batches-bin/data_batch_4.bin: cannot be opened: No such file or directory");
}

TEST_F(Cifar10Test, ACutFileIsNamed) {
  WriteAll(inner_);
  folder_.Write(inner_ + "test_batch.bin", Records(6).substr(1));
  EXPECT_EQ(
      Refusal(),
      folder_ / "cifar-10-batches-bin/test_batch.bin: has 6145 bytes, which are no whole number of records of 3073");
  folder_.Write(inner_ + "test_batch.bin", "");
  EXPECT_EQ(Refusal(), folder_ / "cifar-10-batches-bin/test_batch.bin: is empty or not a regular file");
  std::filesystem::remove(folder_ / "cifar-10-batches-bin/test_batch.bin");
  std::filesystem::create_directory(folder_ / "cifar-10-batches-bin/test_batch.bin");
  EXPECT_EQ(Refusal(), folder_ / "cifar-10-batches-bin/test_batch.bin: is empty or not a regular file");
}

TEST_F(Cifar10Test, ALabelOutOfRangeIsNamed) {
  WriteAll(inner_);
  std::string bytes = Records(2);
  bytes[3073] = 10;
  folder_.Write(inner_ + "data_batch_2.bin", bytes);
  EXPECT_EQ(Refusal(), folder_ / "cifar-10-batches-bin/data_batch_2.bin: record 1 has label 10, which is not 0 to 9");
}

TEST_F(Cifar10Test, AFolderOfSomethingElseIsRefused) {
  const auto message = [](const std::string& path) { return Message([&] { LoadMapped(path); }); };
  std::filesystem::remove(folder_ / "cifar-10-batches-bin");
  EXPECT_EQ(message(folder_.path()),
            folder_.path() + ": holds neither cifar-10-batches-bin nor train-images-idx3-ubyte");
  EXPECT_EQ(message("/nowhere"), "/nowhere: cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace brine::testing
