// The convolutions.
//
// Where a layer has `trainable`, false means that training does not change its weights.  `activation` is a name of
// activations.h, or none.  A regularizer is one of regularizers.h or its name, or none.
#ifndef BRINE_FRONTEND_BRINE_CONVOLUTION_H_
#define BRINE_FRONTEND_BRINE_CONVOLUTION_H_

#include <cstdint>
#include <string>

#include "arguments.h"
#include "regularizers.h"
#include "tensor.h"

namespace brine {

// y = activation(convolution of x with a kernel + bias).  x is [n, h, w, c], the kernel [kh, kw, c / groups, filters],
// and y [n, h', w', filters].
struct Conv2DOptions {
  std::int64_t filters = 0;
  Size2D kernel_size = {};
  Size2D strides = 1;
  std::string padding = "valid";  // "valid" or "same"
  Size2D dilation_rate = 1;
  std::int64_t groups = 1;
  std::string activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  bool trainable = true;
  std::string name = {};
};
Layer Conv2D(Conv2DOptions options, Line line = Line::current());

// The same along one axis: x is [n, steps, c], the kernel [kernel_size, c / groups, filters], and y
// [n, steps', filters].
struct Conv1DOptions {
  std::int64_t filters = 0;
  std::int64_t kernel_size = 0;
  std::int64_t strides = 1;
  std::string padding = "valid";  // "valid", "same", or "causal": a step of y depends on no later step of x
  std::int64_t dilation_rate = 1;
  std::int64_t groups = 1;
  std::string activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  bool trainable = true;
  std::string name = {};
};
Layer Conv1D(Conv1DOptions options, Line line = Line::current());

// A convolution of each channel by itself.  With m = depth_multiplier, x is [n, h, w, c], the kernel [kh, kw, c, m],
// and y [n, h', w', c·m], whose channels k·m … k·m + m − 1 are computed from channel k of x.
struct DepthwiseConv2DOptions {
  Size2D kernel_size = {};
  Size2D strides = 1;
  std::string padding = "valid";  // "valid" or "same"
  std::int64_t depth_multiplier = 1;
  Size2D dilation_rate = 1;
  std::string activation = {};
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  bool trainable = true;
  std::string name = {};
};
Layer DepthwiseConv2D(DepthwiseConv2DOptions options, Line line = Line::current());

// A depthwise convolution, then a convolution with a kernel of 1×1.  With m = depth_multiplier, x is [n, h, w, c],
// depthwise_kernel [kh, kw, c, m], pointwise_kernel [1, 1, c·m, filters], and y [n, h', w', filters].
struct SeparableConv2DOptions {
  std::int64_t filters = 0;
  Size2D kernel_size = {};
  Size2D strides = 1;
  std::string padding = "valid";  // "valid" or "same"
  Size2D dilation_rate = 1;
  std::int64_t depth_multiplier = 1;
  std::string activation = {};
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer pointwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer = {};
  Regularizer pointwise_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  bool trainable = true;
  std::string name = {};
};
Layer SeparableConv2D(SeparableConv2DOptions options, Line line = Line::current());

// A convolution backwards: the gradient of a Conv2D with these arguments, as a layer, which enlarges images.  x is
// [n, h, w, c], the kernel [kh, kw, filters, c], and y [n, h', w', filters].  With the stride s and the extent
// k = (kh − 1)·dilation_rate + 1 of the kernel,
//
//   padding "valid":  h' = (h − 1)·s + k + output_padding      or, without output_padding, (h − 1)·s + max(k, s)
//   padding "same":   h' = (h − 1)·s + k mod 2 + output_padding, or h·s
struct Conv2DTransposeOptions {
  std::int64_t filters = 0;
  Size2D kernel_size = {};
  Size2D strides = 1;
  std::string padding = "valid";  // "valid" or "same"
  Size2D output_padding = {};     // below the strides
  Size2D dilation_rate = 1;       // 1 if a stride is above 1
  std::string activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  bool trainable = true;
  std::string name = {};
};
Layer Conv2DTranspose(Conv2DTransposeOptions options, Line line = Line::current());

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_CONVOLUTION_H_
