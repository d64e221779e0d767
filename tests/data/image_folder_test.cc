// Tests folders and archives of pictures.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <array>
#include <map>

#include "frontend/data/data.h"
#include "frontend/data/pack.h"
#include "frontend/data/picture_list.h"
#include "frontend/data/picture_tree.h"
#include "frontend/data/source.h"
#include "runtime/trainer/readers.h"
#include "tests/data/samples.h"
#include "tests/data/scratch.h"

namespace brine {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A picture of one colour, of which each channel has this number, or a grey one.
std::string Ppm(int number, int height = 2, int width = 3) {
  return "P6 " + std::to_string(width) + " " + std::to_string(height) + " 255\n" +
         std::string(static_cast<size_t>(3 * height * width), static_cast<char>(number));
}
std::string Pgm(int number, int height = 2, int width = 3) {
  return "P5 " + std::to_string(width) + " " + std::to_string(height) + " 255\n" +
         std::string(static_cast<size_t>(height * width), static_cast<char>(number));
}

// "cat/1.ppm 7 cat": the name, the first byte and the class of each sample.
std::vector<std::string> Describe(const Dataset& data) {
  std::vector<std::string> samples;
  for (int64_t index = 0; index < data.size(); ++index) {
    const auto label = static_cast<size_t>(ReadSample(data, index, 1)[0]);
    samples.push_back(data.source().NameOf(data.first() + index) + " " +
                      std::to_string(static_cast<int>(ReadSample(data, index, 0)[0])) + " " +
                      (label < data.class_names.size() ? data.class_names[label] : std::to_string(label)));
  }
  return samples;
}

Source Open(const std::string& path) { return OpenSource(path, {.test_split = 0}); }

TEST(ImageFolder, ClassesAreFolders) {
  const Scratch scratch;
  scratch.Write("x/dog/b.ppm", Ppm(1));
  scratch.Write("x/dog/a.PPM", Ppm(2));
  scratch.Write("x/cat/indoors/deep/c.ppm", Ppm(3));
  scratch.Write("x/cat/a.ppm", Pgm(4));
  // What is hidden, and what is no picture, is not looked at.
  scratch.Write("x/.git/a.ppm", "");
  scratch.Write("x/cat/.hidden.ppm", "");
  scratch.Write("x/cat/labels.txt", "");
  scratch.Write("x/README", "");
  scratch.Write("x/Thumbs.db", "");
  for (const std::string path : {"x", "x/"}) {
    const Source source = Open(scratch.path(path));
    EXPECT_EQ(source.kind, "a folder of pictures");
    EXPECT_THAT(Describe(source.splits.train),
                ElementsAre("cat/a.ppm 4 cat", "cat/indoors/deep/c.ppm 3 cat", "dog/a.PPM 2 dog", "dog/b.ppm 1 dog"));
    EXPECT_THAT(source.train_classes, ElementsAre(0, 0, 1, 1));
    EXPECT_EQ(source.splits.test.size(), 0);
    const Field& field = source.splits.train.fields()[0];
    EXPECT_EQ(field.height, 2);
    EXPECT_EQ(field.width, 3);
    EXPECT_EQ(field.channels, 3);  // since one is not grey
  }
}

TEST(ImageFolder, PartsAreFoldersAroundClasses) {
  const Scratch scratch;
  for (const char* part : {"train", "valid", "test"}) {
    scratch.Write(std::string("x/") + part + "/cat/1.ppm", Pgm(1));
    scratch.Write(std::string("x/") + part + "/eel/2.ppm", Pgm(2));
  }
  scratch.Write("x/train/dog/3.ppm", Pgm(3));
  fs::remove_all(scratch.path("x/test/cat"));
  const Source source = Open(scratch.path("x"));
  EXPECT_THAT(Describe(source.splits.train),
              ElementsAre("train/cat/1.ppm 1 cat", "train/dog/3.ppm 3 dog", "train/eel/2.ppm 2 eel"));
  EXPECT_THAT(Describe(source.splits.validation), ElementsAre("valid/cat/1.ppm 1 cat", "valid/eel/2.ppm 2 eel"));
  EXPECT_THAT(Describe(source.splits.test), ElementsAre("test/eel/2.ppm 2 eel"));
  EXPECT_EQ(source.splits.train.fields()[0].channels, 1);  // since all are grey
}

// The names of parts are those that data sets come with, in letters of any case.
TEST(ImageFolder, PartsHaveSeveralNames) {
  const std::array<std::string, 3> kNames[] = {
      {"Train", "Val", "Test"}, {"training", "valid", "testing"}, {"TRAINING", "Validation", "TEST"}};
  for (const auto& [train, validation, test] : kNames) {
    const Scratch scratch;
    for (const std::string& part : {train, validation, test}) {
      for (const char* picture : {"/cat/1.ppm", "/dog/1.ppm"}) scratch.Write("x/" + part + picture, Ppm(1));
    }
    const Source source = Open(scratch.path("x"));
    EXPECT_THAT(source.splits.train.class_names, ElementsAre("cat", "dog"));
    EXPECT_THAT(Describe(source.splits.train), ElementsAre(train + "/cat/1.ppm 1 cat", train + "/dog/1.ppm 1 dog"));
    EXPECT_THAT(Describe(source.splits.validation),
                ElementsAre(validation + "/cat/1.ppm 1 cat", validation + "/dog/1.ppm 1 dog"));
    EXPECT_THAT(Describe(source.splits.test), ElementsAre(test + "/cat/1.ppm 1 cat", test + "/dog/1.ppm 1 dog"));
  }
}

// Vehicles may be in a folder `train`, too.
TEST(ImageFolder, TrainMayBeAClass) {
  const Scratch scratch;
  scratch.Write("x/train/1.ppm", Ppm(1));
  scratch.Write("x/bus/2.ppm", Ppm(2));
  EXPECT_THAT(Describe(Open(scratch.path("x")).splits.train), ElementsAre("bus/2.ppm 2 bus", "train/1.ppm 1 train"));
}

TEST(ImageFolder, LoadsIntoMemory) {
  const Scratch scratch;
  for (int index = 0; index < 10; ++index) {
    scratch.Write("x/cat/" + std::to_string(index) + ".ppm", Ppm(index, 4, 4));
    scratch.Write("x/dog/" + std::to_string(index) + ".ppm", Ppm(100 + index, 8, 2));
  }
  const Splits data = LoadImageFolder(scratch.path("x"), {.height = 2, .width = 2, .channels = 1});
  EXPECT_EQ(data.train.size(), 16);
  EXPECT_EQ(data.test.size(), 4);
  EXPECT_EQ(data.train.fields()[0].elements, 4);
  EXPECT_THAT(data.test.class_names, ElementsAre("cat", "dog"));
  for (const Dataset* part : {&data.train, &data.test}) {
    for (const std::string& sample : Describe(*part)) {
      const std::string number = sample.substr(4, 1), expected = sample[0] == 'c' ? number : "10" + number;
      EXPECT_THAT(sample, HasSubstr(" " + expected + " "));
    }
  }
  EXPECT_EQ(ErrorOf(scratch, [&] { LoadImageFolder(scratch.path("none")); }), "3: none: is not a folder");
}

TEST(ImageFolder, EachClassKeepsAPictureThatCanBeRead) {
  const Scratch scratch;
  for (const char* name : {"x/cat/1.ppm", "x/cat/2.ppm"}) scratch.Write(name, Ppm(1));
  scratch.Write("x/dog/1.ppm", "broken");
  const auto load = [&] {
    LoadImageFolder(scratch.path("x"), {.height = 2, .width = 2, .skip_broken = true, .test_split = 0});
  };
  EXPECT_EQ(ErrorOf(scratch, load), "3: x: has no sample of the class dog that can be read");
  scratch.Write("x/dog/2.ppm", Ppm(2));
  EXPECT_EQ(ErrorOf(scratch, load), "");
}

TEST(ImageFolder, LinksThatLeadInCirclesEnd) {
  const Scratch scratch;
  scratch.Write("x/cat/1.ppm", Ppm(1));
  scratch.Write("x/dog/2.ppm", Ppm(2));
  scratch.Write("other/3.ppm", Ppm(3));
  fs::create_directory_symlink("../..", scratch.path("x/cat/up"));
  fs::create_directory_symlink("..", scratch.path("x/cat/up2"));
  fs::create_directory_symlink(scratch.path("other"), scratch.path("x/dog/linked"));
  const std::vector<std::string> samples = Describe(Open(scratch.path("x")).splits.train);
  EXPECT_THAT(samples, ::testing::Contains("dog/linked/3.ppm 3 dog"));
  EXPECT_LT(samples.size(), 10u);
}

// A file that looks like a picture by its name is one, and broken if it cannot be read.
TEST(ImageFolder, NoPictureIsLostSilently) {
  const Scratch scratch;
  for (const char* name : {"x/cat/1.ppm", "x/dog/1.ppm"}) scratch.Write(name, Ppm(1));
  fs::create_symlink("nowhere.ppm", scratch.path("x/dog/dangling.ppm"));
  ASSERT_EQ(mkfifo(scratch.path("x/dog/pipe.png").c_str(), 0600), 0);
  std::vector<std::string> expected = {"x/dog/dangling.ppm: cannot be opened: No such file or directory",
                                       "x/dog/pipe.png: is empty or not a regular file"};
  for (const std::string end : {"avif", "gif", "heic", "ico", "jp2", "pbm", "pnm", "svg", "tif", "tiff"}) {
    scratch.Write("x/dog/z." + end, "P4 1 1\n\1");
    expected.push_back("x/dog/z." + end + ": is not a picture (PNG, JPEG, WebP, BMP or PPM)");
  }
  std::vector<std::string> skipped =
      Pack(Open(scratch.path("x")), scratch.path("x.brd"), {.skip_broken = true}).skipped;
  for (std::string& sentence : skipped) sentence.erase(0, scratch.folder().size() + 1);
  EXPECT_EQ(skipped, expected);
}

// What macOS and Windows add to folders is not looked at.
TEST(ImageFolder, FilesOfSystemsAreHidden) {
  const Scratch scratch;
  for (const char* name : {"x/cat/1.ppm", "x/dog/1.ppm"}) scratch.Write(name, Ppm(1));
  for (const char* name : {"x/__MACOSX/cat/1.ppm", "x/cat/__MACOSX/2.ppm", "x/.DS_Store", "x/cat/.DS_Store"})
    scratch.Write(name, "");
  EXPECT_THAT(Describe(Open(scratch.path("x")).splits.train), ElementsAre("cat/1.ppm 1 cat", "dog/1.ppm 1 dog"));
}

TEST(ImageFolder, FaultsAreNamed) {
  const auto error = [](const std::map<std::string, std::string>& files, const std::vector<std::string>& folders = {},
                        const DataOptions& options = {}) {
    const Scratch scratch;
    for (const std::string& folder : folders) fs::create_directories(scratch.path("x/" + folder));
    for (const auto& [name, bytes] : files) scratch.Write("x/" + name, bytes);
    return ErrorOf(scratch, [&] { OpenSource(scratch.path("x"), options); });
  };
  const std::string one = Ppm(1);
  EXPECT_EQ(error({{"cat/1.ppm", one}}), "3: x: has only one class, cat; a folder for each class is expected");
  EXPECT_EQ(error({{"cat/1.ppm", one}, {"dog/readme.txt", ""}}), "3: x/dog: is a class without pictures");
  EXPECT_EQ(error({{"train/cat/1.ppm", one}, {"train/dog/1.ppm", one}, {"test/cat/1.ppm", one}}, {"test/dog"}),
            "3: x/test/dog: is a class without pictures");
  EXPECT_EQ(error({}, {"cat", "dog"}), "3: x: has no pictures");
  EXPECT_EQ(error({{"cat/1.ppm", one}, {"dog/1.ppm", one}, {"2.ppm", one}}),
            "3: x/2.ppm: is a picture in no folder of a class, so that its class is not known");
  EXPECT_EQ(error({{"train/cat/1.ppm", one}, {"train/dog/1.ppm", one}, {"test/fish/1.ppm", one}}),
            "3: x/test/fish: is a class that x/train does not have");
  EXPECT_EQ(
      error({{"train/cat/1.ppm", one}, {"train/dog/1.ppm", one}, {"val/cat/1.ppm", one}, {"valid/cat/1.ppm", one}}),
      "3: x: has both val/ and valid/, which are names of the same part");
  EXPECT_EQ(
      error({{"train/cat/1.ppm", one}, {"train/dog/1.ppm", one}, {"test/1.ppm", one}}),
      "3: x/test/1.ppm: is a picture in no folder of a class, so that its class is not known; test/CLASS/1.ppm is "
      "expected");
  EXPECT_EQ(error({{"Train/cat/1.ppm", one}, {"Train/dog/1.ppm", one}, {"extra/cat/1.ppm", one}}),
            "3: x/extra: is a folder beside those of training data; only train, val and test are expected there");
  EXPECT_EQ(error({{"train/cat/1.ppm", one}, {"train/dog/1.ppm", one}, {"extra/1.ppm", one}}),
            "3: x/extra: is a folder beside those of training data; only train, val and test are expected there");
  EXPECT_EQ(error({{"train/cat/1.ppm", one}, {"train/dog/1.ppm", one}, {"1.ppm", one}}),
            "3: x: 1.ppm is beside the folders of training, validation and test data, and in none of them");
  EXPECT_EQ(error({{"train/cat/1.ppm", one}, {"train/dog/1.ppm", one}}, {"test"}),
            "3: x/test: is a part of the data without pictures");
  EXPECT_EQ(
      error({{"cat/1.ppm", one}, {"dog/1.ppm", Ppm(1, 5, 6)}}),
      "3: x/cat/1.ppm has 3×2 pixels, but x/dog/1.ppm has 6×5 pixels; --size HEIGHTxWIDTH gives all the same size");
  EXPECT_EQ(error({{"cat/1.ppm", one}, {"dog/1.ppm", one}}, {}, {.height = 5}),
            "2: the height and the width of pictures must both be given");
  EXPECT_EQ(error({{"cat/1.ppm", one}, {"dog/1.ppm", one}}, {}, {.height = 5, .width = -1}),
            "2: the height and the width of pictures must be from 1 to 65536");
  EXPECT_EQ(error({{"cat/1.ppm", one}, {"dog/1.ppm", one}}, {}, {.channels = 2}),
            "2: pictures have 1 or 3 channels, not 2");
}

TEST(ImageFolder, TooManyClassesAreRefused) {
  PictureTree tree = {.path = "x", .place = "x/", .files = {}};
  for (int index = 0; index < 65536; ++index) tree.files.push_back({.name = std::to_string(index) + "/1.ppm"});
  const Scratch scratch;
  EXPECT_EQ(ErrorOf(scratch, [&] { OpenPictureTree(tree, {}); }),
            "3: x: has 65536 classes; at most 65535 can be told apart");
}

TEST(ImageFolder, AllBrokenPicturesAreNamedWhenTheyAreRead) {
  const Scratch scratch;
  for (const char* name : {"x/cat/1.ppm", "x/cat/2.ppm", "x/dog/1.ppm", "x/dog/4.ppm"}) scratch.Write(name, Ppm(1));
  scratch.Write("x/cat/3.png", "no picture");
  scratch.Write("x/cat/4.png", "");
  scratch.Write("x/dog/2.jpg", "\xff\xd8\xff and then nothing");
  scratch.Write("x/dog/3.gif", "GIF89a");
  const Source source = OpenSource(scratch.path("x"), {.test_split = 0});
  try {
    Pack(source, scratch.path("x.brd"), {});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), kExitBadInput);
    std::string text = error.what();
    for (size_t at = 0; (at = text.find(scratch.folder() + "/")) != std::string::npos;)
      text.erase(at, scratch.folder().size() + 1);
    EXPECT_THAT(text, ::testing::MatchesRegex("x/cat/3\\.png: is not a picture \\(PNG, JPEG, WebP, BMP or PPM\\)\n"
                                              "x/cat/4\\.png: is empty or not a regular file\n"
                                              "x/dog/2\\.jpg: is a JPEG file that cannot be decoded: [^\n]*\n"
                                              "x/dog/3\\.gif: is not a picture \\(PNG, JPEG, WebP, BMP or PPM\\)"));
  }
  EXPECT_FALSE(fs::exists(scratch.path("x.brd")));
  const PackReport report = Pack(source, scratch.path("x.brd"), {.skip_broken = true});
  EXPECT_EQ(report.train, 4);
  EXPECT_EQ(report.skipped.size(), 4u);
  EXPECT_THAT(Describe(LoadPacked(scratch.path("x.brd")).train),
              ElementsAre("cat/1.ppm 1 cat", "cat/2.ppm 1 cat", "dog/1.ppm 1 dog", "dog/4.ppm 1 dog"));
}

