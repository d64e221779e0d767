// Tests where the tool keeps kernels by default: in the home folder, or, without one, in a private temporary folder.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/e2e/project.h"

namespace brine {
namespace {

// A tool in whose environment only `variables` decide where the cache is.
std::string Brine(const std::string& variables) {
  return "mkdir -p tmp && env -u BRINE_CACHE -u XDG_CACHE_HOME -u HOME TMPDIR=$PWD/tmp " + variables + " brine ";
}

class CacheFolder : public testing::Test {
 protected:
  const Project project_;
  const std::string temporary_ = project_.path("tmp/brine-cache-" + std::to_string(geteuid()));
};

TEST_F(CacheFolder, LiesAtHome) {
  EXPECT_EQ(project_.Run(Brine("HOME=$PWD/home") + "cache stats"),
            "0 entries, 0 bytes, " + project_.path("home/.cache/brine") + "\n");
  EXPECT_EQ(project_.Run(Brine("HOME=$PWD/home XDG_CACHE_HOME=$PWD/xdg") + "cache stats"),
            "0 entries, 0 bytes, " + project_.path("xdg/brine") + "\n");
  EXPECT_EQ(project_.Run("ls tmp"), "");
}

TEST_F(CacheFolder, IsTemporaryWithoutAHome) {
  const struct {
    const char *home, *reason;
  } rows[] = {
      {"", "no folder for the cache: BRINE_CACHE, XDG_CACHE_HOME and HOME are not set"},
      {"HOME=/proc/none", "/proc/none: cannot create the cache folder: No such file or directory"},
      {"HOME=/dev/null", "/dev/null/.cache: cannot create the cache folder: Not a directory"},
  };
  for (const auto& row : rows) {
    const CommandResult run = project_.Try(Brine(row.home) + "cache stats");
    EXPECT_EQ(run.code, 0) << row.home;
    EXPECT_EQ(run.out, "0 entries, 0 bytes, " + temporary_ + "\n");
    EXPECT_EQ(run.err, std::string("brine: ") + row.reason + "; kernels are kept in " + temporary_ + "\n");
    struct stat info;
    ASSERT_EQ(stat(temporary_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0700u);
  }
  const CommandResult trained = project_.Try(Brine("") + "train digits.cc --data data --quiet");
  EXPECT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(project_.Run(Brine("") + "cache stats"), testing::MatchesRegex("[1-9][0-9]+ entries, .*\n"));
}

TEST_F(CacheFolder, IsAsAskedForOrNone) {
  const CommandResult run = project_.Try(Brine("BRINE_CACHE=/proc/none") + "cache stats");
  EXPECT_EQ(run.code, 1);
  EXPECT_EQ(run.err, "brine: /proc/none: cannot create the cache folder: No such file or directory\n");
  EXPECT_EQ(project_.Run("ls tmp"), "");
}

// Everyone who may write to the temporary folder may have made a file or folder of this name there.
TEST_F(CacheFolder, IsNotOneThatAnotherUserMade) {
  const struct {
    const char *plant, *reason;
  } rows[] = {
      {"mkdir -m 700 own; ln -s $PWD/own $folder", ": the cache is no folder"},
      {"mkdir -m 777 $folder; chmod 777 $folder",
       ": the cache folder has mode 0777, others may enter it; chmod 700 it"},
      {"mkdir -m 700 $folder; chown 65534 $folder", ": the cache folder belongs to another user"},
  };
  for (const auto& row : rows) {
    if (geteuid() != 0 && std::string(row.plant).find("chown") != std::string::npos) continue;  // chown needs root
    project_.Run("mkdir -p tmp; rm -rf " + temporary_ + "; folder=" + temporary_ + "; " + row.plant);
    const CommandResult run = project_.Try(Brine("") + "cache stats");
    EXPECT_EQ(run.code, 1) << row.plant;
    EXPECT_EQ(run.err, "brine: " + temporary_ + row.reason + "\n");
  }
}

}  // namespace
}  // namespace brine
