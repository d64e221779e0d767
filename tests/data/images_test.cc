// Tests the sources of images that are arrays: CIFAR-10, CIFAR-100 and IDX, plain and packed.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "frontend/data/archive.h"
#include "frontend/data/source.h"
#include "runtime/trainer/cifar.h"
#include "runtime/trainer/readers.h"
#include "tests/data/samples.h"
#include "tests/data/scratch.h"

namespace brine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Writes the files of an archive to a folder.
void Unpack(const Scratch& scratch, const std::string& archive) {
  const Archive files(Golden("archives/" + archive));
  for (const ArchiveEntry& entry : files.entries())
    scratch.Write(entry.name, std::string(entry.bytes.begin(), entry.bytes.end()));
}

TEST(Cifar, TheArchiveAsItIsDownloaded) {
  const Source source = OpenSource(Golden("archives/cifar-10-binary.tar.gz"), {});
  const Splits& data = source.splits;
  ASSERT_EQ(data.train.size(), 10);
  EXPECT_THAT(source.train_classes, ElementsAre(1, 5, 2, 6, 3, 7, 4, 8, 5, 9));
  EXPECT_THAT(ReadAll(data.test, 1), ElementsAre(3));
  EXPECT_EQ(data.test.class_names[3], "class 3");
  const std::vector<double> pixels = ReadSample(data.train, 3, 0);  // the second record of data_batch_2.bin
  EXPECT_THAT(std::vector<double>(pixels.end() - 6, pixels.end()), ElementsAre(25, 26, 27, 25, 26, 27));
  EXPECT_EQ(data.train.fields()[0].height, 32);
}

TEST(Cifar, FoldersWithFineLabels) {
  const Scratch scratch;
  Unpack(scratch, "cifar-100-binary.tar.gz");
  for (const std::string& path :
       {Golden("archives/cifar-100-binary.tar.gz"), scratch.folder(), scratch.path("cifar-100-binary")}) {
    const Source source = OpenSource(path, {});
    EXPECT_THAT(source.train_classes, ElementsAre(99, 0)) << path;
    EXPECT_THAT(ReadAll(source.splits.test, 1), ElementsAre(42)) << path;
    EXPECT_EQ(source.splits.train.class_names.size(), 100u) << path;
    EXPECT_EQ(source.splits.train.class_names[99], "fine 99") << path;
    EXPECT_EQ(ReadSample(source.splits.train, 1, 0)[3071], 4) << path;
  }
}

TEST(Cifar, FaultsAreNamed) {
  const Scratch scratch;
  Unpack(scratch, "cifar-10-binary.tar.gz");
  Unpack(scratch, "cifar-100-binary.tar.gz");
  const auto error = [&](const std::string& path) { return ErrorOf(scratch, [&] { OpenSource(path, {}); }); };
  const std::string ten = scratch.path("cifar-10-batches-bin"), hundred = scratch.path("cifar-100-binary");
  scratch.Write("cifar-10-batches-bin/batches.meta.txt", "one\ntwo\r\n");
  EXPECT_EQ(error(ten), "3: cifar-10-batches-bin/batches.meta.txt: has 2 names of classes instead of 10");
  std::filesystem::remove(ten + "/batches.meta.txt");
  EXPECT_EQ(OpenSource(ten, {}).splits.train.class_names[0], "airplane");
  std::filesystem::remove(ten + "/data_batch_4.bin");
  EXPECT_EQ(error(ten), "3: cifar-10-batches-bin: lacks data_batch_4.bin");
  scratch.Write("cifar-100-binary/test.bin", "");
  EXPECT_EQ(error(hundred), "3: cifar-100-binary/test.bin: is empty or not a regular file");
  EXPECT_EQ(ErrorOf(scratch,
                    [] {
                      CifarRecords({{"test_batch.bin", {}, nullptr}}, kCifar10);
                    }),
            "3: test_batch.bin: has no records");
  std::string train = ReadBytes(hundred + "/train.bin");
  train[3074 + 1] = 100;
  scratch.Write("cifar-100-binary/train.bin", train);
  EXPECT_EQ(error(hundred), "3: cifar-100-binary/train.bin: record 1 has label 100, which is not 0 to 99");
  ExpectTruncationsRefused(scratch, "cifar-10-binary.tar.gz", ReadBytes(Golden("archives/cifar-10-binary.tar.gz")),
                           [](const std::string& path) { OpenSource(path, {}); });
  EXPECT_EQ(error(scratch.Write("cifar-10.tar.gz", ReadBytes(Golden("archives/pax.tar.gz")))),
            "3: cifar-10.tar.gz: has neither data_batch_1.bin of CIFAR-10 nor train.bin of CIFAR-100");
}

