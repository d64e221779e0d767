// Tests brine train on compressed data, which the tool unpacks.
#include <gmock/gmock.h>

#include "tests/e2e/project.h"

namespace brine {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

TEST(Data, CompressedFilesTrainAsPlainOnes) {
  const Project project;
  const std::string plain = project.Run("brine train digits.cc --data data --save plain --quiet");
  project.Run("cp -r data packed && gzip packed/*");  // the header has the time, so that no earlier test unpacked them
  const std::string train = "brine train digits.cc --data packed --save w";
  const CommandResult first = project.Try(train);
  EXPECT_EQ(first.out, plain);
  EXPECT_THAT(first.err, MatchesRegex("unpacked the 4 \\.gz files of packed to .*/[0-9a-f]{32}\\.files\nEpoch .*\n"));
  EXPECT_TRUE(project.Read("w") == project.Read("plain"));
  EXPECT_THAT(project.Try(train).err, MatchesRegex("Epoch .*\n"));  // they are in the cache
  EXPECT_THAT(project.Run("brine evaluate digits.cc --data=packed --weights w"), testing::StartsWith(plain));
  // Data of another content are unpacked anew.
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
  EXPECT_EQ(refusal("truncate -s -100 train-images*"), file + "is damaged: it cannot be unpacked to its end\n");
  EXPECT_EQ(refusal("echo no >train-images-idx3-ubyte.gz"), file + "is not a gzip file\n");
  EXPECT_EQ(refusal("printf x | dd of=train-images-idx3-ubyte.gz bs=1 seek=999 conv=notrunc 2>/dev/null"),
            file + "is damaged: it cannot be unpacked to its end\n");
  EXPECT_THAT(refusal("rm t10k-labels*"), HasSubstr("t10k-labels-idx1-ubyte: cannot be opened"));
  const CommandResult program = project.Try("brine compile digits.cc -o digits && ./digits train --data packed");
  EXPECT_EQ(program.code, 3);
  EXPECT_EQ(program.err,
            "error: packed: holds IDX files as .gz, which brine train unpacks, and this program does not\n");
}

}  // namespace
}  // namespace brine
