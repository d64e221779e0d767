#include "frontend/cli/html/filters.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "absl/strings/match.h"
#include "runtime/trainer/checkpoints.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/run_path.h"
#include "runtime/trainer/tensor_file.h"

namespace brine::cli {
namespace {

constexpr int kMostFilters = 256, kMostExtent = 64;  // more or larger filters are not shown

// The name and the sizes of the kernel whose filters are shown.
std::optional<Filters> FindKernel(const ir::Graph& model) {
  const auto extent = [](ir::Dim dim) { return static_cast<int>(std::min<ir::Dim>(dim, 1 << 20)); };
  for (const ir::State& state : model.states) {
    const ir::Shape& shape = model.type(state.value).shape;
    const std::string& name = model.value(state.value).name;
    if (!absl::EndsWith(name, "kernel") || model.type(state.value).dtype != ir::DType::kF32) continue;
    if (shape.size() == 4)
      return Filters{name, "", extent(shape[0]), extent(shape[1]), extent(shape[2]), extent(shape[3]), {}};
    if (shape.size() != 2) return {};
    for (const ir::Input& input : model.inputs) {
      const ir::Shape& image = model.type(input.value).shape;  // [n,h,w] or [n,h,w,c]
      if (image.size() != 3 && image.size() != 4) continue;
      const ir::Dim channels = image.size() == 4 ? image[3] : 1;
      if (image[1] * image[2] * channels == shape[0])
        return Filters{name, "", extent(image[1]), extent(image[2]), extent(channels), extent(shape[1]), {}};
    }
    return {};
  }
  return {};
}

// The file of the best weights, or the newest checkpoint; empty if there is none.
std::string FindCheckpoint(const std::string& folder) {
  std::error_code ignored;
  if (std::string best = BestFile(folder); std::filesystem::exists(best, ignored)) return best;
  try {
    const std::vector<CheckpointEntry> checkpoints = ListCheckpoints(folder);
    return checkpoints.empty() ? "" : checkpoints[0].path;
  } catch (const Error&) {  // the folder cannot be listed
    return "";
  }
}

// The elements of a tensor of the file if it has so many; otherwise none.
std::vector<float> ReadTensor(const std::string& path, const std::string& name, size_t elements) {
  constexpr uintmax_t kMostBytes = uintmax_t{1} << 28;  // so that a large model does not cost memory while it trains
  TensorFile file;
  std::string ignored;
  std::error_code error;
  std::vector<float> weights;
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (error || size > kMostBytes || !file.Read(path, ignored)) return weights;
  for (const brine_tensor& tensor : absl::MakeConstSpan(file.tensors.tensors, file.tensors.tensor_count)) {
    const bool fits = tensor.dtype == BRINE_F32 && static_cast<size_t>(tensor.bytes) == elements * sizeof(float);
    if (!fits || brine_text_is(tensor.name, name.c_str()) == 0) continue;
    weights.resize(elements);
    std::memcpy(weights.data(), tensor.data, elements * sizeof(float));
  }
  return weights;
}

// The number of filters in a row of the sheet, which is about twice as wide as it is high and at most 720 pixels wide.
int ColumnsOf(int filters, int width) {
  const int columns = static_cast<int>(std::ceil(std::sqrt(2.0 * filters)));
  return std::clamp(columns, 1, std::max(1, 720 / (width + 1)));
}

}  // namespace

Picture FilterSheet(absl::Span<const float> kernel, int height, int width, int channels, int filters, int shown) {
  const int columns = ColumnsOf(shown, width), rows = (shown + columns - 1) / columns;
  Picture sheet = {columns * (width + 1) - 1, rows * (height + 1) - 1, 4, {}};
  sheet.pixels.resize(static_cast<size_t>(sheet.width) * static_cast<size_t>(sheet.height) * 4);
  const int colors = channels == 3 ? 3 : 1;
  const auto weight = [&](int y, int x, int channel, int filter) {
    const auto at = [&](int c) {
      const size_t row = (static_cast<size_t>(y * width + x) * static_cast<size_t>(channels)) + static_cast<size_t>(c);
      return kernel[row * static_cast<size_t>(filters) + static_cast<size_t>(filter)];
    };
    if (colors == 3 || channels == 1) return at(channel);
    float sum = 0;
    for (int c = 0; c < channels; ++c) sum += at(c);
    return sum / static_cast<float>(channels);
  };
  for (int filter = 0; filter < shown; ++filter) {
    float largest = 0;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        for (int channel = 0; channel < colors; ++channel)
          largest = std::max(largest, std::abs(weight(y, x, channel, filter)));
      }
    }
    const int left = filter % columns * (width + 1), top = filter / columns * (height + 1);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        uint8_t* const pixel = &sheet.pixels[(static_cast<size_t>(top + y) * static_cast<size_t>(sheet.width) +
                                              static_cast<size_t>(left + x)) *
                                             4];
        for (int channel = 0; channel < 3; ++channel) {
          const float share = largest > 0 ? weight(y, x, std::min(channel, colors - 1), filter) / largest : 0;
          // A weight that is not finite is shown as 0.
          pixel[channel] = static_cast<uint8_t>(std::lround(127.5f + 127.5f * (std::abs(share) <= 1 ? share : 0)));
        }
        pixel[3] = 255;
      }
    }
  }
  return sheet;
}

std::optional<Filters> FirstFilters(const std::string& run, const ir::Graph& model) {
  const std::string checkpoint = FindCheckpoint(CheckpointsOf(run));
  if (checkpoint.empty()) return {};
  std::optional<Filters> filters = FindKernel(model);
  if (!filters || filters->height > kMostExtent || filters->width > kMostExtent) return {};
  const size_t elements = static_cast<size_t>(filters->height) * static_cast<size_t>(filters->width) *
                          static_cast<size_t>(filters->channels) * static_cast<size_t>(filters->count);
  const std::vector<float> weights = ReadTensor(checkpoint, filters->kernel, elements);
  if (weights.empty()) return {};
  filters->file = std::filesystem::path(checkpoint).filename().string();
  filters->sheet = FilterSheet(weights, filters->height, filters->width, filters->channels, filters->count,
                               std::min(filters->count, kMostFilters));
  return filters;
}

}  // namespace brine::cli
