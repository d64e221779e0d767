// The cache of kernels: what is stored comes back, and nothing else does.
#include "codegen/driver/cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "codegen/driver/files.h"
#include "ir/text/text.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

class CacheTest : public testing::Test {
 protected:
  CacheTest() : folder_(TemporaryFolder::Create().value()), path_(folder_.path() + "/cache") {}
  Cache OpenCache() const { return Cache::Open(path_).value(); }

  TemporaryFolder folder_;
  std::string path_;
};

TEST_F(CacheTest, ReturnsWhatWasStoredForTheSameKey) {
  const Cache cache = OpenCache();
  EXPECT_EQ(cache.Get("key"), std::nullopt);
  ASSERT_TRUE(cache.Put("key", std::string("pay\0load", 8)).ok());
  EXPECT_EQ(cache.Get("key"), std::string("pay\0load", 8));
  EXPECT_EQ(cache.Get("kez"), std::nullopt);
  ASSERT_TRUE(cache.Put("key", "").ok());
  EXPECT_EQ(cache.Get("key"), "");
}

TEST_F(CacheTest, AnEntryUnderAnotherKeysNameIsAbsent) {
  const Cache cache = OpenCache();
  ASSERT_TRUE(cache.Put("one", "payload").ok());
  ASSERT_EQ(rename(cache.EntryPath("one").c_str(), cache.EntryPath("two").c_str()), 0);
  EXPECT_EQ(cache.Get("two"), std::nullopt);
}

TEST_F(CacheTest, AlteredOrCutEntriesAreAbsent) {
  const Cache cache = OpenCache();
  ASSERT_TRUE(cache.Put("key", "some payload").ok());
  const std::string path = cache.EntryPath("key");
  const std::string whole = ReadFile(path).value();
  for (size_t index = 0; index < whole.size(); ++index) {
    std::string altered = whole;
    altered[index] = static_cast<char>(altered[index] ^ 1);
    ASSERT_TRUE(WriteFileAtomically(path, altered).ok());
    EXPECT_EQ(cache.Get("key"), std::nullopt) << index;
    ASSERT_TRUE(WriteFileAtomically(path, whole.substr(0, index)).ok());
    EXPECT_EQ(cache.Get("key"), std::nullopt) << index;
  }
  ASSERT_TRUE(WriteFileAtomically(path, whole + "x").ok());
  EXPECT_EQ(cache.Get("key"), std::nullopt);
  ASSERT_TRUE(WriteFileAtomically(path, whole).ok());
  EXPECT_EQ(cache.Get("key"), "some payload");
}

TEST_F(CacheTest, RefusesAFolderThatOthersMayEnter) {
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  ASSERT_EQ(chmod(path_.c_str(), 0755), 0);
  EXPECT_FALSE(Cache::Open(path_).ok());
  ASSERT_EQ(chmod(path_.c_str(), 0700), 0);
  EXPECT_TRUE(Cache::Open(path_).ok());
}

TEST_F(CacheTest, MakesItsFolderForItsOwnerOnly) {
  OpenCache();
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700u);
}

