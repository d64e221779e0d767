// Tests that files have the same bytes and errors whether they are read or mapped.
#include "frontend/data/file_contents.h"

#include "tests/data/scratch.h"

namespace brine {
namespace {

TEST(FileContents, AreTheBytesOfFilesOfAnySize) {
  const Scratch scratch;
  for (const size_t size :
       {size_t{1}, FileContents::kMaxRead - 1, FileContents::kMaxRead, FileContents::kMaxRead + 1}) {
    std::string bytes(size, '\0');
    for (size_t index = 0; index < size; ++index) bytes[index] = static_cast<char>(index % 251);
    const FileContents file(scratch.Write("file", bytes));
    EXPECT_EQ(std::string(file.bytes().begin(), file.bytes().end()), bytes) << size;
  }
}

TEST(FileContents, SaysWhyThereAreNone) {
  const Scratch scratch;
  const auto error = [&](const std::string& name) {
    return ErrorOf(scratch, [&] { const FileContents file(scratch.path(name)); });
  };
  scratch.Write("empty", "");
  std::filesystem::create_directory(scratch.path("folder"));
  EXPECT_EQ(error("none"), "3: none: cannot be opened: No such file or directory");
  EXPECT_EQ(error("empty"), "3: empty: is empty or not a regular file");
  EXPECT_EQ(error("folder"), "3: folder: is empty or not a regular file");
}

}  // namespace
}  // namespace brine
