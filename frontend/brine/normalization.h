// The layers that normalize.
//
// A regularizer is one of regularizers.h or its name, or none.
#ifndef BRINE_FRONTEND_BRINE_NORMALIZATION_H_
#define BRINE_FRONTEND_BRINE_NORMALIZATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "arguments.h"
#include "regularizers.h"
#include "tensor.h"

namespace brine {

// y = gamma · (x − mean) / √(variance + epsilon) + beta in each channel, that is each index of the last axis.  x is
// [n, …, c] of rank 2 or more, y has its shape, and the weights gamma, beta, moving_mean and moving_variance are [c].
// In training, mean and variance are those of the batch, over all axes but the last.  The variance is the mean of the
// squared deviations; it is not divided by their number less one.  A training step also sets
//
//   moving_mean     = momentum · moving_mean     + (1 − momentum) · mean
//   moving_variance = momentum · moving_variance + (1 − momentum) · variance
//
// which take the places of mean and variance in evaluation and prediction, and in training if the layer is not
// trainable.  (Ioffe and Szegedy 2015)
struct BatchNormalizationOptions {
  std::int64_t axis = -1;  // of the channels; only the last axis is possible
  Real momentum = 0.99;    // within [0, 1]
  Real epsilon = 1e-3;     // at least 0
  bool center = true;      // whether there is a beta; otherwise it is 0
  bool scale = true;       // whether there is a gamma; otherwise it is 1
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Initializer moving_mean_initializer = "zeros";
  Initializer moving_variance_initializer = "ones";
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  bool trainable = true;  // if false, training changes no weight and normalizes with the moving mean and variance
  std::string name = {};
};
Layer BatchNormalization(BatchNormalizationOptions options = {}, Line line = Line::current());

// y = gamma · (x − mean) / √(variance + epsilon) + beta, with the mean and the variance of each row or pixel, that is
// of the numbers along the last axis.  x is [n, …, c], y has its shape, and gamma and beta are [c].  (Ba et al. 2016)
struct LayerNormalizationOptions {
  std::int64_t axis = -1;  // only the last axis is possible
  Real epsilon = 1e-3;     // at least 0
  bool center = true;      // whether there is a beta; otherwise it is 0
  bool scale = true;       // whether there is a gamma; otherwise it is 1
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  bool trainable = true;  // if false, training does not change gamma and beta
  std::string name = {};
};
Layer LayerNormalization(LayerNormalizationOptions options = {}, Line line = Line::current());

// The same with the mean and the variance of each group of c / groups channels of a sample, over all of its pixels.
// (Wu and He 2018)
struct GroupNormalizationOptions {
  std::int64_t groups = 32;  // a divisor of c; −1: c groups
  std::int64_t axis = -1;    // of the channels; only the last axis is possible
  Real epsilon = 1e-3;       // at least 0
  bool center = true;        // whether there is a beta; otherwise it is 0
  bool scale = true;         // whether there is a gamma; otherwise it is 1
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  bool trainable = true;  // if false, training does not change gamma and beta
  std::string name = {};
};
Layer GroupNormalization(GroupNormalizationOptions options = {}, Line line = Line::current());

// y = (x − mean) / max(√variance, 1e-7), or, if `invert`, y = x · max(√variance, 1e-7) + mean.  `mean` and `variance`
// are given, one number for all of x or one for each channel, that is each index of the last axis.
//
// Without both, the layer learns them from the training data, as Keras's adapt() does, and must be called with an input
// of the model, x [n, …, c], before any augmentation.  Before the first epoch of a run that begins anew, the trainer
// computes mean and variance of each channel over all samples and positions, in double; the variance is the mean of the
// squared deviations.  They are the weights mean and variance, [c], of checkpoints and of files for --init, whose
// numbers then stay.  Until there are training data, they are 0 and 1.
struct NormalizationOptions {
  std::vector<Real> mean = {};
  std::vector<Real> variance = {};  // at least 0
  bool invert = false;
  std::string name = {};
};
Layer Normalization(NormalizationOptions options = {}, Line line = Line::current());

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_NORMALIZATION_H_
