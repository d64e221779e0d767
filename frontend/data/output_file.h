// A file that appears at its path when it is complete.
#ifndef BRINE_FRONTEND_DATA_OUTPUT_FILE_H_
#define BRINE_FRONTEND_DATA_OUTPUT_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace brine {

// Until Commit, the file has no name where the file system allows this, so that a killed process leaves nothing;
// elsewhere it has the name of a temporary file beside `path`.  All functions throw Error (kExitFailed).
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void Write(int64_t offset, const void* bytes, size_t count);
  void Commit();  // flushes the file to the disk and puts it at the path, in place of an older one

 private:
  [[noreturn]] void Fail(const std::string& what) const;
  // Gives the file without a name one.
  void Link(const std::string& name) const;

  const std::string path_, folder_, temporary_;  // temporary_ is beside path_
  int file_ = -1;
  bool has_name_ = false;  // whether the file is at temporary_
};

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_OUTPUT_FILE_H_
