// The built-in data: drawn shapes, so that a model can be trained before any data is at hand.
#ifndef BRINE_RUNTIME_TRAINER_DRAWN_SHAPES_H_
#define BRINE_RUNTIME_TRAINER_DRAWN_SHAPES_H_

#include <string>

#include "runtime/program.h"
#include "runtime/trainer/dataset.h"

namespace brine {

// 10,000 images to train on and 2,000 to test, u8[height, width, channels], of ten classes in equal shares: disc, ring,
// square, frame, triangle, cross, plus, star, stripes, checker.  Colours, size, place, angle, background and noise are
// drawn from `seed`; the same seed gives the same images.  Models with fewer classes get the first of them.  Images
// larger than 32 pixels are drawn at an integer fraction of their size if there is one.  They take at most 256 MB: if
// they are too large for that, there are fewer, in the same proportion.  `backend` may be null: then one thread draws.
// Throws Error below 8x8, and if fewer than 300 fit.
TrainTest DrawShapes(int64_t height, int64_t width, int64_t channels, int64_t classes, uint64_t seed,
                     const brine_backend* backend);

// The sentence that DrawShapes would throw for images of this size; empty where it has some.
std::string DrawnShapesFault(int64_t height, int64_t width, int64_t channels);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_DRAWN_SHAPES_H_
