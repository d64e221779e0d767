// Comparing what compiled kernels compute with the interpreter.
#ifndef BRINE_CODEGEN_DRIVER_COMPARE_H_
#define BRINE_CODEGEN_DRIVER_COMPARE_H_

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "ir/graph.h"
#include "ir/interpret.h"

namespace brine::codegen {

// With `absolute`, the absolute value of each element.
ir::Tensors<double> ToDouble(const ir::Tensors<float>& tensors, bool absolute = false);

// The errors of one value, pooled over draws.
struct Errors {
  double kernel = 0, float_loop = 0, terms = 0;  // sums of squares: of both errors, and of the sum of absolute terms
  int64_t elements = 0;
  int64_t size = 0;  // the number of elements in one draw

  void Add(double got, double rounded, double exact, double term) {
    ++elements;
    kernel += (got - exact) * (got - exact);
    float_loop += (rounded - exact) * (rounded - exact);
    terms += std::max(term * term, exact * exact);
  }
  // A kernel's error may be twice that of a float32 loop (three times for small tensors), plus a few units in the last
  // place of the terms.
  double Bound() const { return (size < 1000 ? 3 : 2) * RootMean(float_loop) + std::ldexp(RootMean(terms), -22); }
  double Rmse() const { return RootMean(kernel); }
  bool WithinBound() const { return Rmse() <= Bound(); }  // false if the error is NaN
  double RootMean(double sum) const { return std::sqrt(sum / static_cast<double>(std::max<int64_t>(elements, 1))); }
};

// Compares every kernel of a step with the interpreter, over several draws of its inputs.  Each kernel is compared on
// the results of the kernels before it, so that errors do not add up, and argmaxes and masks are the step's own.
// Inside a kernel, an element on an edge (the argmax of a near tie) may differ; such elements are recognised by
// perturbing the operands.
class StepComparison {
 public:
  explicit StepComparison(const ir::Graph& graph) : graph_(graph) {}  // the graph must outlive this

  // One draw.  `results` is the result of the step for `given`.
  absl::Status Add(const ir::Tensors<float>& given, const ir::Tensors<float>& results, int64_t rows);

  // The result with the largest error, and that error as a share of its bound.
  struct Worst {
    std::string result;
    double share = 0;
  };
  Worst FindWorst() const;
  std::string FirstFault() const;  // a line about a result beyond its bound, then its kernel; or empty

 private:
  struct Result {
    Errors errors;
    std::string fault;  // says which integer is wrong; empty if none is
  };
  class Kernel;

  const ir::Graph& graph_;
  std::map<std::string, Result> results_;  // by name
};

// The first tensor of `a`, by name, whose bits differ from those in `b`; empty if there is none.
std::string FirstDifference(const ir::Tensors<float>& a, const ir::Tensors<float>& b);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_COMPARE_H_
