// Tests how the tool packs data, and says what they are like.
#include <gmock/gmock.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>

#include "tests/e2e/json.h"
#include "tests/e2e/project.h"
#include "tests/e2e/table_model.h"

namespace brine {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

// A table of such rows.
std::string Rows(int count) {
  std::string text = "x,kind,y,class\n";
  for (int row = 0; row < count; ++row)
    text += std::to_string(row % 7) + "," + (row % 2 == 0 ? "a" : "b") + ",0.5," +
            (row % 3 == 0   ? "red"
             : row % 3 == 1 ? "green"
                            : "blue") +
            "\n";
  return text;
}

TEST(Data, CompressedFilesTrainAsPlainOnes) {
  const Project project;
  const std::string plain = project.Run("brine train digits.cc --data data --save plain --quiet");
  project.Run("cp -r data packed && gzip packed/*");  // the header has the time, so that no earlier test packed them
  const std::string train = "brine train digits.cc --data packed --save w";
  const CommandResult first = project.Try(train);
  EXPECT_EQ(first.out, plain);
  EXPECT_THAT(first.err, MatchesRegex("packed packed: 500 pictures of 10 classes, of which 100 are for tests, into "
                                      ".*/[0-9a-f]{32}\\.files/data\\.brd \\([0-9.]+ KB\\)\nEpoch .*\n"));
  EXPECT_TRUE(project.Read("w") == project.Read("plain"));
  EXPECT_THAT(project.Try(train).err, MatchesRegex("Epoch .*\n"));  // they are in the cache
  EXPECT_THAT(project.Run("brine evaluate digits.cc --data=packed --weights w"), StartsWith(plain));
  // What has another time but the same content is not packed anew.
  project.Run("touch packed/*");
  EXPECT_THAT(project.Try(train).err, MatchesRegex("Epoch .*\n"));
  // Data of another content are.
  project.Run(
      "gunzip packed/t10k-labels-idx1-ubyte.gz && printf '\\0\\0\\10\\1\\0\\0\\0d' >packed/t10k-labels-idx1-ubyte && "
      "head -c 100 /dev/zero >>packed/t10k-labels-idx1-ubyte && gzip packed/t10k-labels-idx1-ubyte");
  const CommandResult other = project.Try(train + " --quiet");
  EXPECT_NE(other.out, plain);
  EXPECT_THAT(other.err, IsEmpty());
}

TEST(Data, DamagedCompressedFilesAreNamed) {
  const Project project;
  project.Run("cp -r data packed && gzip packed/*");
  const auto refusal = [&](const std::string& damage) {
    const CommandResult run = project.Try("rm -rf other && cp -r packed other && cd other && " + damage +
                                          " && cd .. && brine train digits.cc --data other --quiet");
    EXPECT_EQ(run.code, 3) << damage;
    return run.err;
  };
  const std::string file = "other/train-images-idx3-ubyte.gz: ";
  EXPECT_EQ(refusal("truncate -s -100 train-images*"), file + "ends before what is packed does\n");
  EXPECT_EQ(refusal("echo no >train-images-idx3-ubyte.gz"), file + "is not a file of gzip\n");
  EXPECT_EQ(refusal("printf x | dd of=train-images-idx3-ubyte.gz bs=1 seek=999 conv=notrunc 2>/dev/null"),
            file + "is damaged: it cannot be unpacked\n");
  EXPECT_EQ(refusal("rm t10k-labels*"), "other/t10k-images-idx3-ubyte.gz: has no file of labels beside it\n");
  const CommandResult program = project.Try("brine compile digits.cc -o digits && ./digits train --data packed");
  EXPECT_EQ(program.code, 3);
  EXPECT_EQ(program.err, "error: packed: holds IDX files as .gz, which brine train packs for this program\n");
}

TEST(Data, TheProgramReadsWhatPackWrites) {
  const Project project;
  project.Write("table.cc", kTableModel);
  project.Write("t.csv", Rows(90));
  const CommandResult packed = project.Try("brine data pack t.csv -o t.brd --test-split 0.1 --split-seed 4");
  EXPECT_EQ(packed.code, 0);
  EXPECT_THAT(packed.err,
              MatchesRegex("packed t\\.csv: 90 samples of 3 classes, of which 9 are drawn for tests, into "
                           "t\\.brd \\([0-9.]+ KB\\); 2 columns of numbers, 1 of texts: kind \\(2 values\\)\n"));
  const std::string trained = project.Run("brine train table.cc --data t.brd --quiet");
  EXPECT_THAT(trained, StartsWith("Test "));
  // The tool passes the flags on to what packs.
  EXPECT_EQ(project.Run("brine train table.cc --data t.csv --test-split 0.1 --split-seed 4 --quiet"), trained);
  EXPECT_NE(project.Run("brine train table.cc --data t.csv --test-split 0.3 --quiet"), trained);
  EXPECT_THAT(project.Run("brine train table.cc --data t.csv --test-split 0 --quiet"), IsEmpty());
  // An older file is replaced, but not by what is broken.
  project.Run(
      "cp t.brd before.brd && brine data pack t.csv -o t.brd --test-split 0.1 --split-seed 4 --quiet && "
      "cmp t.brd before.brd");
  project.Write("bad.csv", Rows(5) + "1,a,x,red,2\n");
  const CommandResult broken = project.Try("brine data pack bad.csv -o t.brd");
  EXPECT_EQ(broken.code, 3);
  EXPECT_EQ(broken.err, "bad.csv:7: the row has 5 values for 4 columns\n");
  project.Run("cmp t.brd before.brd");
  EXPECT_EQ(project.Run("ls -A | grep -v -e t.csv -e bad.csv -e table.cc -e digits.cc -e '^data$' -e brd || true"), "");
}

// Users know their files, and not those of the cache.
TEST(Data, MessagesNameTheSource) {
  const Project project;
  project.Write("table.cc", kTableModel);
  project.Write("t.csv", Rows(30));
  project.Write("wide.csv", "a,b,c,d,e,class\n1,2,3,4,5,red\n1,2,3,4,6,blue\n1,2,3,4,7,red\n1,2,3,4,8,blue\n");
  const auto error = [&](const std::string& command) {
    const CommandResult run = project.Try(command + " --quiet");
    EXPECT_EQ(run.code, 3) << command;
    return run.err;
  };
  EXPECT_EQ(error("brine train table.cc --data wide.csv"),
            "error: wide.csv: a sample has 5 elements, the model's input x is (n, 4)\n");
  project.Run("brine train table.cc --data t.csv --save w --quiet");
  EXPECT_EQ(error("brine evaluate table.cc --data t.csv --test-split 0 --weights w"),
            "error: t.csv: has neither test nor validation data\n");
}

// A packed file in the cache that has lost its end is written again.
TEST(Data, ADamagedPackedFileIsPackedAgain) {
  const Project project;
  project.Write("table.cc", kTableModel);
  project.Write("t.csv", Rows(31));
  const std::string train = "brine train table.cc --data t.csv --split-seed " + std::to_string(getpid());
  const CommandResult first = project.Try(train + " --progress none");
  const size_t begin = first.err.find(", into ") + 7;
  const std::string packed = first.err.substr(begin, first.err.find(" (") - begin), whole = ReadText(packed);
  ASSERT_GT(whole.size(), 100u);
  project.Run("truncate -s -1 " + packed);
  EXPECT_EQ(project.Try(train + " --progress none").err, first.err);
  EXPECT_TRUE(ReadText(packed) == whole);
}

TEST(Data, PicturesGetTheSizeOfTheModelsInput) {
  const Project project;
  const std::string once = std::to_string(std::time(nullptr)) + "." + std::to_string(getpid());  // not in the cache
  const auto picture = [&](int side, int value) {
    return "P5 #" + once + "\n" + std::to_string(side) + " " + std::to_string(side) + " 255\n" +
           std::string(static_cast<size_t>(side * side), static_cast<char>(value));
  };
  for (int number = 0; number < 50; ++number) {
    std::filesystem::create_directories(project.path("set/class" + std::to_string(number % 10)));
    project.Write("set/class" + std::to_string(number % 10) + "/" + std::to_string(number) + ".pgm",
                  picture(10 + number, 20 * (number % 10)));
  }
  const std::string train = "brine train digits.cc --data set --test-split 0.4 --epochs 30";
  const CommandResult run = project.Try(train);
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.err, StartsWith("packed set: 50 pictures of 10 classes, of which 20 are drawn for tests, into "));
  EXPECT_EQ(project.Run(train + " --quiet"), run.out);
  EXPECT_THAT(project.Run("brine data show set"),
              HasSubstr("the pictures have 50 sizes, from 10×10 to 59×59 pixels, most often 10×10 (1 of 50)\n"));
  // All broken pictures are named, unless they are left out.
  project.Write("set/class3/broken.pgm", "P5 10 10 255\n");
  project.Write("set/class5/none.png", "none");
  const CommandResult broken = project.Try(train);
  EXPECT_EQ(broken.code, 3);
  EXPECT_THAT(broken.err, MatchesRegex("set/class3/broken\\.pgm: .*\nset/class5/none\\.png: .*\n"));
  EXPECT_THAT(project.Try(train + " --skip-broken").err,
              MatchesRegex("packed set: 50 pictures .*; 2 broken ones are left out, the first: "
                           "set/class3/broken\\.pgm: .*"));
}