struct TarFile {
  std::string name, bytes;
  char type = '0';
  std::string link = "";
};

// A tar of POSIX.1-1988 with these files.
std::string Tar(const std::vector<TarFile>& files) {
  std::string tar;
  for (const auto& [name, bytes, type, link] : files) {
    std::string header(512, '\0');
    header.replace(0, name.size(), name);
    header.replace(157, link.size(), link);
    header.replace(100, 8, std::string("0000644\0", 8));
    char size[13];
    std::snprintf(size, sizeof(size), "%011zo", bytes.size());
    header.replace(124, 12, size, 12);
    header.replace(148, 8, "        ");
    header[156] = type;
    header.replace(257, 8, std::string("ustar\00000", 8));
    unsigned sum = 0;
    for (const unsigned char c : header) sum += c;
    char digits[8];
    std::snprintf(digits, sizeof(digits), "%06o", sum);
    header.replace(148, 7, digits, 7);
    tar += header + bytes + std::string((512 - bytes.size() % 512) % 512, '\0');
  }
  return tar + std::string(1024, '\0');
}

TEST(PictureArchive, WebDatasetsPairPicturesWithClasses) {
  const Scratch scratch;
  const std::string path = scratch.Write("x.tar", Tar({{"a/0001.ppm", Ppm(1)},
                                                       {"a/0001.cls", "7\n"},
                                                       {"a/0001.json", "{}"},
                                                       {"a/0001.seg.png", "not looked at"},
                                                       {"b/0001.cls", "3"},
                                                       {"b/0001.ppm", Ppm(2)}}));
  const Source source = Open(path);
  EXPECT_THAT(Describe(source.splits.train), ElementsAre("a/0001.ppm 1 7", "b/0001.ppm 2 3"));
  EXPECT_THAT(source.train_classes, ElementsAre(7, 3));
  EXPECT_THAT(source.splits.train.class_names, IsEmpty());
}

