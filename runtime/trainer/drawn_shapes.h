// The built-in data set: images of drawn shapes, with which a model can be trained before other data are at hand.
#ifndef BRINE_RUNTIME_TRAINER_DRAWN_SHAPES_H_
#define BRINE_RUNTIME_TRAINER_DRAWN_SHAPES_H_

#include <string>

#include "runtime/program.h"
#include "runtime/trainer/dataset.h"

namespace brine {

// 10,000 images to train on and 2,000 to test, u8[height, width, channels], of ten classes in equal shares: disc, ring,
// square, frame, triangle, cross, plus, star, stripes, checker.  Models with fewer classes get the first of these.
// Colours, size, position, angle, background and noise are random numbers of `seed`; the same seed gives the same
// images.  Images larger than 32 pixels are drawn at an integer fraction of their size, if there is one, and enlarged
// when they are read.  All images together take at most 256 MB.  If they would take more, there are fewer, in the same
// proportion.  The images are drawn on the pool of `backend`, or on this thread if it is null.
// Throws Error if DrawnShapesFault is not empty.
Splits DrawShapes(int64_t height, int64_t width, int64_t channels, int64_t classes, uint64_t seed,
                  const brine_backend* backend);

// Why there are no images of this size, in one sentence; empty if there are.
std::string DrawnShapesFault(int64_t height, int64_t width, int64_t channels);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_DRAWN_SHAPES_H_
