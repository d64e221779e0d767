// Activations: their names, which layers take as the argument `activation`, and the layers and functions.
#ifndef BRINE_FRONTEND_BRINE_ACTIVATIONS_H_
#define BRINE_FRONTEND_BRINE_ACTIVATIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "arguments.h"
#include "regularizers.h"
#include "tensor.h"

namespace brine {

// The names, and what y is for an element x of a tensor of any shape:
//
//   linear         x; no name at all means the same
//   relu           max(x, 0)
//   relu6          min(max(x, 0), 6)
//   leaky_relu     x where x > 0, else 0.2·x
//   elu            x where x > 0, else eˣ − 1
//   selu           1.0507·elu(x) with 1.6733·(eˣ − 1) where x ≤ 0 (Klambauer et al. 2017)
//   exponential    eˣ
//   sigmoid        1 / (1 + e⁻ˣ)
//   hard_sigmoid   min(max(x / 6 + ½, 0), 1)
//   tanh           tanh x
//   softplus       ln(1 + eˣ)
//   softsign       x / (1 + |x|)
//   silu, swish    x·sigmoid(x)
//   hard_silu, hard_swish  x·hard_sigmoid(x)
//   gelu           x·(1 + erf(x / √2)) / 2 (Hendrycks and Gimpel 2016)
//   gelu_tanh      x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) / 2, Keras's gelu with approximate = True
//   mish           x·tanh(softplus(x)) (Misra 2019)
//   softmax, log_softmax  over the last axis: eˣ / Σ eˣ, and its logarithm
Layer Activation(std::string activation, Named options = {}, Line line = Line::current());

// y = min(x, max_value) where x > threshold, else negative_slope·(x − threshold).
struct ReLUOptions {
  Real max_value = __builtin_inf();  // at least 0
  Real negative_slope = 0;           // at least 0
  Real threshold = 0;                // at least 0
  std::string name = {};
};
Layer ReLU(ReLUOptions options = {}, Line line = Line::current());

// y = x where x > 0, else negative_slope·x.  (Maas et al. 2013)
struct LeakyReLUOptions {
  Real negative_slope = 0.3;  // at least 0; the activation "leaky_relu" has 0.2
  std::string name = {};
};
Layer LeakyReLU(LeakyReLUOptions options = {}, Line line = Line::current());

// y = x where x > 0, else alpha·(eˣ − 1).  (Clevert et al. 2016)
struct ELUOptions {
  Real alpha = 1;  // at least 0
  std::string name = {};
};
Layer ELU(ELUOptions options = {}, Line line = Line::current());

// y = x where x > 0, else alpha·x with learned weights alpha.  These have the shape of a row of x, but an extent of 1
// along each of the shared axes, along which all elements have the same alpha.  After a convolution, shared_axes of
// {1, 2} make one alpha for each channel.  (He et al. 2015)
struct PReLUOptions {
  Initializer alpha_initializer = "zeros";
  Regularizer alpha_regularizer = {};          // of regularizers.h, or its name; none by default
  std::vector<std::int64_t> shared_axes = {};  // from 1, since axis 0 is n
  bool trainable = true;                       // if false, training does not change the weights
  std::string name = {};
};
Layer PReLU(PReLUOptions options = {}, Line line = Line::current());

// y = eˣ / Σ eˣ over an axis; y has the shape of x.
struct SoftmaxOptions {
  std::int64_t axis = -1;  // from 1, since axis 0 is n; negative numbers count from the end
  std::string name = {};
};
Layer Softmax(SoftmaxOptions options = {}, Line line = Line::current());

// The most common ones as functions of a tensor.
Tensor Relu(const Tensor& x, Line line = Line::current());
Tensor Sigmoid(const Tensor& x, Line line = Line::current());
Tensor Tanh(const Tensor& x, Line line = Line::current());
Tensor Softmax(const Tensor& x, Line line = Line::current());

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_ACTIVATIONS_H_