TEST(Data, ShowCounts) {
  const Project project;
  project.Run("mkdir set");
  project.Write("set/train.csv", "x,class\n1,red\n2,red\n3,blue\n6,blue\n");
  project.Write("set/test.csv", "x,class\n3,red\n7,blue\n");
  const std::string text = project.Run("brine data show set --html page.html");
  EXPECT_THAT(text, HasSubstr("set: a folder with train.csv\neach sample has 1 number\n"));
  EXPECT_THAT(text, HasSubstr("│ blue  │     2 │    1 │"));
  EXPECT_THAT(text, HasSubstr("│ x      │    3 │   1.87083 │"));
  EXPECT_THAT(text, EndsWith("\n1 samples for tests or validation are also training samples:\n  0 is 2\n"));
  EXPECT_THAT(project.Read("page.html"), AllOf(HasSubstr("<td class=\"num\">1.87083</td>"), HasSubstr("blue")));
  const std::vector<Json> facts = ParseJsonLines(project.Run("brine data show set --json"));
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(Number(Field(facts[0], "train"), "samples"), 4);
  EXPECT_EQ(Number(Field(Field(facts[0], "test"), "classes"), "red"), 1);
  EXPECT_EQ(Number(facts[0], "duplicates"), 1);
  const CommandResult stats = project.Try("brine data stats set");
  EXPECT_EQ(stats.out, "{\"mean\": [3], \"variance\": [3.5]}\n");
  EXPECT_EQ(stats.err, "Normalization({.mean = {3}, .variance = {3.5}})\n");
}

