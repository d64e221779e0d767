#include "runtime/core/file.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace {

std::vector<std::string>* calls = nullptr;  // if not null, gets the calls that change files

template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}
std::string Base(const std::string& path) { return path.substr(path.rfind('/') + 1); }
void Note(const std::string& call, int file) {
  if (calls == nullptr) return;
  calls->push_back(call + " " + Base(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file))));
}

}  // namespace

// These functions replace those of the C library.  They record the call and then execute it.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the library's names are reserved
extern "C" {
ssize_t write(int file, const void* data, size_t size) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t)>("write");
  Note("write", file);
  return next(file, data, size);
}
int fsync(int file) {
  static const auto next = Next<int (*)(int)>("fsync");
  Note("fsync", file);
  return next(file);
}
int rename(const char* from, const char* to) noexcept {
  static const auto next = Next<int (*)(const char*, const char*)>("rename");
  if (calls != nullptr) calls->push_back("rename " + Base(from) + " " + Base(to));
  return next(from, to);
}
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)

namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/file_test." + std::to_string(getpid());
    fs::remove_all(folder_);
    fs::create_directory(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Write(const std::string& path, const std::string& text) {
    const brine_bytes pieces[] = {{text.data(), text.size() / 2},
                                  {text.data() + text.size() / 2, text.size() - text.size() / 2}};
    return brine_write_file(path.c_str(), pieces, 2, error_, sizeof(error_)) == 0 ? "" : error_;
  }
  std::string Read(const std::string& path, size_t limit = 1 << 20) {
    size_t size = 0;
    uint8_t* const bytes = brine_read_file(path.c_str(), limit, &size, error_, sizeof(error_));
    if (bytes == nullptr) return error_;
    const std::string text(reinterpret_cast<char*>(bytes), size);
    free(bytes);
    return text;
  }
  int FileCount() const {
    return static_cast<int>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  std::string folder_;
  char error_[400];
};

TEST_F(FileTest, ReplacesTheWholeFile) {
  const std::string path = folder_ + "/a";
  EXPECT_EQ(Write(path, "the first, which is longer"), "");
  EXPECT_EQ(Write(path, "second"), "");
  EXPECT_EQ(Read(path), "second");
  EXPECT_EQ(FileCount(), 1);
}

// After a crash at any time, the disk must have the old file or the new one.  So the bytes of the new file are flushed
// before it is renamed, and the folder is flushed before the function returns.
TEST_F(FileTest, FlushesTheFileBeforeItsNameAndThenTheFolder) {
  for (const char* text : {"old", "new"}) {
    std::vector<std::string> seen;
    calls = &seen;
    const std::string error = Write(folder_ + "/a", text);
    calls = nullptr;
    EXPECT_EQ(error, "");
    const std::string temporary = "a.tmp." + std::to_string(getpid());
    EXPECT_THAT(seen, testing::ElementsAre("write " + temporary, "write " + temporary, "fsync " + temporary,
                                           "rename " + temporary + " a", "fsync " + Base(folder_)));
  }
}

// A write that fails half-way, as on a full disk, leaves the old file and no temporary file.
TEST_F(FileTest, AFileThatGrowsTooLargeLeavesTheOldOne) {
  const std::string path = folder_ + "/a";
  ASSERT_EQ(Write(path, "old"), "");
  const auto before_signal = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {4096, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string error = Write(path, std::string(100000, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, before_signal);
  EXPECT_EQ(error, path + ": could not be written: File too large");
  EXPECT_EQ(Read(path), "old");
  EXPECT_EQ(FileCount(), 1);
}

TEST_F(FileTest, RefusesWhatIsNotARegularFile) {
  EXPECT_EQ(Write(folder_, "x"), folder_ + ": is not a regular file");
  EXPECT_EQ(Write(folder_ + "/none/a", "x"), folder_ + "/none/a: cannot be written: No such file or directory");
  EXPECT_EQ(Read(folder_), folder_ + ": is not a regular file");
  EXPECT_EQ(Read(folder_ + "/a"), folder_ + "/a: cannot be opened: No such file or directory");
  ASSERT_EQ(mkfifo((folder_ + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(Read(folder_ + "/pipe"), folder_ + "/pipe: is not a regular file");  // the call does not wait for a writer
  ASSERT_EQ(Write(folder_ + "/a", "12345"), "");
  EXPECT_EQ(Read(folder_ + "/a", 4), folder_ + "/a: has 5 bytes, at most 4 were expected");
}

}  // namespace
