// A tar or a zip of pictures, in folders of their classes or in the form of WebDataset: consecutive files whose names
// differ after the first dot are one sample, 0001.jpg and its class 0001.cls.
#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>
#include <utility>

#include "frontend/data/archive.h"
#include "frontend/data/bad_input.h"
#include "frontend/data/folder_files.h"
#include "frontend/data/one_line.h"
#include "frontend/data/picture_parts.h"
#include "frontend/data/picture_tree.h"
#include "frontend/data/source_kinds.h"

namespace brine {
namespace {

constexpr std::string_view kEnds[] = {".tar", ".tar.gz", ".tgz", ".zip"};

bool IsPictureArchive(const std::string& path) {
  return std::any_of(std::begin(kEnds), std::end(kEnds), [&](std::string_view end) { return path.ends_with(end); });
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

// A folder in which everything is says nothing, such as flowers/ in flowers.tar, unless it is that of a part.
void RemoveOuterFolder(std::vector<PictureFile>& files) {
  if (files.empty()) return;
  const std::string outer = files[0].name.substr(0, files[0].name.find('/') + 1);
  const bool is_around_all = std::all_of(files.begin(), files.end(), [&](const PictureFile& file) {
    return file.name.starts_with(outer) && file.name.find('/', outer.size()) != std::string::npos;
  });
  if (outer.empty() || !is_around_all || IsPartName(FirstFolder(outer))) return;
  for (PictureFile& file : files) file.name.erase(0, outer.size());
}

// Numbers the texts of classes, in the order of their bytes, and returns them.
std::vector<std::string> NumberTexts(const std::string& path, const std::vector<Sample>& samples,
                                     std::vector<int32_t>& numbers) {
  std::vector<std::string> names;
  for (const Sample& sample : samples) names.emplace_back(sample.text());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  CheckClassCount(path, names.size());
  numbers.clear();
  for (const Sample& sample : samples)
    numbers.push_back(
        static_cast<int32_t>(std::lower_bound(names.begin(), names.end(), sample.text()) - names.begin()));
  return names;
}

// Throws Error if the training data, or the only part that there is, have one class, or lack one of another part.
void CheckClasses(const std::string& path, const PictureParts& parts, const std::vector<std::string>& names) {
  const auto name = [&](int32_t label) {
    return names.empty() ? std::to_string(label) : names[static_cast<size_t>(label)];
  };
  const auto first =
      std::find_if(parts.begin(), parts.end(), [](const PicturePart& part) { return !part.files.empty(); });
  std::set<int32_t> known;
  for (const PictureFile& file : first->files) known.insert(file.label);
  if (known.size() < 2) BadInput(path, "has only one class, " + name(*known.begin()));
  for (auto part = first + 1; part < parts.end(); ++part) {
    for (const PictureFile& file : part->files) {
      if (!known.contains(file.label))
        BadInput(path + ": " + file.name,
                 "has the class " + name(file.label) + ", which " + first->prefix + " does not have");
    }
  }
}

Source OpenSamples(const std::string& path, const std::shared_ptr<const Archive>& archive, const DataOptions& options) {
  const std::vector<Sample> samples = GroupSamples(path, *archive);
  std::vector<int32_t> numbers;
  const std::vector<std::string> names =
      ParseNumbers(samples, numbers) ? std::vector<std::string>() : NumberTexts(path, samples, numbers);
  std::vector<PictureFile> files;
  for (size_t index = 0; index < samples.size(); ++index) {
    const ArchiveEntry& picture = *samples[index].picture;
    files.push_back({picture.name, numbers[index], picture.bytes, picture.fault});
  }
  RemoveOuterFolder(files);
  PictureParts parts = DividePictures(path, std::move(files), /*in_class_folders=*/false);
  CheckClasses(path, parts, names);
  return OpenPictureParts(path + ": ", std::move(parts), names, archive, options);
}

Source OpenPictureArchive(const std::string& path, const DataOptions& options) {
  const auto archive = std::make_shared<const Archive>(path);
  const auto& entries = archive->entries();
  if (std::any_of(entries.begin(), entries.end(),
                  [](const ArchiveEntry& entry) { return !IsHidden(entry.name) && PartOf(entry.name) == "cls"; }))
    return OpenSamples(path, archive, options);
  PictureTree tree = {.path = path, .place = path + ": ", .files = {}, .owner = archive};
  for (const ArchiveEntry& entry : entries) {
    if (!IsHidden(entry.name) && HasPictureName(entry.name))
      tree.files.push_back({entry.name, 0, entry.bytes, entry.fault});
  }
  RemoveOuterFolder(tree.files);
  return OpenPictureTree(std::move(tree), options);
}

}  // namespace

const SourceKind kPictureArchive = {
    .name = "a tar or zip of pictures", .matches = &IsPictureArchive, .open = &OpenPictureArchive};

}  // namespace brine
