// Compares the results of compiled kernels with those of the interpreter.
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

// The tensors in double precision; with `absolute`, the absolute values of their real elements.
ir::Tensors<double> ToDouble(const ir::Tensors<float>& tensors, bool absolute = false);

// The errors of one value, pooled over several draws of the inputs.  The fields are sums over the elements that were
// added.
struct Errors {
  double kernel = 0;      // squares of the errors of the kernel
  double float_loop = 0;  // squares of the errors of a loop in float32
  double terms = 0;       // squares of Σ |term|, or of the exact result if that is larger
  int64_t elements = 0;   // how many were added
  int64_t size = 0;       // the number of elements of the value in one draw

  // Adds an element: the result of the kernel, that of the float32 loop, the exact result, and Σ |term| of its terms.
  void Add(double got, double rounded, double exact, double absolute_terms) {
    ++elements;
    kernel += (got - exact) * (got - exact);
    float_loop += (rounded - exact) * (rounded - exact);
    terms += std::max(absolute_terms * absolute_terms, exact * exact);
  }

  // The largest permitted error of the kernel: twice that of a float32 loop (three times for small tensors, whose
  // errors vary more), plus a few units in the last place of the terms.
  double Bound() const { return (size < 1000 ? 3 : 2) * RootMean(float_loop) + std::ldexp(RootMean(terms), -22); }
  double Rmse() const { return RootMean(kernel); }        // the root of the kernel's mean squared error
  bool WithinBound() const { return Rmse() <= Bound(); }  // false if the error is NaN
  double RootMean(double sum) const { return std::sqrt(sum / static_cast<double>(std::max<int64_t>(elements, 1))); }
};

// Compares every kernel of a step with the interpreter, over several draws of the inputs of the step.  The operands of
// each kernel are the results of the kernels before it, so that errors do not add up, and so that each argmax and mask
// is the one that the step has computed.  Inside a kernel, an element near an edge, such as the argmax of a near tie,
// may differ.  Such an element is recognized by adding noise to the operands of the interpreter.
class StepComparison {
 public:
  explicit StepComparison(const ir::Graph& graph) : graph_(graph) {}  // the graph must outlive the comparison

  // Adds a draw.  `results` are those of CompiledStep::Run for `given` and `rows`.
  absl::Status Add(const ir::Tensors<float>& given, const ir::Tensors<float>& results, int64_t rows);

  // The value whose error is the largest share of its bound, and that share.
  struct Worst {
    std::string result;
    double share = 0;
  };
  Worst FindWorst() const;

  // A line about the first value, in the order of the nodes, that is wrong, and then the text of its node.  Empty if no
  // value is wrong.
  std::string FirstFault() const;

 private:
  struct Result {
    Errors errors;
    std::string fault;  // of a tensor of integers: which element is wrong; empty if none is
  };
  class Kernel;

  const ir::Graph& graph_;
  std::map<std::string, Result> results_;  // by the name of the value
};

// The name of the first tensor of `a`, in the order of names, whose bits differ from those of the tensor of `b`; empty
// if there is none.
std::string FirstDifference(const ir::Tensors<float>& a, const ir::Tensors<float>& b);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_COMPARE_H_
