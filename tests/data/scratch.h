// What the tests of data need: a folder for files, and the errors that functions throw.
#ifndef BRINE_TESTS_DATA_SCRATCH_H_
#define BRINE_TESTS_DATA_SCRATCH_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "runtime/trainer/error.h"

namespace brine {

inline std::string ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

// A file of this folder.
inline std::string Golden(const std::string& name) { return std::string(BRINE_SOURCE_DIR "/tests/data/") + name; }

// A folder that is removed at the end of the test.
class Scratch {
 public:
  Scratch() {
    static int count = 0;
    folder_ = testing::TempDir() + "brine_data" + std::to_string(getpid()) + "." + std::to_string(++count);
    std::filesystem::create_directories(folder_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  const std::string& folder() const { return folder_; }

  // Writes a file, and the folders in which it is.  Returns its path.
  std::string Write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }

 private:
  std::string folder_;
};

// "3: digits.npz: is no …": the exit code and the sentence of the Error that the function throws, in which the folder
// is left out.  Empty if it throws none; another exception fails the test.
template <typename Function>
std::string ErrorOf(const Scratch& scratch, Function function) {
  try {
    function();
    return "";
  } catch (const Error& error) {
    std::string text = std::to_string(error.code()) + ": " + error.what();
    const std::string folder = scratch.folder() + "/";
    for (size_t at = 0; (at = text.find(folder, at)) != std::string::npos;) text.erase(at, folder.size());
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    return text;
  }
}

// Reads the file with each sixteenth of its bytes; every one must be refused, in a sentence that names it.
template <typename Read>
void ExpectTruncationsRefused(const Scratch& scratch, const std::string& name, const std::string& bytes, Read read) {
  for (size_t part = 0; part < 16; ++part) {
    const std::string path = scratch.Write(name, bytes.substr(0, bytes.size() * part / 16));
    const std::string error = ErrorOf(scratch, [&] { read(path); });
    EXPECT_EQ(error.rfind("3: " + name + ": ", 0), 0u) << part << "/16: " << error;
  }
}

// Reads the file with one of its bytes damaged, for some hundred of them; whatever happens, it is an Error or none.
template <typename Read>
void ExpectDamageSurvived(const Scratch& scratch, const std::string& name, const std::string& bytes, Read read) {
  for (size_t at = 0; at < bytes.size(); at += bytes.size() / 300 + 1) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(~damaged[at]);
    const std::string path = scratch.Write(name, damaged);
    ErrorOf(scratch, [&] { read(path); });
  }
}

}  // namespace brine

#endif  // BRINE_TESTS_DATA_SCRATCH_H_
