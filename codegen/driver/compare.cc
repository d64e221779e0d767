#include "codegen/driver/compare.h"

#include <cstring>
#include <random>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "codegen/driver/region.h"
#include "ir/op.h"
#include "ir/status.h"
#include "ir/text/text.h"

namespace brine::codegen {
namespace {

constexpr int kNoisyRuns = 8;  // a tie is decided the same way in all of them once in 256 times
// The noise is up to 2^-18 of an operand: well above the rounding of float32, and well below errors that matter.
constexpr int kNoiseExponent = -18;
// Such noise moves a smooth result by less than 2^-13 of its terms; a result that moves further has crossed an edge.
constexpr int kEdgeExponent = -13;

// One kernel in double precision, run on operands with a little noise.
class NoisyKernel {
 public:
  NoisyKernel(const ir::Graph& region, const ir::Tensors<float>& given, int64_t rows)
      : region_(region), given_(given), rows_(rows) {}

  // By element of the result `name`: whether rounding noise may change its argmax or mask.  `exact` is the result
  // without noise, and `terms` are the sums of the absolute values of its terms.
  absl::StatusOr<std::vector<bool>> FindEdgeElements(const std::string& name, const ir::Tensor<double>& exact,
                                                     const ir::Tensor<double>& terms) {
    BRINE_RETURN_IF_ERROR(Run());
    std::vector<bool> is_on_edge(static_cast<size_t>(exact.size()), false);
    for (const ir::Tensors<double>& run : runs_) {
      const ir::Tensor<double>& noisy = run.at(name);
      for (size_t element = 0; element < is_on_edge.size(); ++element) {
        if (exact.real.empty()) {
          is_on_edge[element] = is_on_edge[element] || noisy.integers[element] != exact.integers[element];
        } else {
          const double scale = std::max(std::abs(terms.real[element]), std::abs(exact.real[element]));
          is_on_edge[element] = is_on_edge[element] ||
                                std::abs(noisy.real[element] - exact.real[element]) > std::ldexp(scale, kEdgeExponent);
        }
      }
    }
    return is_on_edge;
  }

 private:
  absl::Status Run() {
    std::mt19937 random(1);
    while (runs_.size() < kNoisyRuns) {
      ir::Tensors<double> noisy = ToDouble(given_);
      for (auto& [name, tensor] : noisy) {
        for (double& element : tensor.real)
          element *= 1 + std::ldexp(static_cast<double>(random()) / 4294967296.0 - 0.5, kNoiseExponent + 1);
      }
      BRINE_ASSIGN_OR_RETURN(runs_.emplace_back(), ir::Interpret<double>(region_, noisy, rows_));
    }
    return absl::OkStatus();
  }

  const ir::Graph& region_;
  const ir::Tensors<float>& given_;
  const int64_t rows_;
  std::vector<ir::Tensors<double>> runs_;
};

// The value of n in the canonical form of the kernel.
int64_t CanonicalRows(const ir::Graph& graph, const ir::Node& kernel, int64_t rows) {
  const int64_t length = UpdateLength(graph, kernel);
  return length > 0 ? length : rows;
}

}  // namespace

// One kernel with its operands and results, under the names of its canonical region.
class StepComparison::Kernel {
 public:
  Kernel(const ir::Graph& graph, const ir::Node& node, const ir::Tensors<float>& given,
         const ir::Tensors<float>& results, int64_t rows)
      : region_(CanonicalRegion(graph, node)),
        rows_(CanonicalRows(graph, node, rows)),
        noise_(region_, operands_, rows_) {
    const std::vector<ir::ValueId> from = KernelArguments(node), to = KernelArguments(region_.nodes[0]);
    const size_t inputs = region_.nodes[0].inputs.size();
    for (size_t argument = 0; argument < from.size(); ++argument) {
      const std::string &original = graph.value(from[argument]).name, &name = region_.value(to[argument]).name;
      const auto it = given.find(original);  // an input, or a state, of which kernels read the old value
      (argument < inputs ? operands_ : got_)[name] = it != given.end() ? it->second : results.at(original);
      original_[name] = original;
    }
  }