TEST(PictureArchive, ClassesMayBeTexts) {
  const Scratch scratch;
  const std::string path = scratch.Write("x.tar", Tar({{"1.ppm", Ppm(1)},
                                                       {"1.cls", "dog "},
                                                       {"2.ppm", Ppm(2)},
                                                       {"2.cls", "7"},
                                                       {"3.ppm", Ppm(3)},
                                                       {"3.cls", "dog"}}));
  EXPECT_THAT(Describe(Open(path).splits.train), ElementsAre("1.ppm 1 dog", "2.ppm 2 7", "3.ppm 3 dog"));
}

TEST(PictureArchive, WebDatasetsHaveParts) {
  const Scratch scratch;
  const std::vector<TarFile> train = {
      {"Train/0.ppm", Ppm(1)}, {"Train/0.cls", "cat"}, {"Train/1.ppm", Ppm(2)}, {"Train/1.cls", "dog"}};
  const auto open = [&](std::vector<TarFile> more, const std::string& outer = "") {
    more.insert(more.begin(), train.begin(), train.end());
    for (TarFile& entry : more) entry.name = outer + entry.name;
    return Open(scratch.Write("x.tar", Tar(more)));
  };
  for (const std::string outer : {"", "set/"}) {
    const Source source = open({{"test/0.ppm", Ppm(3)}, {"test/0.cls", "dog"}}, outer);
    EXPECT_THAT(Describe(source.splits.train), ElementsAre("Train/0.ppm 1 cat", "Train/1.ppm 2 dog"));
    EXPECT_THAT(source.train_classes, ElementsAre(0, 1));
    EXPECT_THAT(Describe(source.splits.test), ElementsAre("test/0.ppm 3 dog"));
  }
  EXPECT_EQ(ErrorOf(scratch,
                    [&] {
                      open({{"test/0.ppm", Ppm(3)}, {"test/0.cls", "eel"}});
                    }),
            "3: x.tar: test/0.ppm: has the class eel, which Train/ does not have");
  EXPECT_EQ(ErrorOf(scratch,
                    [&] {
                      open({{"more/0.ppm", Ppm(3)}, {"more/0.cls", "dog"}});
                    }),
            "3: x.tar/more: is a folder beside those of training data; only train, val and test are expected there");
}

