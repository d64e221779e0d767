// Tests that packed data are not found again when their source has changed.
#include "frontend/data/content_hash.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>

#include "frontend/data/pack.h"
#include "tests/data/scratch.h"

namespace brine {
namespace {

std::string List(const std::string& source) { return ListFiles(source, FilesOfSource(source)); }

TEST(ContentHash, TheListChangesWithTheContentWhoseSizeAndTimeAreKept) {
  const Scratch scratch;
  const std::string path = scratch.Write("t.csv", "a,b\n1,2\n");
  const std::string before = List(path);
  EXPECT_EQ(List(path), before);
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  const auto keep_times = [&] {
    const timespec times[] = {status.st_atim, status.st_mtim};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  };
  usleep(20000);  // the times of a file are as exact as the clock of the kernel
  scratch.Write("t.csv", "a,b\n3,4\n");
  keep_times();
  const std::string written = List(path);
  EXPECT_NE(written, before);
  // Another file that takes the place of this one.
  scratch.Write("new.csv", "a,b\n5,6\n");
  std::filesystem::rename(scratch.path("new.csv"), path);
  keep_times();
  EXPECT_NE(List(path), written);
}

TEST(ContentHash, ASourceThatChangesWhileItIsPackedIsRefused) {
  const Scratch scratch;
  const std::string path = scratch.Write("t.csv", "a,b\n1,2\n3,4\n");
  const std::string list = List(path);
  const auto pack = [&](const std::string& written) {
    return ErrorOf(scratch, [&] {
      const Source source = OpenSource(path, {.test_split = 0});
      if (!written.empty()) scratch.Write("t.csv", written);
      Pack(source, scratch.path("t.brd"), {.before_commit = [&] { CheckUnchanged(path, list); }});
    });
  };
  EXPECT_EQ(pack("a,b\n1,2\n3,4\n5,6\n"), "1: t.csv changed while it was packed");
  EXPECT_FALSE(std::filesystem::exists(scratch.path("t.brd")));
  const std::string later = List(path);
  EXPECT_EQ(ErrorOf(scratch, [&] { CheckUnchanged(path, later); }), "");
}

TEST(ContentHash, APackedFileDoesNotReplaceItsSource) {
  const Scratch scratch;
  const std::string path = scratch.Write("set/train.csv", "a,b\n1,2\n");
  const std::string other = scratch.Write("other.brd", "old");
  std::filesystem::create_symlink(path, scratch.path("link.csv"));
  const auto check = [&](const std::string& source, const std::string& output) {
    return ErrorOf(scratch, [&] { CheckKeepsSource(scratch.path(source), scratch.path(output)); });
  };
  EXPECT_EQ(check("set/train.csv", "other.brd"), "");
  EXPECT_EQ(check("set/train.csv", "new.brd"), "");
  EXPECT_EQ(check("set/train.csv", "set/train.csv"),
            "3: set/train.csv: is a file of set/train.csv, which it would replace");
  EXPECT_EQ(check("set", "link.csv"), "3: link.csv: is a file of set, which it would replace");
}

// The header that frontend/cmake/data_hash.cmake writes for the sources in the folder.
std::string SourcesHash(const Scratch& scratch) {
  const std::string command = "cmake -DSOURCE_DIR='" + scratch.folder() + "' -DOUTPUT='" + scratch.path("hash.h") +
                              "' -P '" BRINE_SOURCE_DIR "/frontend/cmake/data_hash.cmake'";
  EXPECT_EQ(std::system(command.c_str()), 0);
  return ReadBytes(scratch.path("hash.h"));
}

TEST(ContentHash, TheKeyChangesWithTheSourcesOfTheReaders) {
  const Scratch scratch;
  scratch.Write("frontend/data/csv.cc", "1");
  scratch.Write("runtime/trainer/cifar.cc", "1");
  const std::string before = SourcesHash(scratch);
  EXPECT_THAT(before, ::testing::ContainsRegex("kDataSourcesHash\\[\\] = \"[0-9a-f]{64}\";"));
  scratch.Write("frontend/data/README.md", "1");
  EXPECT_EQ(SourcesHash(scratch), before);
  scratch.Write("frontend/data/csv.cc", "2");
  const std::string changed = SourcesHash(scratch);
  EXPECT_NE(changed, before);
  scratch.Write("runtime/trainer/cifar.cc", "2");
  EXPECT_NE(SourcesHash(scratch), changed);
}

}  // namespace
}  // namespace brine