  // Adds the errors of this kernel to those of the values that it makes.
  absl::Status AddTo(std::map<std::string, Result>& results) {
    BRINE_ASSIGN_OR_RETURN(float_loop_, ir::Interpret<float>(region_, operands_, rows_));
    BRINE_ASSIGN_OR_RETURN(exact_, ir::Interpret<double>(region_, ToDouble(operands_), rows_));
    BRINE_ASSIGN_OR_RETURN(absolute_, ir::Interpret<double>(region_, ToDouble(operands_, true), rows_));
    for (const auto& [name, tensor] : got_) {
      Result& result = results[original_.at(name)];
      BRINE_RETURN_IF_ERROR(tensor.real.empty() ? AddWhole(name, result) : AddReal(name, result));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status AddWhole(const std::string& name, Result& result) {
    const std::vector<int64_t>&got = got_.at(name).integers, &want = exact_.at(name).integers;
    if (got == want) return absl::OkStatus();
    BRINE_ASSIGN_OR_RETURN(const std::vector<bool> is_on_edge,
                           noise_.FindEdgeElements(name, exact_.at(name), absolute_.at(name)));
    for (size_t element = 0; element < got.size(); ++element) {
      if (got[element] != want[element] && !is_on_edge[element])
        result.fault = absl::StrCat("element ", element, " is ", got[element], ", should be ", want[element]);
    }
    return absl::OkStatus();
  }

  absl::Status AddReal(const std::string& name, Result& result) {
    // Edges are looked for only if this kernel alone exceeds the bound, since that takes several runs.
    Errors own_errors;
    AddWithout({}, name, own_errors);
    std::vector<bool> is_on_edge;
    if (!own_errors.WithinBound()) {
      BRINE_ASSIGN_OR_RETURN(is_on_edge, noise_.FindEdgeElements(name, exact_.at(name), absolute_.at(name)));
    }
    AddWithout(is_on_edge, name, result.errors);
    return absl::OkStatus();
  }

  // Adds all elements of a result but the skipped ones.
  void AddWithout(const std::vector<bool>& skipped, const std::string& name, Errors& errors) const {
    const std::vector<float>&got = got_.at(name).real, &rounded = float_loop_.at(name).real;
    const std::vector<double>&want = exact_.at(name).real, &terms = absolute_.at(name).real;
    errors.size = static_cast<int64_t>(want.size());
    for (size_t element = 0; element < want.size(); ++element) {
      if (skipped.empty() || !skipped[element])
        errors.Add(got[element], rounded[element], want[element], terms[element]);
    }
  }

  const ir::Graph region_;
  const int64_t rows_;
  ir::Tensors<float> operands_, got_, float_loop_;
  ir::Tensors<double> exact_, absolute_;
  std::map<std::string, std::string> original_;  // the names in the step, by those in the region
  NoisyKernel noise_;
};

absl::Status StepComparison::Add(const ir::Tensors<float>& given, const ir::Tensors<float>& results, int64_t rows) {
  for (const ir::Node& node : graph_.nodes) {
    if (!node.is_kernel() && (node.op->is_view() || node.op->is_source())) continue;
    BRINE_RETURN_IF_ERROR(Kernel(graph_, node, given, results, rows).AddTo(results_));
  }
  return absl::OkStatus();
}

StepComparison::Worst StepComparison::FindWorst() const {
  Worst worst;
  for (const auto& [name, result] : results_) {
    if (result.errors.kernel == 0) continue;
    const double share = result.errors.Rmse() / result.errors.Bound();
    if (!(share <= worst.share)) worst = {name, share};
  }
  return worst;
}

std::string StepComparison::FirstFault() const {
  for (const ir::Node& node : graph_.nodes) {
    for (ir::ValueId output : node.outputs) {
      const auto found = results_.find(graph_.value(output).name);
      if (found == results_.end()) continue;
      const auto& [name, result] = *found;
      const Errors& errors = result.errors;
      if (result.fault.empty() && errors.WithinBound()) continue;
      const std::string fault =
          result.fault.empty() ? absl::StrFormat("rmse %.3g, bound %.3g", errors.Rmse(), errors.Bound()) : result.fault;
      return absl::StrCat(name, ": ", fault, "\n", ir::PrintNode(graph_, node));
    }
  }
  return "";
}

ir::Tensors<double> ToDouble(const ir::Tensors<float>& tensors, bool absolute) {
  ir::Tensors<double> result;
  for (const auto& [name, tensor] : tensors) {
    ir::Tensor<double>& copy = result[name];
    copy.dtype = tensor.dtype;
    copy.dims = tensor.dims;
    copy.integers = tensor.integers;
    for (float element : tensor.real) copy.real.push_back(absolute ? std::abs(element) : element);
  }
  return result;
}

std::string FirstDifference(const ir::Tensors<float>& a, const ir::Tensors<float>& b) {
  for (const auto& [name, tensor] : a) {
    const auto other = b.find(name);
    const bool is_same =
        other != b.end() && tensor.integers == other->second.integers &&
        tensor.real.size() == other->second.real.size() &&
        std::memcmp(tensor.real.data(), other->second.real.data(), tensor.real.size() * sizeof(float)) == 0;
    if (!is_same) return name;
  }
  return "";
}

}  // namespace brine::codegen
