// IDX files, plain or packed by gzip: MNIST, Fashion-MNIST, EMNIST.
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>

#include "frontend/data/bad_input.h"
#include "frontend/data/inflate.h"
#include "frontend/data/source_kinds.h"
#include "frontend/data/split.h"
#include "runtime/trainer/idx.h"

namespace brine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kImages[] = {"-images-idx3-ubyte", "-images.idx3-ubyte", "-images-idx4-ubyte",
                                        "-images.idx4-ubyte"};
constexpr std::string_view kLabels[] = {"-labels-idx1-ubyte", "-labels.idx1-ubyte"};
constexpr std::string_view kTrain = "train", kPacked = ".gz";
constexpr std::string_view kTest[] = {"t10k", "test"};

// The name of a file of training images without the end that all such names have, such as "emnist-letters-train";
// empty if it is none.
std::string_view StemOfImages(std::string_view name) {
  if (name.ends_with(kPacked)) name.remove_suffix(kPacked.size());
  for (std::string_view end : kImages) {
    if (!name.ends_with(end)) continue;
    name.remove_suffix(end.size());
    if (name.ends_with(kTrain)) return name;
  }
  return {};
}

// The stem of the only training images in a folder, with the folder.  Empty if there are none.
std::string FindStem(const std::string& folder) {
  std::set<std::string> stems;
  std::error_code error;
  for (fs::directory_iterator item(folder, error), end; !error && item != end; item.increment(error)) {
    const std::string name = item->path().filename().string();
    if (const std::string_view stem = StemOfImages(name); !stem.empty()) stems.emplace(stem);
  }
  if (stems.empty()) return "";
  if (stems.size() > 1)
    BadInput(folder, "holds several data sets, such as " + *stems.begin() + kImages[0].data() + " and " +
                         *stems.rbegin() + kImages[0].data() + "; one of these files says which is meant");
  return folder + "/" + *stems.begin();
}

// The stem of the training images that `path` names, or that are in the folder.
std::string StemOf(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return FindStem(path);
  const std::string stem(StemOfImages(path));
  return fs::is_regular_file(path, ignored) ? stem : "";
}

// The file of this stem with one of the ends; empty if there is none.
template <size_t size>
std::string Find(const std::string& stem, const std::string_view (&ends)[size]) {
  std::error_code ignored;
  for (std::string_view packed : {std::string_view(), kPacked}) {
    for (std::string_view end : ends) {
      const std::string path = stem + std::string(end) + std::string(packed);
      if (fs::exists(path, ignored)) return path;
    }
  }
  return "";
}

struct Files {
  std::string images, labels;
};

// The files of training and test data.  Those of the second are empty if there are none.
std::pair<Files, Files> FindFiles(const std::string& train) {
  const std::string before = train.substr(0, train.size() - kTrain.size());
  std::pair<Files, Files> files = {{Find(train, kImages), Find(train, kLabels)}, {}};
  for (std::string_view test : kTest) {
    const std::string stem = before + std::string(test);
    if (const std::string images = Find(stem, kImages); !images.empty() && files.second.images.empty())
      files.second = {images, Find(stem, kLabels)};
  }
  return files;
}

Dataset Open(const Files& files) {
  if (files.labels.empty()) BadInput(files.images, "has no file of labels beside it");
  return IdxImages(MapUnpacked(files.images), MapUnpacked(files.labels));
}

bool IsIdx(const std::string& path) { return !StemOf(path).empty(); }

Source OpenIdx(const std::string& path, const DataOptions&) {
  const auto [train, test] = FindFiles(StemOf(path));
  Source source;
  source.splits.train = Open(train);
  if (!test.images.empty()) source.splits.test = Open(test);
  // The part with the larger labels names all classes.
  auto& names = source.splits.train.class_names;
  auto& test_names = source.splits.test.class_names;
  if (names.size() < test_names.size()) names = test_names;
  test_names = names;
  source.train_classes = LabelsOf(source.splits.train);
  return source;
}

}  // namespace

std::vector<std::string> FilesOfIdx(const std::string& path) {
  const auto [train, test] = FindFiles(StemOf(path));
  std::vector<std::string> files;
  for (const std::string& file : {train.images, train.labels, test.images, test.labels}) {
    if (!file.empty()) files.push_back(file);
  }
  return files;
}

const SourceKind kIdxFiles = {"IDX files of images and labels (plain or .gz)", &IsIdx, &OpenIdx};

}  // namespace brine
