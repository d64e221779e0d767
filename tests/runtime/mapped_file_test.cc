// Tests how much of a mapped file the system reads.
#include "runtime/trainer/mapped_file.h"

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "runtime/core/cpu.h"
#include "tests/runtime/temporary_folder.h"

namespace brine {
namespace {

// Whether the system reads no more of the mapping than is asked for: "rr" in its flags (proc_pid_smaps(5)).
bool IsReadAtRandom(const MappedFile& file) {
  char begin[32];
  std::snprintf(begin, sizeof(begin), "%08" PRIxPTR "-", reinterpret_cast<uintptr_t>(file.bytes().data()));
  std::ifstream maps("/proc/self/smaps");
  bool is_found = false;
  for (std::string line; std::getline(maps, line);) {
    is_found = is_found || line.starts_with(begin);
    if (is_found && line.starts_with("VmFlags:")) return line.find(" rr") != std::string::npos;
  }
  ADD_FAILURE() << begin << " is not mapped";
  return false;
}

TEST(MappedFile, OneThatDoesNotFitIntoMemoryIsReadByParts) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.Write("large", std::string(10000, 'x'));
  {
    MappedFile small(path);
    small.ExpectRandomReads();
    EXPECT_FALSE(IsReadAtRandom(small));
  }
  std::error_code error;
  std::filesystem::resize_file(path, static_cast<uintmax_t>(brine_available_memory()), error);  // without blocks
  if (error) GTEST_SKIP() << "there can be no file as large as the memory: " << error.message();
  MappedFile large(path);
  EXPECT_FALSE(IsReadAtRandom(large));
  large.ExpectRandomReads();
  EXPECT_TRUE(IsReadAtRandom(large));
  large.Prefetch(&large.bytes()[9990], 20);  // neither its begin nor its end is that of a page
  EXPECT_EQ(std::string(&large.bytes()[9998], &large.bytes()[10002]), std::string("xx\0\0", 4));
}

}  // namespace
}  // namespace brine