std::string Idx(std::initializer_list<uint32_t> dims, const std::string& data) {
  std::string file = {0, 0, 8, static_cast<char>(dims.size())};
  for (uint32_t dim : dims) {
    for (int shift : {24, 16, 8, 0}) file += static_cast<char>(dim >> shift & 255);
  }
  return file + data;
}

// The bytes as a file of gzip, in one block that is not packed (RFC 1951, section 3.2.4).
std::string Gzip(const std::string& bytes, uint32_t crc) {
  const auto little = [](uint32_t number, int count) {
    std::string text;
    for (int byte = 0; byte < count; ++byte) text += static_cast<char>(number >> 8 * byte);
    return text;
  };
  const auto size = static_cast<uint32_t>(bytes.size());
  return std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff\x01", 11) + little(size, 2) + little(~size, 2) + bytes +
         little(crc, 4) + little(size, 4);
}

// The CRC-32 of the polynomial 0xedb88320, bit by bit.
std::string Gzip(const std::string& bytes) {
  uint32_t crc = ~0u;
  for (char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  return Gzip(bytes, ~crc);
}

TEST(IdxFiles, PackedFilesOfEmnist) {
  const Scratch scratch;
  scratch.Write("emnist-letters-train-images-idx3-ubyte.gz", Gzip(Idx({3, 1, 2}, "abcdef")));
  scratch.Write("emnist-letters-train-labels-idx1-ubyte.gz", Gzip(Idx({3}, "\x1a\1\2")));
  scratch.Write("emnist-letters-test-images-idx3-ubyte", Idx({1, 1, 2}, "gh"));
  scratch.Write("emnist-letters-test-labels-idx1-ubyte", Idx({1}, "\x1b"));
  const Source source = OpenSource(scratch.folder(), {});
  EXPECT_THAT(ReadAll(source.splits.train, 0), ElementsAre('a', 'b', 'c', 'd', 'e', 'f'));
  EXPECT_THAT(source.train_classes, ElementsAre(26, 1, 2));
  EXPECT_THAT(ReadAll(source.splits.test, 1), ElementsAre(27));
  EXPECT_EQ(source.splits.train.class_names.size(), 28u);
  EXPECT_EQ(source.splits.test.class_names.size(), 28u);
  // The folder is ambiguous when there is another set.
  scratch.Write("emnist-digits-train-images-idx3-ubyte", Idx({2, 1, 1}, "xy"));
  scratch.Write("emnist-digits-train-labels-idx1-ubyte", Idx({2}, "\1\1"));
  EXPECT_EQ(ErrorOf(scratch, [&] { OpenSource(scratch.folder(), {}); }),
            "3: " + scratch.folder() +
                ": holds several data sets, such as emnist-digits-train-images-idx3-ubyte and "
                "emnist-letters-train-images-idx3-ubyte; one of these files says which is meant");
  const std::string digits = scratch.path("emnist-digits-train-images-idx3-ubyte");
  const Source other = OpenSource(digits, {});
  EXPECT_EQ(other.splits.train.size() + other.splits.test.size(), 2);  // it has no test data of its own
  EXPECT_EQ(other.splits.test.size(), 1);
  EXPECT_THAT(FilesOfSource(digits), ElementsAre(digits, scratch.path("emnist-digits-train-labels-idx1-ubyte")));
  EXPECT_EQ(FilesOfSource(scratch.folder()).size(), 6u);
}

TEST(IdxFiles, FaultsOfPackedFilesAreNamed) {
  const Scratch scratch;
  const std::string images = Gzip(Idx({2, 1, 2}, "abcd")), name = "set/train-images-idx3-ubyte.gz";
  scratch.Write("set/train-labels-idx1-ubyte.gz", Gzip(Idx({2}, "\1\1")));
  const auto read = [&](const std::string&) { OpenSource(scratch.path("set"), {}); };
  const auto error = [&](const std::string& bytes) {
    scratch.Write(name, bytes);
    return ErrorOf(scratch, [&] { read(""); });
  };
  EXPECT_EQ(error(images), "");
  EXPECT_EQ(error(images + images), "3: " + name + ": its dimensions need 4 bytes of data, it has 24");
  EXPECT_EQ(error(Gzip(Idx({2, 1, 2}, "abcd"), 1)), "3: " + name + ": is damaged: it cannot be unpacked");
  EXPECT_EQ(error(images + "x"), "3: " + name + ": goes on with other bytes after the end of what is packed");
  EXPECT_EQ(error(images.substr(0, 30)), "3: " + name + ": ends before what is packed does");
  EXPECT_EQ(error(Gzip("")), "3: " + name + ": is empty when it is unpacked");
  ExpectTruncationsRefused(scratch, name, images, read);
  ExpectDamageSurvived(scratch, name, images, read);
  scratch.Write(name, images);
  std::filesystem::remove(scratch.path("set/train-labels-idx1-ubyte.gz"));
  EXPECT_EQ(ErrorOf(scratch, [&] { read(""); }), "3: " + name + ": has no file of labels beside it");
}

TEST(Sources, LinksThatLoopEnd) {
  const Scratch scratch;
  scratch.Write("set/a/1", "x");
  scratch.Write("set/.hidden", "x");
  scratch.Write("elsewhere/2", "x");
  std::filesystem::create_directory_symlink(scratch.path("set"), scratch.path("set/a/loop"));
  std::filesystem::create_directory_symlink(scratch.path("elsewhere"), scratch.path("set/link"));
  std::filesystem::create_symlink(scratch.path("absent"), scratch.path("set/broken"));
  EXPECT_THAT(FilesOfSource(scratch.path("set")), ElementsAre(scratch.path("set/a/1"), scratch.path("set/link/2")));
}

TEST(Sources, OnlySomeMayHavePictures) {
  const Scratch scratch;
  scratch.Write("set/cat/1.png", "");
  EXPECT_TRUE(MayHavePictures(scratch.path("set")));
  EXPECT_TRUE(MayHavePictures(scratch.Write("x.tar", "")));
  EXPECT_FALSE(MayHavePictures(Golden("arrays/u1.npz")));
  EXPECT_FALSE(MayHavePictures(scratch.Write("t.csv.gz", "")));
}

TEST(Sources, OthersAreRefused) {
  const Scratch scratch;
  scratch.Write("set/notes.txt", "none");
  EXPECT_THAT(ErrorOf(scratch, [&] { OpenSource(scratch.path("set"), {}); }), HasSubstr("3: set: is none of "));
  EXPECT_EQ(ErrorOf(scratch, [&] { OpenSource(scratch.path("absent"), {}); }), "3: absent: does not exist");
  ASSERT_EQ(mkfifo(scratch.path("pipe").c_str(), 0600), 0);  // nobody writes, so that reading would wait for ever
  EXPECT_EQ(ErrorOf(scratch, [&] { OpenSource(scratch.path("pipe"), {}); }), "3: pipe: is neither a file nor a folder");
  EXPECT_EQ(ErrorOf(scratch, [&] { FilesOfSource(scratch.path("pipe")); }), "3: pipe: is neither a file nor a folder");
  EXPECT_EQ(ErrorOf(scratch, [&] { OpenSource(Golden("arrays/u1.npz"), {.test_split = 1}); }),
            "2: the share of test data must be at least 0 and less than 1");
}

TEST(Idx, PartsHaveTheSameSize) {
  const Scratch scratch;
  scratch.Write("x/train-images-idx3-ubyte", Idx({2, 3, 2}, std::string(12, '\1')));
  scratch.Write("x/train-labels-idx1-ubyte", Idx({2}, std::string("\0\1", 2)));
  scratch.Write("x/t10k-images-idx3-ubyte", Idx({1, 1, 2}, std::string(2, '\1')));
  scratch.Write("x/t10k-labels-idx1-ubyte", Idx({1}, std::string("\1", 1)));
  const std::string expected =
      "3: x: each sample of the training data has bytes of shape [3, 2, 1], but each of the test data has bytes of "
      "shape [1, 2, 1]";
  EXPECT_EQ(ErrorOf(scratch, [&] { OpenSource(scratch.path("x"), {}); }), expected);
  EXPECT_EQ(ErrorOf(scratch, [&] { LoadMnist(scratch.path("x")); }), expected);
}

}  // namespace
}  // namespace brine
