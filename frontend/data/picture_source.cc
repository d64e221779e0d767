#include "frontend/data/picture_source.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include "frontend/data/bad_input.h"
#include "frontend/data/file_contents.h"
#include "frontend/data/for_ranges.h"
#include "frontend/data/lower_case.h"
#include "frontend/data/one_line.h"
#include "frontend/data/picture.h"

namespace brine {
namespace {

// Calls `use` with the bytes of the picture.  Errors get the name of the picture.
template <typename Use>
auto WithBytes(const Pictures& pictures, const PictureFile& picture, const Use& use) {
  const std::string place = pictures.place + picture.name;
  if (!picture.fault.empty()) BadInput(place, picture.fault);
  std::optional<FileContents> file;
  if (!picture.bytes.has_value()) file.emplace(place);
  try {
    return use(file ? file->bytes() : *picture.bytes);
  } catch (const Error& error) {
    throw Error(error.code(), OneLine(place) + ": " + error.what());
  }
}

class PictureSource : public SampleSource {
 public:
  PictureSource(std::shared_ptr<const Pictures> pictures, const DataOptions& options)
      : pictures_(std::move(pictures)), options_(options) {
    fields_ = ImageFields(options.height, options.width, options.channels);
    if (!pictures_->has_labels) fields_.pop_back();
  }
  int64_t size() const override { return static_cast<int64_t>(pictures_->files.size()); }
  std::span<const Field> fields() const override { return fields_; }
  std::string NameOf(int64_t index) const override { return pictures_->files[static_cast<size_t>(index)].name; }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    auto* pixels = static_cast<uint8_t*>(targets[0]);
    for (size_t sample = 0; sample < indices.size(); ++sample) {
      const PictureFile& file = pictures_->files[static_cast<size_t>(indices[sample])];
      const Picture picture =
          WithBytes(*pictures_, file, [&](std::span<const uint8_t> bytes) { return DecodePicture(bytes, options_); });
      pixels = std::copy(picture.pixels.begin(), picture.pixels.end(), pixels);
      if (pictures_->has_labels)
        std::memcpy(static_cast<uint8_t*>(targets[1]) + sample * sizeof(file.label), &file.label, sizeof(file.label));
    }
  }
  const std::shared_ptr<const Pictures>& pictures() const { return pictures_; }

 private:
  const std::shared_ptr<const Pictures> pictures_;
  const DataOptions options_;
  std::vector<Field> fields_;
};

void CheckShape(const DataOptions& options) {
  if ((options.height == 0) != (options.width == 0))
    throw Error(kExitUsage, "the height and the width of pictures must both be given");
  if (options.height < 0 || options.width < 0 || options.height > kMaxPictureSide || options.width > kMaxPictureSide)
    throw Error(kExitUsage,
                "the height and the width of pictures must be from 1 to " + std::to_string(kMaxPictureSide));
  if (options.channels != 0 && options.channels != 1 && options.channels != 3)
    throw Error(kExitUsage, "pictures have 1 or 3 channels, not " + std::to_string(options.channels));
}

std::string Describe(const std::string& place, const PictureInfo& info) {
  return OneLine(place) + " has " + std::to_string(info.width) + "×" + std::to_string(info.height) + " pixels";
}

// The first picture whose header can be read.
struct FirstPicture {
  std::string place;
  PictureInfo info;
};

// Throws Error with a sentence for each picture if all are broken.
FirstPicture FindFirst(const std::vector<const Pictures*>& parts) {
  std::string broken;
  for (const Pictures* part : parts) {
    for (const PictureFile& file : part->files) {
      try {
        return {part->place + file.name, WithBytes(*part, file, ReadPictureInfo)};
      } catch (const Error& error) {  // reported when the picture is read, unless all are broken
        broken += (broken.empty() ? "" : "\n") + std::string(error.what());
      }
    }
  }
  throw Error(kExitBadInput, broken);
}

// Calls take(file, info) with what the header of each picture says, on several threads, until it returns false.  Broken
// pictures are passed over, since reading them reports them.
template <typename Take>
void ForEachInfo(const Pictures& pictures, int threads, const Take& take) {
  std::atomic<bool> done = false;
  ForRanges(static_cast<int64_t>(pictures.files.size()), threads, [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end && !done; ++index) {
      const PictureFile& file = pictures.files[static_cast<size_t>(index)];
      std::optional<PictureInfo> info;
      try {
        info = WithBytes(pictures, file, ReadPictureInfo);
      } catch (const Error&) {
        continue;
      }
      if (!take(file, *info)) done = true;
    }
  });
}

