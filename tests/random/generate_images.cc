// The layers for images.
#include "tests/random/generator.h"

namespace brine {

void Generator::Augment() {
  const Node x = Read(nodes_.size() - 1);
  Push(AnyAugmentation(x.shape)(x.tensor), x.shape, false);
}

Layer Generator::AnyAugmentation(const Shape& shape) {
  const std::string fill_mode = Pick<std::string>({"constant", "nearest", "reflect", "wrap"}),
                    interpolation = Pick<std::string>({"nearest", "bilinear"});
  switch (random_() % 7) {
    case 0:
      return RandomFlip(Pick<std::string>({"horizontal", "vertical", "horizontal_and_vertical"}));
    case 1:
      return RandomTranslation({.height_factor = 0.3f,
                                .width_factor = {-0.2f, 0.4f},
                                .fill_mode = fill_mode,
                                .interpolation = interpolation,
                                .fill_value = 0.5f});
    case 2:
      return RandomRotation({.factor = 0.2f, .fill_mode = fill_mode, .interpolation = interpolation});
    case 3:
      return RandomZoom({.height_factor = {-0.5f, 0.25f}, .fill_mode = fill_mode, .interpolation = interpolation});
    case 4:
      return RandomContrast({.factor = 0.5f, .value_range = {-1, 1}});
    case 5:
      return RandomBrightness({.factor = 0.25f, .value_range = {-1, 1}});
    default:
      return RandomErasing({.scale = {0.1f, 0.5f},
                            .fill_value = std::vector<Real>(Coin() ? 0 : shape[2], Real(0.5f)),
                            .value_range = {-1, 1}});
  }
}

void Generator::AddSpatial(size_t index) {
  const Node x = Read(index);
  const auto push = [&](const Layer& layer, int64_t height, int64_t width) {
    Push(layer(x.tensor), {height, width, x.shape[2]}, x.learned);
  };
  const int64_t height = x.shape[0], width = x.shape[1];
  const std::string interpolation = Pick<std::string>({"nearest", "bilinear"});
  switch (random_() % 5) {
    case 0:
      return push(ZeroPadding2D({{1, 0}, {2, 1}}), height + 1, width + 3);
    case 1:
      if (height > 1 && width > 2) return push(Cropping2D({{0, 1}, {1, 1}}), height - 1, width - 2);
      return push(ZeroPadding2D(), height + 2, width + 2);
    case 2:
      if (height * width > 64) return push(CenterCrop({.height = 5, .width = 5}), 5, 5);
      return push(UpSampling2D({.size = {2, 1}, .interpolation = interpolation}), 2 * height, width);
    case 3:
      return push(Resizing({.height = 4, .width = 7, .interpolation = interpolation}), 4, 7);
    default: {
      if (!HasRoom(3, /*begins_branch=*/true) || height % 2 + width % 2 != 0)
        return push(ZeroPadding2D(), height + 2, width + 2);
      const Tensor small =
          Conv2D({.filters = 3, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "relu"})(x.tensor);
      const Tensor large = UpSampling2D({.interpolation = interpolation})(small);
      layers_ += 2;
      Push(Concatenate({x.tensor, large}), {height, width, x.shape[2] + 3}, true);
    }
  }
}

void Generator::AddConv(size_t index) {
  const Node x = Read(index);
  const Size2D kernel = Pick<Size2D>({3, 3, {2, 3}, 1, {3, 1}});
  const bool stretched = random_() % 4 == 0;
  const Size2D dilation = stretched ? Pick<Size2D>({2, {1, 2}}) : Size2D(1),
               strides = stretched ? Size2D(1) : Pick<Size2D>({1, 1, 2, {2, 1}});
  const int64_t height = (kernel.height - 1) * dilation.height + 1, width = (kernel.width - 1) * dilation.width + 1;
  const bool same = x.shape[0] < height || x.shape[1] < width || Coin();
  const int64_t filters = Pick<int64_t>({3, 8, 16});
  Push(Conv2D({.filters = filters,
               .kernel_size = kernel,
               .strides = strides,
               .padding = same ? "same" : "valid",
               .dilation_rate = dilation,
               .activation = AnyActivation(),
               .use_bias = random_() % 4 != 0,
               .kernel_regularizer = AnyRegularizer(),
               .activity_regularizer = regularizing_() % 4 == 0 ? L2(0.01f) : Regularizer()})(x.tensor),
       {Extent(x.shape[0], height, strides.height, same), Extent(x.shape[1], width, strides.width, same), filters},
       true);
}

void Generator::AddDepthwiseConv(size_t index) {
  const Node x = Read(index);
  const int64_t stride = Pick<int64_t>({1, 2}), multiplier = Pick<int64_t>({1, 1, 2}), filters = Pick<int64_t>({4, 8});
  const Shape size = {Extent(x.shape[0], 3, stride, true), Extent(x.shape[1], 3, stride, true)};
  if (Coin()) {
    Push(DepthwiseConv2D({.kernel_size = 3,
                          .strides = stride,
                          .padding = "same",
                          .depth_multiplier = multiplier,
                          .activation = AnyActivation()})(x.tensor),
         {size[0], size[1], x.shape[2] * multiplier}, true);
  } else {
    Push(SeparableConv2D({.filters = filters,
                          .kernel_size = 3,
                          .strides = stride,
                          .padding = "same",
                          .depth_multiplier = multiplier,
                          .use_bias = Coin()})(x.tensor),
         {size[0], size[1], filters}, true);
  }
}

void Generator::AddTransposedConv(size_t index) {
  if (nodes_[index].shape[0] > 8) return AddPool(index);
  const Node x = Read(index);
  const int64_t stride = Pick<int64_t>({1, 2}), filters = Pick<int64_t>({3, 8});
  const bool same = Coin();
  const auto extent = [&](int64_t before) { return same ? before * stride : (before - 1) * stride + 3; };
  Push(Conv2DTranspose({.filters = filters,
                        .kernel_size = 3,
                        .strides = stride,
                        .padding = same ? "same" : "valid",
                        .activation = AnyActivation(),
                        .use_bias = Coin()})(x.tensor),
       {extent(x.shape[0]), extent(x.shape[1]), filters}, true);
}

void Generator::AddPool(size_t index) {
  const Node x = Read(index);
  const Size2D size = Pick<Size2D>({2, 2, 2, 3, {1, 2}}), strides = Pick<Size2D>({size, size, 1});
  const bool same = x.shape[0] < size.height || x.shape[1] < size.width || random_() % 4 == 0;
  const PoolingOptions options = {.pool_size = size, .strides = strides, .padding = same ? "same" : "valid"};
  const bool has_relu = random_() % (x.learned ? 2 : 4) == 0;  // a relu that only this layer reads
  const Tensor image = has_relu ? Activation("relu")(x.tensor) : x.tensor;
  layers_ += has_relu;
  Push(random_() % 2 == 0 ? AveragePooling2D(options)(image) : MaxPooling2D(options)(image),
       {Extent(x.shape[0], size.height, strides.height, same), Extent(x.shape[1], size.width, strides.width, same),
        x.shape[2]},
       x.learned);
}

void Generator::AddGlobalPool(size_t index) {
  const Node x = Read(index);
  const bool keepdims = Coin();
  const Layer pool =
      Coin() ? GlobalAveragePooling2D({.keepdims = keepdims}) : GlobalMaxPooling2D({.keepdims = keepdims});
  Push(pool(x.tensor), keepdims ? Shape{1, 1, x.shape[2]} : Shape{x.shape[2]}, x.learned);
}

}  // namespace brine
