#include "frontend/data/picture_list.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>

#include "frontend/data/bad_input.h"
#include "frontend/data/folder_files.h"
#include "frontend/data/picture_source.h"
#include "runtime/trainer/picture_kind.h"

namespace brine {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxStandardInput = size_t{256} << 20;

std::array<uint8_t, 12> FirstBytes(const std::string& path) {
  std::array<uint8_t, 12> bytes = {};
  std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(bytes.data()), bytes.size());
  return bytes;
}

}  // namespace

bool IsPictureInput(const std::string& input) {
  if (std::all_of(input.begin(), input.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
  std::error_code ignored;
  if (input == kStandardInput || fs::is_directory(input, ignored)) return true;
  if (HasPictureName(input)) return true;
  return fs::is_regular_file(input, ignored) && PictureKindOf(FirstBytes(input)) != PictureKind::kNone;
}

std::vector<std::string> ListPictures(const std::vector<std::string>& inputs) {
  std::vector<std::string> paths;
  for (const std::string& input : inputs) {
    std::error_code ignored;
    if (!fs::is_directory(input, ignored)) {
      paths.push_back(input);
      continue;
    }
    const size_t before = paths.size();
    VisitFolder(input, [&](const std::string& path, FolderItem kind) {
      if (kind != FolderItem::kFolder && HasPictureName(path)) paths.push_back(path);
    });
    if (paths.size() == before) BadInput(input, "has no pictures");
  }
  return paths;
}

std::string ReadStandardInput() {
  std::string bytes;
  std::array<char, 1 << 16> piece;
  for (;;) {
    const ssize_t got = read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) BadInput("standard input", std::string("cannot be read: ") + std::strerror(errno));
    if (got == 0) break;
    bytes.append(piece.data(), static_cast<size_t>(got));
    if (bytes.size() > kMaxStandardInput) BadInput("standard input", "has more than 256 MB");
  }
  if (bytes.empty()) BadInput("standard input", "is empty");
  return bytes;
}

Source OpenPictures(const std::vector<std::string>& paths, std::string standard_input, const DataOptions& options) {
  const auto bytes = std::make_shared<const std::string>(std::move(standard_input));
  Pictures pictures = {.place = "", .files = {}, .has_labels = false, .owner = bytes};
  for (const std::string& path : paths) {
    pictures.files.push_back({.name = path});
    if (path == kStandardInput)
      pictures.files.back().bytes = {reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()};
  }
  const DataOptions resolved = ResolveShape({&pictures}, options);
  Source source;
  source.kind = "pictures";
  source.splits.test = AsDataset(std::move(pictures), resolved);
  return source;
}

}  // namespace brine
