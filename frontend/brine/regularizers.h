// Regularizers: penalties on weights and on the outputs of layers.
//
// Training minimizes the loss plus all penalties.  The result "loss" of training and evaluation contains them, the
// losses of single outputs do not, and prediction does not compute them.  As in Keras,
//
//   - a weight is penalized once, also if several calls share it, and only if it is trained
//   - `activity_regularizer` penalizes the output of each call; its penalty is divided by n
//   - a factor is a scalar of the program, such as "dense/kernel_regularizer/l2"; another number is another run of the
//     same kernels
#ifndef BRINE_FRONTEND_BRINE_REGULARIZERS_H_
#define BRINE_FRONTEND_BRINE_REGULARIZERS_H_

#include <string>
#include <utility>

#include "arguments.h"

namespace brine {

// A regularizer, or its name, with which the factors are 0.01:
//
//   l1      l1·Σ |x|  over the elements x of the tensor
//   l2      l2·Σ x²
//   l1_l2   l1·Σ |x| + l2·Σ x², also called l1l2
//
// The gradient of |x| at 0 is 0.  Without a name, there is no penalty.
struct Regularizer {
  std::string name;
  Real l1, l2;  // finite and at least 0

  Regularizer(const char* known_name = "") : Regularizer(std::string(known_name)) {}
  Regularizer(std::string known_name, Real factor_l1 = 0.01, Real factor_l2 = 0.01)
      : name(std::move(known_name)), l1(factor_l1), l2(factor_l2) {}
};

inline Regularizer L1(Real l1 = 0.01) { return {"l1", l1}; }
inline Regularizer L2(Real l2 = 0.01) { return {"l2", 0, l2}; }

struct L1L2Options {
  Real l1 = 0;
  Real l2 = 0;
};
inline Regularizer L1L2(L1L2Options options = {}) { return {"l1_l2", options.l1, options.l2}; }

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_REGULARIZERS_H_
