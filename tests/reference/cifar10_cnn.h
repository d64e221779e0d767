// The images and the result files of the reference run, which make_reference.py defines.
#ifndef BRINE_TESTS_REFERENCE_CIFAR10_CNN_H_
#define BRINE_TESTS_REFERENCE_CIFAR10_CNN_H_

#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "ir/interpret.h"
#include "ir/philox.h"

namespace brine::reference {

inline constexpr int kBatch = 10, kSteps = 20, kPixels = 32 * 32 * 3;

// The words of the lines of a reference file that are not comments.
inline std::vector<std::vector<std::string>> ReadRows(const std::string& name) {
  std::ifstream file(BRINE_SOURCE_DIR "/tests/reference/" + name);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    rows.emplace_back(std::istream_iterator<std::string>(words), std::istream_iterator<std::string>());
  }
  return rows;
}

inline double Uniform(uint32_t seed, int64_t element, const char* name) {
  return ir::PhiloxUniform({static_cast<uint32_t>(element), 0, ir::NameId(name), 0}, {seed, 0});
}

// Image i, whose label is i mod 10: the mean of an image that belongs to its label and noise.  If the label is an
// image, it is image i, scaled to [0, 1].
template <typename Real>
void FillBatch(int step, const ir::Graph& graph, ir::Tensors<Real>& given) {
  ir::Tensor<Real> images, labels;
  for (const ir::Input& input : graph.inputs) {
    if (input.source == ir::Source::kData) {
      images = ir::MakeTensor<Real>(graph.type(input.value), kBatch);
      for (int row = 0; row < kBatch; ++row) {
        const int64_t image = step * kBatch + row, label = image % 10;
        for (int64_t element = 0; element < kPixels; ++element) {
          const double p = Uniform(1, label * kPixels + element, "prototype"),
                       q = Uniform(1, image * kPixels + element, "noise");
          images.integers[static_cast<size_t>(row * kPixels + element)] =
              static_cast<int64_t>(std::floor((0.5 * p + 0.5 * q) * 256));
        }
      }
      given[graph.value(input.value).name] = images;
    }
    if (input.source == ir::Source::kLabel) {
      labels = ir::MakeTensor<Real>(graph.type(input.value), kBatch);
      for (int row = 0; row < kBatch && graph.type(input.value).rank() == 2; ++row)
        labels.real[static_cast<size_t>(row * 10 + (step * kBatch + row) % 10)] = 1;
      for (size_t i = 0; i < labels.real.size() && graph.type(input.value).rank() == 4; ++i)
        labels.real[i] = static_cast<Real>(images.integers[i]) / 255;
      given[graph.value(input.value).name] = labels;
    }
  }
}

}  // namespace brine::reference

#endif  // BRINE_TESTS_REFERENCE_CIFAR10_CNN_H_
