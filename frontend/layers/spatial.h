// Crops and resizes of images, which several layers consist of.
#ifndef BRINE_FRONTEND_LAYERS_SPATIAL_H_
#define BRINE_FRONTEND_LAYERS_SPATIAL_H_

#include <cstdint>
#include <string>

#include "frontend/layers/layer_builder.h"

namespace brine::internal {

struct PixelPair {
  std::int64_t rows, columns;
};

// Whether the arguments `height` and `width` of a layer are positive; reports a mistake otherwise.
bool CheckPixels(LayerBuilder& builder, const PixelPair& size);

// In the functions below x are images [n, h, w, c].

// The box of this size that begins at the pixel `begin`.
Symbol CropImages(LayerBuilder& builder, const Symbol& x, const PixelPair& begin, const PixelPair& size, bool last);

Symbol ResizeImages(LayerBuilder& builder, const Symbol& x, const PixelPair& size, const std::string& interpolation,
                    bool last);

// The largest box of the proportions of `size` in the middle of x, resized to `size`.  Keras: image.smart_resize.
Symbol ResizeCenter(LayerBuilder& builder, const Symbol& x, const PixelPair& size, const std::string& interpolation,
                    bool last);

// The box of this size in the middle of x or, if x is smaller, ResizeCenter.  The result is the layer's own value.
Symbol CropCenter(LayerBuilder& builder, const Symbol& x, const PixelPair& size);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_LAYERS_SPATIAL_H_
