// A tar or a zip of pictures, in folders of their classes or in the form of WebDataset: consecutive files whose names
// differ after the first dot are one sample, 0001.jpg and its class 0001.cls.
#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "frontend/data/archive.h"
#include "frontend/data/bad_input.h"
#include "frontend/data/one_line.h"
#include "frontend/data/picture_tree.h"
#include "frontend/data/source_kinds.h"

namespace brine {
namespace {

constexpr std::string_view kEnds[] = {".tar", ".tar.gz", ".tgz", ".zip"};

bool IsPictureArchive(const std::string& path) {
  return std::any_of(std::begin(kEnds), std::end(kEnds), [&](std::string_view end) { return path.ends_with(end); });
}

// Whether the entry, or a folder in which it is, is hidden, as those that macOS adds to archives.
bool IsHidden(std::string_view name) {
  return name.starts_with('.') || name.starts_with("__MACOSX/") || name.find("/.") != std::string_view::npos;
}

size_t NameBegin(std::string_view path) { return path.rfind('/') + 1; }  // 0 if there is no slash

// "a/0001.seg.png" is the part "seg.png" of the sample "a/0001".
std::string_view SampleOf(std::string_view path) { return path.substr(0, path.find('.', NameBegin(path))); }
std::string_view PartOf(std::string_view path) {
  const size_t dot = path.find('.', NameBegin(path));
  return dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = std::min(text.find_first_not_of(kSpace), text.size());
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

// A picture and the text of its class.
struct Sample {
  const ArchiveEntry* picture = nullptr;
  const ArchiveEntry* label = nullptr;

  std::string_view text() const {
    return Trim({reinterpret_cast<const char*>(label->bytes.data()), label->bytes.size()});
  }
};

std::vector<Sample> GroupSamples(const std::string& path, const Archive& archive) {
  std::vector<Sample> samples;
  std::string_view current;
  for (const ArchiveEntry& entry : archive.entries()) {
    const std::string_view part = PartOf(entry.name);
    const bool is_picture = part.find('.') == std::string_view::npos && HasPictureName(entry.name);
    if (IsHidden(entry.name) || (!is_picture && part != "cls")) continue;
    if (samples.empty() || SampleOf(entry.name) != current) samples.emplace_back();
    current = SampleOf(entry.name);
    const ArchiveEntry*& place = is_picture ? samples.back().picture : samples.back().label;
    if (place != nullptr)
      BadInput(path + ": " + OneLine(entry.name),
               "is the second " + std::string(is_picture ? "picture" : "class") + " of its sample");
    place = &entry;
  }
  for (const Sample& sample : samples) {
    if (sample.picture == nullptr) BadInput(path + ": " + OneLine(sample.label->name), "has no picture beside it");
    if (sample.label == nullptr)
      BadInput(path + ": " + OneLine(sample.picture->name), "has no class, a file .cls, beside it");
    if (sample.text().empty()) BadInput(path + ": " + OneLine(sample.label->name), "is empty");
  }
  return samples;
}

// Sets the number of each text if all texts are numbers of classes.
bool ParseNumbers(const std::vector<Sample>& samples, std::vector<int32_t>& numbers) {
  for (const Sample& sample : samples) {
    const std::string_view text = sample.text();
    int32_t number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 0 ||
        static_cast<size_t>(number) >= kMaxClasses)
      return false;
    numbers.push_back(number);
  }
  return true;
}

Source OpenSamples(const std::string& path, const std::shared_ptr<const Archive>& archive, const DataOptions& options) {
  const std::vector<Sample> samples = GroupSamples(path, *archive);
  Source source;
  std::vector<std::string>& names = source.splits.train.class_names;
  std::vector<int32_t> numbers;
  if (!ParseNumbers(samples, numbers)) {
    for (const Sample& sample : samples) names.emplace_back(sample.text());
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    if (names.size() > kMaxClasses)
      BadInput(path, "has " + std::to_string(names.size()) + " classes; at most " + std::to_string(kMaxClasses) +
                         " can be told apart");
    numbers.clear();
    for (const Sample& sample : samples)
      numbers.push_back(
          static_cast<int32_t>(std::lower_bound(names.begin(), names.end(), sample.text()) - names.begin()));
  }
  Pictures pictures = {.place = path + ": ", .files = {}, .owner = archive};
  for (size_t index = 0; index < samples.size(); ++index)
    pictures.files.push_back({samples[index].picture->name, numbers[index], samples[index].picture->bytes});
  const std::vector<std::string> class_names = names;
  const DataOptions resolved = ResolveShape({&pictures, 1}, options);
  source.train_classes = numbers;
  source.splits.train = AsDataset(std::move(pictures), resolved);
  source.splits.train.class_names = class_names;
  return source;
}

// A folder in which everything is says nothing, such as flowers/ in flowers.tar.
void RemoveOuterFolder(std::vector<PictureFile>& files) {
  if (files.empty()) return;
  const std::string outer = files[0].name.substr(0, files[0].name.find('/') + 1);
  const bool is_around_all = std::all_of(files.begin(), files.end(), [&](const PictureFile& file) {
    return file.name.starts_with(outer) && file.name.find('/', outer.size()) != std::string::npos;
  });
  if (outer.empty() || !is_around_all) return;
  for (PictureFile& file : files) file.name.erase(0, outer.size());
}

Source OpenPictureArchive(const std::string& path, const DataOptions& options) {
  const auto archive = std::make_shared<const Archive>(path);
  const auto& entries = archive->entries();
  if (std::any_of(entries.begin(), entries.end(),
                  [](const ArchiveEntry& entry) { return !IsHidden(entry.name) && PartOf(entry.name) == "cls"; }))
    return OpenSamples(path, archive, options);
  PictureTree tree = {.path = path, .place = path + ": ", .files = {}, .owner = archive};
  for (const ArchiveEntry& entry : entries) {
    if (!IsHidden(entry.name) && HasPictureName(entry.name)) tree.files.push_back({entry.name, 0, entry.bytes});
  }
  RemoveOuterFolder(tree.files);
  return OpenPictureTree(std::move(tree), options);
}

}  // namespace

const SourceKind kPictureArchive = {
    .name = "a tar or zip of pictures", .matches = &IsPictureArchive, .open = &OpenPictureArchive};

}  // namespace brine
