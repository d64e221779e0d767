// The layers, with Keras's names, arguments and defaults.
//
// n stands for the number of rows of a batch.  Images are [n, height, width, channels].
#ifndef BRINE_FRONTEND_BRINE_LAYERS_H_
#define BRINE_FRONTEND_BRINE_LAYERS_H_

#include <cstdint>
#include <string>

#include "arguments.h"
#include "regularizers.h"
#include "tensor.h"

namespace brine {

struct InputOptions {
  // "float32" or "uint8".  If empty, it is "uint8" if the first layer that computes with the input is a Rescaling,
  // otherwise "float32".  Layers that only move elements, such as RandomFlip and Reshape, may come before the
  // Rescaling.
  std::string dtype = {};
  std::string name = {};
};

// An input of rows of this shape.
Tensor Input(Shape shape, InputOptions options = {}, Line line = Line::current());

// scale · x + offset in float32, for x of any dtype.
Layer Rescaling(Real scale, Real offset = 0, Named options = {}, Line line = Line::current());

// The maximum or the mean of each window, [n, h, w, c] to [n, h', w', c].  Padding does not count.
struct PoolingOptions {
  Size2D pool_size = 2;
  Size2D strides = {};            // pool_size if they are not given
  std::string padding = "valid";  // "valid" or "same"
  std::string name = {};
};
Layer MaxPooling2D(PoolingOptions options = {}, Line line = Line::current());
Layer AveragePooling2D(PoolingOptions options = {}, Line line = Line::current());

// The maximum or the mean of each window of steps, [n, steps, c] to [n, steps', c].  Padding does not count.
struct Pooling1DOptions {
  std::int64_t pool_size = 2;
  std::int64_t strides = 0;       // pool_size if it is 0
  std::string padding = "valid";  // "valid" or "same"
  std::string name = {};
};
Layer MaxPooling1D(Pooling1DOptions options = {}, Line line = Line::current());
Layer AveragePooling1D(Pooling1DOptions options = {}, Line line = Line::current());

// The mean or the maximum of each channel over all pixels, [n, h, w, c] to [n, c].  The gradient of a maximum goes to
// the first pixel that has it, in row order.
struct GlobalPoolingOptions {
  bool keepdims = false;  // if true, to [n, 1, 1, c]
  std::string name = {};
};
Layer GlobalAveragePooling2D(GlobalPoolingOptions options = {}, Line line = Line::current());
Layer GlobalMaxPooling2D(GlobalPoolingOptions options = {}, Line line = Line::current());

// The maximum or the mean of each channel over all steps, [n, steps, c] to [n, c], or to [n, 1, c] if `keepdims`.
Layer GlobalMaxPooling1D(GlobalPoolingOptions options = {}, Line line = Line::current());
Layer GlobalAveragePooling1D(GlobalPoolingOptions options = {}, Line line = Line::current());

// y = activation(x · kernel + bias).  x is [n, …, k], the kernel [k, units], and y [n, …, units].
struct DenseOptions {
  std::int64_t units = 0;
  std::string activation = {};  // as of Conv2D
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};  // of regularizers.h, or its name, as the next two; none by default
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  bool trainable = true;  // if false, training does not change the weights
  std::string name = {};
};
Layer Dense(DenseOptions options, Line line = Line::current());

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_LAYERS_H_
