// Layers that add noise in training.  In evaluation and prediction the output is the input.
//
// The noise follows from the seed of a run, the number of the step, the name of the layer and the position of the
// element, so it is the same on any number of threads.
#ifndef BRINE_FRONTEND_BRINE_NOISE_H_
#define BRINE_FRONTEND_BRINE_NOISE_H_

#include "arguments.h"
#include "tensor.h"

namespace brine {

// Sets each element to zero with the probability `rate`, in [0, 1), and multiplies the others by 1 / (1 − rate).
// (Srivastava et al. 2014)
Layer Dropout(Real rate, Named options = {}, Line line = Line::current());

// Dropout of whole channels of an image [n, h, w, c]: all of a channel or none of it.  (Tompson et al. 2015)
Layer SpatialDropout2D(Real rate, Named options = {}, Line line = Line::current());

// Dropout that keeps the mean 0 and the variance 1 of its input, as selu does: an element is set to −1.7581, the limit
// of selu, with the probability `rate`, in [0, 1), and then all of them are scaled and shifted.  (Klambauer et al.
// 2017)
Layer AlphaDropout(Real rate, Named options = {}, Line line = Line::current());

// Multiplies each element by a random number of the normal distribution with mean 1 and the standard deviation
// √(rate / (1 − rate)), with `rate` in [0, 1).  (Srivastava et al. 2014)
Layer GaussianDropout(Real rate, Named options = {}, Line line = Line::current());

// Adds to each element a random number of the normal distribution with mean 0 and this standard deviation, at least 0.
Layer GaussianNoise(Real stddev, Named options = {}, Line line = Line::current());

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_NOISE_H_