// A home that can be read and not written to; of another user's account, since root may write everywhere.
TEST_F(CacheTest, AReadOnlyHomeMovesTheDefaultFolder) {
  const uid_t user = geteuid() == 0 ? 65534 : geteuid();
  const std::string home = folder_.path() + "/home",
                    temporary = folder_.path() + "/brine-cache-" + std::to_string(user);
  std::filesystem::create_directories(home + "/.cache/brine");
  ASSERT_EQ(chmod(folder_.path().c_str(), 0777), 0);
  ASSERT_EQ(chown((home + "/.cache/brine").c_str(), user, getegid()), 0);
  ASSERT_EQ(chmod((home + "/.cache/brine").c_str(), 0500), 0);
  const pid_t child = fork();
  if (child == 0) {
    setenv("HOME", home.c_str(), 1);
    setenv("TMPDIR", folder_.path().c_str(), 1);
    unsetenv("BRINE_CACHE");
    unsetenv("XDG_CACHE_HOME");
    if (geteuid() != user && seteuid(user) != 0) _exit(2);
    std::string warning;
    const auto cache = Cache::OpenDefault(warning);
    const bool told = warning == home + "/.cache/brine: Permission denied; kernels are kept in " + temporary;
    _exit(cache.ok() && cache->folder() == temporary && told && cache->Put("key", "payload").ok() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

// Another process makes one entry, and this one waits for that one only.
TEST_F(CacheTest, OneOfSeveralProcessesMakesAnEntry) {
  Cache cache = OpenCache();
  ASSERT_TRUE(cache.Put("old", "1").ok());
  cache.MakeOnce();
  int begun[2], go[2];
  ASSERT_TRUE(pipe(begun) == 0 && pipe(go) == 0);
  const pid_t child = fork();
  char byte = 0;
  if (child == 0) {
    const bool is_there = cache.Get("new").has_value();
    if (write(begun[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 1) _exit(2);
    usleep(300000);
    _exit(!is_there && cache.Put("new", "2").ok() ? 0 : 1);
  }
  ASSERT_EQ(read(begun[0], &byte, 1), 1);
  EXPECT_EQ(cache.Get("old"), "1");  // the child waits for what follows
  EXPECT_EQ(cache.Find("new"), std::nullopt);
  ASSERT_EQ(write(go[1], &byte, 1), 1);
  EXPECT_EQ(cache.Get("new"), "2");
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

// Several processes get along with a folder to which they may not write, as one does.
TEST_F(CacheTest, AReadOnlyFolderHasNoLock) {
  const uid_t user = geteuid() == 0 ? 65534 : geteuid();
  ASSERT_TRUE(OpenCache().Put("key", "payload").ok());
  ASSERT_EQ(chmod(folder_.path().c_str(), 0777), 0);
  for (const std::string& path : {OpenCache().EntryPath("key"), path_})
    ASSERT_EQ(chown(path.c_str(), user, getegid()), 0);
  ASSERT_EQ(chmod(path_.c_str(), 0500), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() != user && seteuid(user) != 0) _exit(2);
    Cache cache = OpenCache();
    cache.MakeOnce();
    const bool is_absent = !cache.Get("other").has_value();
    _exit(is_absent && cache.Get("key") == "payload" && !cache.Put("other", "payload").ok() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(CacheTest, ReadersSeeWholeEntriesWhileOthersWrite) {
  const Cache cache = OpenCache();
  std::vector<pid_t> children;
  for (int writer = 0; writer < 4; ++writer) {
    const pid_t child = fork();
    if (child == 0) {
      for (int round = 0; round < 50; ++round) {
        if (!cache.Put("key", std::string(40000, static_cast<char>('a' + writer))).ok()) _exit(1);
      }
      _exit(0);
    }
    children.push_back(child);
  }
  // Reads on until every writer has ended, so that some reads meet writes however the processes are scheduled.
  int seen = 0;
  for (size_t running = children.size(); running > 0;) {
    const auto payload = cache.Get("key");
    if (payload.has_value()) {
      ++seen;
      ASSERT_EQ(*payload, std::string(40000, payload->front()));
    }
    running = static_cast<size_t>(std::count_if(children.begin(), children.end(), [](pid_t child) {
      siginfo_t info = {};
      return waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
    }));
  }
  for (pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_GT(seen, 0);
  EXPECT_EQ(cache.GetStats()->entries, 1);
}

TEST_F(CacheTest, CleanRemovesEntriesAndNothingElse) {
  const Cache cache = OpenCache();
  ASSERT_TRUE(cache.Put("one", "1").ok());
  ASSERT_TRUE(cache.Put("two", "2").ok());
  ASSERT_TRUE(WriteFile(path_ + "/mine.txt", "kept").ok());
  EXPECT_EQ(cache.Clean()->entries, 2);
  EXPECT_EQ(cache.GetStats()->entries, 0);
  EXPECT_EQ(ReadFile(path_ + "/mine.txt").value(), "kept");
}

ir::Graph Doubled(int64_t width, int64_t batch, const std::string& name) {
  const std::string type = absl::StrCat("f32[n,", width, "]");
  const std::string text = absl::StrCat(
      "graph \"g\" stage=fused function=predict batch=", batch, " {\n  input %", name, " : ", type, " data\n  %", name,
      ".y = kernel(%", name, ") <generic> {\n    %", name, ".y = add(%", name, ", %", name, ") : ", type,
      "\n  } : ", type, " loc(\"model.cc\":", width, " \"", name, "\")\n  output \"y\" = %", name, ".y\n}\n");
  return ir::Parse(text, "test").value().front();
}

TEST_F(CacheTest, AKernelIsCompiledOncePerMeaning) {
  BuildOptions options;
  options.cache_folder = path_;
  const auto compiled = [&](const ir::Graph& graph, bool asserts = false) {
    BuildOptions with = options;
    with.asserts = asserts;
    const auto step = BuildStep(graph, with);
    EXPECT_TRUE(step.ok()) << step.status();
    return step.ok() ? step->compiled_kernels() : -1;
  };
  EXPECT_EQ(compiled(Doubled(5, 4, "x")), 1);
  EXPECT_EQ(compiled(Doubled(5, 4, "x")), 0);
  EXPECT_EQ(compiled(Doubled(5, 4, "renamed")), 0);  // neither names nor lines count
  EXPECT_EQ(compiled(Doubled(6, 4, "x")), 1);
  EXPECT_EQ(compiled(Doubled(5, 3, "x")), 1);  // the largest n is part of the key
  EXPECT_EQ(compiled(Doubled(5, 4, "x"), true), 1);
}

// The entry of the only kernel in a cache.
std::string KernelEntry(const std::string& folder) {
  std::string found;
  for (const auto& item : std::filesystem::directory_iterator(folder)) {
    if (ReadFile(item.path().string()).value().find("kernel\n") == sizeof(uint64_t) * 5) found = item.path().string();
  }
  return found;
}

TEST_F(CacheTest, ADamagedKernelIsCompiledAgainToTheSameBytes) {
  BuildOptions options;
  options.cache_folder = path_;
  ASSERT_EQ(BuildStep(Doubled(5, 4, "x"), options)->compiled_kernels(), 1);
  const std::string path = KernelEntry(path_);
  const std::string original = ReadFile(path).value();
  std::string damaged = original;
  damaged[damaged.size() - 100] = static_cast<char>(damaged[damaged.size() - 100] ^ 64);
  ASSERT_TRUE(WriteFileAtomically(path, damaged).ok());
  EXPECT_EQ(BuildStep(Doubled(5, 4, "x"), options)->compiled_kernels(), 1);
  EXPECT_EQ(ReadFile(path).value(), original);
}

}  // namespace
}  // namespace brine::codegen