TEST(PictureArchive, ClassesMayBeFolders) {
  const Scratch scratch;
  const std::vector<std::string> expected = {"cat/1.ppm 1 cat", "dog/deep/2.ppm 2 dog"};
  for (const std::string outer : {"", "flowers/"}) {
    const std::string path = scratch.Write("x.tar", Tar({{outer + "cat/1.ppm", Ppm(1)},
                                                         {outer + "dog/deep/2.ppm", Ppm(2)},
                                                         {"__MACOSX/cat/._1.ppm", ""},
                                                         {outer + "README", ""}}));
    EXPECT_EQ(Describe(Open(path).splits.train), expected);
  }
  const Source divided = Open(scratch.Write(
      "y.tar", Tar({{"y/train/cat/1.ppm", Ppm(1)}, {"y/train/dog/2.ppm", Ppm(2)}, {"y/test/dog/3.ppm", Ppm(3)}})));
  EXPECT_THAT(Describe(divided.splits.test), ElementsAre("test/dog/3.ppm 3 dog"));
}

// The name says CIFAR, and the content pictures, as the archive of a competition has them.
TEST(PictureArchive, MayBeCalledAsThoseOfCifar) {
  const Scratch scratch;
  const Source source = Open(scratch.Write("cifar-10.tar", Tar({{"cat/1.ppm", Ppm(1)}, {"dog/2.ppm", Ppm(2)}})));
  EXPECT_EQ(source.kind, "a tar or zip of pictures");
  EXPECT_THAT(Describe(source.splits.train), ElementsAre("cat/1.ppm 1 cat", "dog/2.ppm 2 dog"));
}

