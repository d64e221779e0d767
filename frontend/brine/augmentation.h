// Layers that change images at random, so that a small set of images serves as a larger one.
//
// Each image of each batch gets random numbers of its own.  They act in training only; in evaluation and prediction
// their output is their input, except that of RandomCrop.  They must come before the first layer that learns.
#ifndef BRINE_FRONTEND_BRINE_AUGMENTATION_H_
#define BRINE_FRONTEND_BRINE_AUGMENTATION_H_

#include <cstdint>
#include <string>
#include <vector>

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

// Turns each image around its middle by a random share of a full turn; a positive share turns counterclockwise.
struct RandomRotationOptions {
  Range factor = {};                       // within [−1, 1]
  std::string fill_mode = "reflect";       // as of RandomTranslation
  std::string interpolation = "bilinear";  // "nearest" or "bilinear"
  Real fill_value = 0;                     // for the fill_mode "constant"
  std::string name = {};
};
Layer RandomRotation(RandomRotationOptions options, Line line = Line::current());

// Makes what each image shows smaller, by a positive share, or larger, around its middle: pixel i is taken from the
// distance (1 + share)·(i − middle) from the middle.
struct RandomZoomOptions {
  Range height_factor = {};                // within (−1, 1]
  Range width_factor = {};                 // within (−1, 1]; if it is not given, the share of the height
  std::string fill_mode = "reflect";       // as of RandomTranslation
  std::string interpolation = "bilinear";  // "nearest" or "bilinear"
  Real fill_value = 0;                     // for the fill_mode "constant"
  std::string name = {};
};
Layer RandomZoom(RandomZoomOptions options, Line line = Line::current());

// A box of height × width of each image, at a random place.  In evaluation and prediction, and if an extent of the
// images is no larger, the output is that of Resizing with crop_to_aspect_ratio.
struct RandomCropOptions {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::string name = {};
};
Layer RandomCrop(RandomCropOptions options, Line line = Line::current());

// Moves the numbers of each channel of an image away from their mean, or towards it:
//   (x − mean)·factor + mean, clipped to value_range, with a random factor from [1 − factor.lower, 1 + factor.upper)
struct RandomContrastOptions {
  Range factor = {};             // within [0, 1]; one number f is {0, f}, as in Keras
  Range value_range = {0, 255};  // of the numbers of images
  std::string name = {};
};
Layer RandomContrast(RandomContrastOptions options, Line line = Line::current());

// Adds a random number to each image, x + share·(value_range.upper − value_range.lower), clipped to value_range.
struct RandomBrightnessOptions {
  Range factor = {};             // of the share, within [−1, 1]
  Range value_range = {0, 255};  // of the numbers of images
  std::string name = {};
};
Layer RandomBrightness(RandomBrightnessOptions options, Line line = Line::current());

// Erases a box in each image or not, at random.  Its height and width are independent shares √s of those of the image.
// Unless numbers are given, each number in the box becomes one of its own: value_range.upper times a number of the
// standard normal distribution, as in Keras.
struct RandomErasingOptions {
  Range factor = {0, 1};              // within [0, 1], of the probability, which is drawn too; one number f is {0, f}
  Range scale = {0.02, 0.33};         // within [0, 1], of s; one number f is {0, f}
  std::vector<Real> fill_value = {};  // what the box gets: one number, or one for each channel; noise if empty
  Range value_range = {0, 255};       // to which fill_value and noise are clipped
  std::string name = {};
};
Layer RandomErasing(RandomErasingOptions options = {}, Line line = Line::current());

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_AUGMENTATION_H_
