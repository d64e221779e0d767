// A file to which a run adds a line now and then, and which a resumed run goes on with.
#ifndef BRINE_RUNTIME_TRAINER_APPENDED_FILE_H_
#define BRINE_RUNTIME_TRAINER_APPENDED_FILE_H_

#include <functional>
#include <string>
#include <string_view>

namespace brine {

// Makes the folder, and those above it, if they are missing.  Throws Error if that fails.
void MakeFolder(const std::string& folder);

// The content of the file.  Empty if there is no such file.  Throws Error if there is one that cannot be read.
std::string ReadIfPresent(const std::string& path);

// Replaces the file (brine_write_file).  Throws Error if it cannot be written.
void WriteWhole(const std::string& path, std::string_view text);

// Adds the bytes at the end of the file.  Throws Error if they cannot be written.
void Append(const std::string& path, std::string_view bytes);

// Begins the file, in one step that a killed process leaves either undone or done: the new content is `header` and, of
// the lines that the file has after its header, those that `keep` accepts.  A line is given without its end.  What
// follows the last end of a line, which a killed run left, is dropped.  Throws Error if the file has lines to keep and
// another header.
void BeginLines(const std::string& path, std::string_view header, const std::function<bool(std::string_view)>& keep);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_APPENDED_FILE_H_