TEST(PictureList, NumbersAreNoFolders) {
  const Scratch scratch;
  scratch.Write("3/cat.ppm", Ppm(1));
  const fs::path before = fs::current_path();
  fs::current_path(scratch.folder());
  for (const auto& [input, is_picture] : {std::pair("3", false), std::pair("./3", true), std::pair("3/cat.ppm", true),
                                          std::pair("-", true), std::pair("12", false), std::pair("absent", false)})
    EXPECT_EQ(IsPictureInput(input), is_picture) << input;
  fs::current_path(before);
}

// Hard links are '1', with a path in the archive, symbolic ones '2', with a path from their folder; a pipe is '6'.
TEST(PictureArchive, LinksHaveThePicturesOfTheirTargets) {
  const Scratch scratch;
  const std::string path = scratch.Write("x.tar", Tar({{"./cat/1.ppm", Ppm(1)},
                                                       {"./cat/2.ppm", "", '1', "./cat/1.ppm"},
                                                       {"dog/1.ppm", Ppm(2)},
                                                       {"dog/2.ppm", "", '2', "../cat/2.ppm"},
                                                       {"dog/3.ppm", "", '2', "4.ppm"},
                                                       {"dog/4.ppm", Ppm(4)},
                                                       {"dog/5.ppm", "", '2', "nowhere.ppm"},
                                                       {"dog/6.ppm", "", '2', "6.ppm"},
                                                       {"dog/7.ppm", "", '6'},
                                                       {"dog/folder.ppm", "", '5'}}));
  const Source source = Open(path);
  std::vector<std::string> skipped = Pack(source, scratch.path("x.brd"), {.skip_broken = true}).skipped;
  for (std::string& sentence : skipped) sentence.erase(0, scratch.folder().size() + 1);
  EXPECT_THAT(skipped, ElementsAre("x.tar: dog/5.ppm: is a link to dog/nowhere.ppm, which is no file of the archive",
                                   "x.tar: dog/6.ppm: is a link to dog/6.ppm, which is no file of the archive",
                                   "x.tar: dog/7.ppm: is not a regular file"));
  EXPECT_THAT(Describe(LoadPacked(scratch.path("x.brd")).train),
              ElementsAre("cat/1.ppm 1 cat", "cat/2.ppm 1 cat", "dog/1.ppm 2 dog", "dog/2.ppm 1 dog", "dog/3.ppm 4 dog",
                          "dog/4.ppm 4 dog"));
}

