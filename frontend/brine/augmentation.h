// Layers that change images at random, so that a small set of images serves as a larger one.
//
// They act in training only; in evaluation and prediction their output is their input.  They have no gradient, so they
// must come before the first layer that learns.
#ifndef BRINE_FRONTEND_BRINE_AUGMENTATION_H_
#define BRINE_FRONTEND_BRINE_AUGMENTATION_H_

#include <string>

#include "arguments.h"
#include "tensor.h"

namespace brine {

// Mirrors each image or not, at random.  `mode` is "horizontal", "vertical" or "horizontal_and_vertical".
Layer RandomFlip(std::string mode = "horizontal_and_vertical", Named options = {}, Line line = Line::current());

// Shifts each image down and to the right by random shares, within the ranges, of its height and width.
struct RandomTranslationOptions {
  Range height_factor = {};                // within [−1, 1]; negative shares shift up
  Range width_factor = {};                 // within [−1, 1]; negative shares shift to the left
  std::string fill_mode = "reflect";       // "constant", "nearest", "reflect" or "wrap"
  std::string interpolation = "bilinear";  // "nearest" or "bilinear"
  Real fill_value = 0;                     // for the fill_mode "constant"
  std::string name = {};
};
Layer RandomTranslation(RandomTranslationOptions options, Line line = Line::current());

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_AUGMENTATION_H_
