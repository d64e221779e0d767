#include "codegen/templates/winners.h"

#include <algorithm>

#include "ir/op.h"

namespace brine::codegen {

bool FindWinners(const Frame& frame, const ir::Node& convolution, ir::ValueId dy, Winners* winners) {
  const ir::Node* pool_grad = frame.Maker(dy);
  if (pool_grad == nullptr || pool_grad->op != &ir::kMaxPoolGrad || frame.IsOutput(dy)) return false;
  const auto all = [](const ir::Attributes& attributes, const char* name, int64_t number) {
    const std::vector<int64_t>& values = attributes.Ints(name);
    return std::all_of(values.begin(), values.end(), [&](int64_t value) { return value == number; });
  };
  const ir::Attributes &pool = pool_grad->attributes, &conv = convolution.attributes;
  if (!all(pool, "pads", 0) || pool.Ints("window") != pool.Ints("strides")) return false;
  if (!all(conv, "strides", 1) || !all(conv, "dilations", 1) || conv.Int("groups") != 1) return false;
  const Tensor *d = frame.Parameter(pool_grad->inputs[0]), *index = frame.Parameter(pool_grad->inputs[1]);
  if (d == nullptr || index == nullptr) return false;
  const auto extent = [&](size_t axis) { return static_cast<int>(d->type.shape[axis]); };
  const std::vector<int64_t>& window = pool.Ints("window");
  *winners = {*d, *index, extent(1), extent(2), extent(3), static_cast<int>(window[1]), static_cast<int>(window[0])};
  return true;
}

bool FindLive(const Frame& frame, const ir::Node& convolution, ir::ValueId dy, Winners* winners) {
  const Tensor* const d = frame.Parameter(dy);
  if (d == nullptr || convolution.attributes.Int("groups") != 1) return false;
  for (int64_t dilation : convolution.attributes.Ints("dilations")) {
    if (dilation != 1) return false;
  }
  const auto extent = [&](size_t axis) { return static_cast<int>(d->type.shape[axis]); };
  *winners = {*d, {}, extent(1), extent(2), extent(3), 1, 1};
  return true;
}

}  // namespace brine::codegen