TEST(PictureArchive, FaultsAreNamed) {
  const auto error = [](const std::vector<TarFile>& files) {
    const Scratch scratch;
    return ErrorOf(scratch, [&] {
      const Source source = OpenSource(scratch.Write("x.tar", Tar(files)), {.test_split = 0});
      PackIntoMemory(source, {});
    });
  };
  const std::string one = Ppm(1);
  EXPECT_EQ(error({{"readme", "x"}}), "3: x.tar: has no pictures");
  EXPECT_EQ(error({{"1.ppm", one}, {"1.cls", "0"}, {"2.ppm", one}}),
            "3: x.tar: 2.ppm: has no class, a file .cls, beside it");
  EXPECT_EQ(error({{"1.ppm", one}, {"1.cls", "0"}, {"2.cls", "0"}}), "3: x.tar: 2.cls: has no picture beside it");
  EXPECT_EQ(error({{"1.ppm", one}, {"1.jpg", one}, {"1.cls", "0"}}),
            "3: x.tar: 1.jpg: is the second picture of its sample");
  EXPECT_EQ(error({{"1.ppm", one}, {"1.cls", "\n"}}), "3: x.tar: 1.cls: is empty");
  EXPECT_EQ(error({{"1.ppm", one}, {"1.cls", "0"}, {"2.ppm", "P6 3 2 255\n"}, {"2.cls", "1"}}),
            "3: x.tar: 2.ppm: is a PPM file that ends too early");
  EXPECT_EQ(error({{"1.ppm", one}, {"1.cls", "0"}, {"2.ppm", ""}, {"2.cls", "1"}}),
            "3: x.tar: 2.ppm: is not a picture (PNG, JPEG, WebP, BMP or PPM)");
  EXPECT_EQ(error({{"1.ppm", one}, {"1.cls", "7"}}), "3: x.tar: has only one class, 7");
  EXPECT_EQ(error({{"cat/1.ppm", one}}), "3: x.tar: has only one class, cat; a folder for each class is expected");
}

}  // namespace
}  // namespace brine