// What is printed on the terminal has no control characters of names; JSON has the names as they are.
TEST(Data, ShowCleansNames) {
  const Project project;
  for (const std::string folder : {"x/a\nb", "x/a\x1b[31mb"}) {
    std::filesystem::create_directories(project.path(folder));
    project.Write(folder + "/1.pgm", "P5 1 1 255\n1");
  }
  const std::string text = project.Run("brine data show x --test-split 0");
  EXPECT_THAT(text, AllOf(HasSubstr(" a?b "), HasSubstr(" a?[31mb ")));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_THAT(project.Run("brine data show x --test-split 0 --json"),
              HasSubstr(R"("classes": {"a\u000ab": 1, "a\u001b[31mb": 1})"));
}

TEST(Data, ShowDrawsPicturesOfEachClass) {
  const Project project;
  const std::string text = project.Run("brine data show data --html page.html");
  EXPECT_THAT(text,
              HasSubstr("data: IDX files of images and labels (plain or .gz)\neach picture is read as 12×12×1\n"));
  const std::string page = project.Read("page.html");
  size_t pictures = 0;
  for (size_t at = page.find("data:image/png;base64,"); at != std::string::npos;
       at = page.find("data:image/png", at + 1))
    ++pictures;
  EXPECT_EQ(pictures, 120u);  // twelve of each class
  EXPECT_EQ(page.find("https:"), std::string::npos);
}

TEST(Data, MistakesOfTheCommandLine) {
  const Project project;
  const struct {
    const char *flags, *message;
  } rows[] = {
      {"", "data needs pack|show|stats SRC"},
      {"eat data", "data takes pack, show or stats, got 'eat'"},
      {"show", "data show takes one file or folder"},
      {"show data data", "data show takes one file or folder"},
      {"pack data", "data pack needs -o FILE"},
      {"show data --size 3",
       "--size must be HEIGHTxWIDTH, such as 64x64, or 64x64x1 and 64x64x3 for grey and coloured "
       "pictures, got '3'"},
      {"show data --size 3x0",
       "--size must be HEIGHTxWIDTH, such as 64x64, or 64x64x1 and 64x64x3 for grey and coloured "
       "pictures, got '3x0'"},
      {"show data --resize up", "--resize must be stretch, fit or crop, got 'up'"},
      {"show data --missing never", "--missing must be mean or drop, got 'never'"},
      {"show data --background white",
       "--background must be six hexadecimal digits, two each for red, green and blue, got 'white'"},
      {"show data --background 0x12ab",
       "--background must be six hexadecimal digits, two each for red, green and blue, got '0x12ab'"},
      {"show data --test-split 1", "--test-split must be a number of at least 0 and less than 1, got '1'"},
      {"show data --max-pixels -1", "--max-pixels must be a whole number from 1 to 1099511627776, got '-1'"},
      {"show data --epochs 2", "--epochs is not a flag of data"},
  };
  for (const auto& row : rows) {
    const CommandResult run = project.Try(std::string("brine data ") + row.flags);
    EXPECT_EQ(run.code, 2) << row.flags;
    EXPECT_EQ(run.err, std::string("brine: ") + row.message + "\n");
  }
  const CommandResult absent = project.Try("brine data show absent");
  EXPECT_EQ(absent.code, 3);
  EXPECT_EQ(absent.err, "absent: does not exist\n");
  const CommandResult train = project.Try("brine train digits.cc --data data --resize up");
  EXPECT_EQ(train.code, 2);
  EXPECT_EQ(train.err, "brine: --resize must be stretch, fit or crop, got 'up'\n");
  project.Write("t.csv", "a,b\n1,2\n");
  const CommandResult same = project.Try("brine data pack t.csv -o ./t.csv");
  EXPECT_EQ(same.code, 3);
  EXPECT_EQ(same.err, "./t.csv: is a file of t.csv, which it would replace\n");
  EXPECT_EQ(project.Read("t.csv"), "a,b\n1,2\n");
  const CommandResult full = project.Try("brine data pack data -o /proc/x.brd");
  EXPECT_EQ(full.code, 1);
  EXPECT_THAT(full.err, HasSubstr("/proc"));
}

TEST(Data, TheCacheCountsPackedFiles) {
  const Project project;
  const std::string brine = "BRINE_CACHE=$PWD/cache brine ";
  project.Write("table.cc", kTableModel);
  project.Write("t.csv", Rows(30));
  project.Run(brine + "train table.cc --data t.csv --quiet");
  EXPECT_EQ(project.Run("ls cache/*.files"), "data.brd\n");
  const std::string size = project.Run("stat -c %s cache/*.files/data.brd");
  EXPECT_GT(std::stoi(project.Run(brine + "cache stats | cut -d' ' -f3")), std::stoi(size));
  project.Run(brine + "cache clean");
  EXPECT_EQ(project.Run("ls -A cache"), "");
}

}  // namespace
}  // namespace brine
