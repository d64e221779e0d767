#include "runtime/trainer/run_path.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "runtime/trainer/error.h"
#include "runtime/trainer/terminal.h"
#include "runtime/trainer/text.h"

namespace brine {
namespace {

constexpr char kSeparator = '\x1f';

// The folder that a folder is in; "." if the path does not say.
std::string ParentOf(std::string folder) {
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  const size_t slash = folder.rfind('/');
  return slash == std::string::npos ? "." : folder.substr(0, std::max<size_t>(slash, 1));
}

}  // namespace

std::string MakeRunFolder(const std::string& model) {
  const std::string parent = "runs";
  const auto refuse = [](const std::string& folder) {
    ThrowError(kExitFailed,
               {folder, ": cannot be created: ", std::strerror(errno), "; --no-run trains without a folder"});
  };
  if (mkdir(parent.c_str(), 0777) != 0 && errno != EEXIST) refuse(parent);
  for (int64_t number = 1;; ++number) {
    const std::string folder = Concat({parent, "/", model, "-", std::to_string(number)});
    if (mkdir(folder.c_str(), 0777) == 0) return folder;
    if (errno != EEXIST) refuse(folder);
  }
}

std::string CheckpointsOf(const std::string& run) { return run + "/checkpoints"; }

void RemoveUnusedRunFolder(const std::string& folder) {
  if (access((folder + "/config.pbtxt").c_str(), F_OK) == 0) return;
  unlink((CheckpointsOf(folder) + "/lock").c_str());
  // Only empty folders can be removed.
  for (const std::string& path : {CheckpointsOf(folder), folder, ParentOf(folder)}) rmdir(path.c_str());
}

std::string JoinCommand(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) (text += word) += kSeparator;
  text.resize(text.size() - (words.empty() ? 0 : 1));
  return text;
}

std::vector<std::string> SplitCommand(const std::string& text) {
  std::vector<std::string> words;
  for (size_t begin = 0, end = 0; end != text.size(); begin = end + 1) {
    end = std::min(text.find(kSeparator, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
  }
  return words;
}

std::string ResumeFlags(const std::string& folder, const std::string& checkpoint) {
  const bool is_usual = checkpoint.empty() || checkpoint == CheckpointsOf(folder);
  return Concat({"--resume --run ", folder, is_usual ? "" : " --checkpoint ", is_usual ? "" : checkpoint.c_str()});
}

std::string RunLine(const std::string& folder, const std::string& checkpoint, bool has_report) {
  const char* const between = IsLocaleUtf8() ? " · " : ", ";
  return Concat({folder, ": ", has_report ? "report.html" : "brine report ", has_report ? "" : folder.c_str(), between,
                 "tensorboard --logdir ", ParentOf(folder), between, ResumeFlags(folder, checkpoint)});
}

}  // namespace brine
