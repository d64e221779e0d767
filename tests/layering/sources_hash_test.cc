// Tests on which sources the key of a cached kernel depends: runs codegen/cmake/sources_hash.cmake on copies of them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>

namespace {

namespace fs = std::filesystem;

// A copy of the folders of which kernels are compiled.  The destructor removes it.
class Copy {
 public:
  explicit Copy(const std::string& name)
      : root_(fs::path(testing::TempDir()) / (name + std::to_string(getpid()))), output_(root_ / "hash.h") {
    for (const char* folder : {"codegen", "ir", "passes", "runtime/base"}) {
      fs::create_directories(root_ / folder);
      fs::copy(fs::path(BRINE_SOURCE_DIR) / folder, root_ / folder, fs::copy_options::recursive);
    }
  }
  ~Copy() { fs::remove_all(root_); }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  const fs::path& root() const { return root_; }

  // The header that the script writes.
  std::string Hash() const {
    fs::remove(output_);
    const std::string command = "cmake -DSOURCE_DIR='" + root_.string() + "' -DOUTPUT='" + output_.string() +
                                "' -DHALIDE_VERSION=21.0.0 -P '" BRINE_SOURCE_DIR "/codegen/cmake/sources_hash.cmake'";
    EXPECT_EQ(std::system(command.c_str()), 0);
    std::stringstream text;
    text << std::ifstream(output_).rdbuf();
    EXPECT_NE(text.str().find("kSourcesHash"), std::string::npos);
    return text.str();
  }

 private:
  fs::path root_, output_;
};

// Sources of messages and command lines, on which no kernel depends.
bool DecidesNoKernel(const fs::path& path) {
  return path.filename() == "flags.h" || path.filename() == "edit_distance.h" || path.filename() == "choices.h";
}

void Append(const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::app) << text; }

TEST(SourcesHash, IsTheSameInEveryFolder) {
  const Copy one("sources_one"), other("sources_other");
  EXPECT_EQ(one.Hash(), other.Hash());
}

// One file of each extension in each folder, among them ir/ops/conv2d.cc and ir/ops.def.
TEST(SourcesHash, ChangesWithEverySourceOfAKernel) {
  const Copy copy("sources_changed");
  std::map<std::pair<fs::path, fs::path>, fs::path> files;  // by folder and extension
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(copy.root())) {
    const fs::path& path = entry.path();
    const std::string extension = path.extension();
    if ((extension == ".cc" || extension == ".h" || extension == ".def") && !DecidesNoKernel(path))
      files.emplace(std::pair(path.parent_path().lexically_relative(copy.root()), extension), path);
  }
  for (const auto& [folder, extension] :
       {std::pair("ir", ".cc"), std::pair("ir", ".h"), std::pair("ir", ".def"), std::pair("ir/ops", ".cc"),
        std::pair("ir/ops", ".h"), std::pair("codegen/driver", ".cc"), std::pair("codegen/halide", ".cc"),
        std::pair("ir/text", ".cc"), std::pair("passes", ".cc"), std::pair("runtime/base", ".h")})
    EXPECT_EQ(files.count({folder, extension}), 1u) << folder << "/*" << extension;
  std::string before = copy.Hash();
  for (const auto& [kind, file] : files) {
    Append(file, "\n");
    const std::string after = copy.Hash();
    EXPECT_NE(after, before) << file;
    before = after;
  }
}

TEST(SourcesHash, DoesNotChangeWithWhatIsNoSource) {
  const Copy copy("sources_prose");
  const std::string before = copy.Hash();
  Append(copy.root() / "ir/README.md", "\n");
  Append(copy.root() / "codegen/cmake/sources_hash.cmake", "\n");
  Append(copy.root() / "runtime/base/flags.h", "\n");
  EXPECT_EQ(copy.Hash(), before);
}

}  // namespace