// The pictures of a data set that AsDataset made; null for others.
std::shared_ptr<const Pictures> PicturesOf(const Dataset& data) {
  const auto* const source = data.size() == 0 ? nullptr : dynamic_cast<const PictureSource*>(&data.source());
  return source == nullptr ? nullptr : source->pictures();
}

constexpr Dataset Splits::*kParts[] = {&Splits::train, &Splits::validation, &Splits::test};

}  // namespace

bool HasPictureName(std::string_view name) {
  // Those that cannot be decoded are here, too, so that their files are errors, and not silently left out.
  static constexpr std::string_view kExtensions[] = {"png",  "jpg", "jpeg", "jpe", "jfif", "webp", "bmp",
                                                     "dib",  "ppm", "pgm",  "pnm", "pbm",  "gif",  "tif",
                                                     "tiff", "jp2", "svg",  "ico", "apng", "heic", "avif"};
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string extension = LowerCase(name.substr(dot + 1));
  return std::find(std::begin(kExtensions), std::end(kExtensions), extension) != std::end(kExtensions);
}

DataOptions ResolveShape(const std::vector<const Pictures*>& parts, DataOptions options) {
  CheckShape(options);
  const bool needs_size = options.height == 0, needs_channels = options.channels == 0;
  if (!needs_size && !needs_channels) return options;
  const FirstPicture first = FindFirst(parts);
  std::atomic<bool> has_colours = !needs_channels || first.info.channels == 3;  // or it does not matter
  for (const Pictures* part : parts) {
    ForEachInfo(*part, options.threads, [&](const PictureFile& file, const PictureInfo& info) {
      if (info.channels == 3) has_colours = true;
      if (needs_size && (info.height != first.info.height || info.width != first.info.width))
        throw Error(kExitBadInput, Describe(first.place, first.info) + ", but " +
                                       Describe(part->place + file.name, info) +
                                       "; --size HEIGHTxWIDTH gives all the same size");
      return needs_size || !has_colours;
    });
  }
  if (needs_size) options.height = first.info.height;
  if (needs_size) options.width = first.info.width;
  if (needs_channels) options.channels = has_colours ? 3 : 1;
  if (needs_size) CheckShape(options);
  return options;
}

Dataset AsDataset(Pictures pictures, const DataOptions& options) {
  return Dataset(std::make_shared<PictureSource>(std::make_shared<const Pictures>(std::move(pictures)), options));
}

PictureSizes CountSizes(const Splits& splits, int threads) {
  PictureSizes counts;
  std::mutex mutex;
  for (Dataset Splits::*part : kParts) {
    const std::shared_ptr<const Pictures> pictures = PicturesOf(splits.*part);
    if (pictures == nullptr) continue;
    ForEachInfo(*pictures, threads, [&](const PictureFile&, const PictureInfo& info) {
      const std::lock_guard<std::mutex> lock(mutex);
      ++counts[{info.width, info.height}];
      return true;
    });
  }
  return counts;
}

void ChangeShape(Splits& splits, const DataOptions& options) {
  std::vector<const Pictures*> parts;
  for (Dataset Splits::*part : kParts) {
    if (const auto pictures = PicturesOf(splits.*part); pictures != nullptr) parts.push_back(pictures.get());
  }
  if (parts.empty()) return;
  const DataOptions resolved = ResolveShape(parts, options);
  for (Dataset Splits::*part : kParts) {
    Dataset& data = splits.*part;
    if (auto pictures = PicturesOf(data); pictures != nullptr)
      data = data.WithSource(std::make_shared<PictureSource>(std::move(pictures), resolved));
  }
}

}  // namespace brine
