#include "frontend/cli/unpack_data.h"

#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "codegen/driver/files.h"
#include "ir/status.h"

namespace brine::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kSuffix[] = ".gz";
constexpr size_t kMaxBytes = size_t{8} << 30;  // of an unpacked file

// The names of MNIST's files, which some copies spell with a dot.
std::vector<std::string> IdxNames() {
  std::vector<std::string> names;
  for (const char* part : {"train", "t10k"}) {
    for (const char* separator : {"-", "."}) {
      names.push_back(absl::StrCat(part, "-images", separator, "idx3-ubyte"));
      names.push_back(absl::StrCat(part, "-labels", separator, "idx1-ubyte"));
    }
  }
  return names;
}

// The content of a gzip file.
absl::StatusOr<std::string> Unpack(const std::string& path) {
  const auto fault = [&](absl::string_view what) { return absl::InvalidArgumentError(absl::StrCat(path, ": ", what)); };
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return fault("cannot be opened");
  std::string content;
  std::vector<char> piece(1 << 20);
  int read = 0;
  while (content.size() <= kMaxBytes && (read = gzread(file, piece.data(), static_cast<unsigned>(piece.size()))) > 0)
    content.append(piece.data(), static_cast<size_t>(read));
  const bool packed = gzdirect(file) == 0;
  const bool whole = gzclose(file) == Z_OK && read == 0;
  if (content.size() > kMaxBytes) return fault("has more than 8 GB when it is unpacked");
  if (!whole) return fault("is damaged: it cannot be unpacked to its end");
  if (!packed) return fault("is not a gzip file");
  return content;
}

}  // namespace

absl::StatusOr<std::string> UnpackData(const std::string& folder, const codegen::Cache& cache, bool say) {
  std::vector<std::string> packed;
  std::string key = "unpacked";
  for (const std::string& name : IdxNames()) {
    std::error_code ignored;
    const std::string path = absl::StrCat(folder, "/", name);
    if (fs::exists(path, ignored)) return folder;
    if (!fs::exists(path + kSuffix, ignored)) continue;
    const absl::StatusOr<std::string> content = codegen::ReadFile(path + kSuffix);
    if (!content.ok()) return absl::InvalidArgumentError(content.status().message());
    packed.push_back(name);
    absl::StrAppend(&key, "\n", name, " ", codegen::HashName(*content));
  }
  if (packed.empty()) return folder;
  BRINE_ASSIGN_OR_RETURN(const std::string target, cache.Folder(key));
  bool unpacked = false;
  for (const std::string& name : packed) {
    const std::string path = absl::StrCat(target, "/", name);
    std::error_code ignored;
    if (fs::exists(path, ignored)) continue;  // it is whole, since it was written atomically
    BRINE_ASSIGN_OR_RETURN(const std::string content, Unpack(absl::StrCat(folder, "/", name, kSuffix)));
    BRINE_RETURN_IF_ERROR(codegen::WriteFileAtomically(path, content));
    unpacked = true;
  }
  if (say && unpacked)
    std::fprintf(stderr, "unpacked the %zu .gz files of %s to %s\n", packed.size(), folder.c_str(), target.c_str());
  return target;
}

}  // namespace brine::cli
