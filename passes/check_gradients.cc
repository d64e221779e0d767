#include "passes/check_gradients.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ir/op.h"
#include "ir/ops/loops.h"
#include "ir/philox.h"
#include "ir/status.h"
#include "passes/dce.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Tensors;
using Direction = std::vector<std::pair<size_t, double>>;  // a unit vector: the elements that are not 0

// The loss at a point, and on which point of each kink of the loss the point is.  A central difference is meaningless
// unless both of its points are on the same point of all kinks.
struct Point {
  double loss = 0;
  std::vector<bool> is_beyond_kink;   // of the elements of first inputs of ops that have a kink
  std::vector<int64_t> argmax_cells;  // of the windows of max-pools

  bool IsOnSameSideAs(const Point& other) const {
    return is_beyond_kink == other.is_beyond_kink && argmax_cells == other.argmax_cells;
  }
};

class DifferenceChecker {
 public:
  // The only output of `forward` is the loss.
  DifferenceChecker(Graph forward, Tensors<double> given, int64_t rows)
      : forward_(std::move(forward)),
        loss_(forward_.value(forward_.outputs[0].value).name),
        given_(std::move(given)),
        rows_(rows) {}

  // Compares the central difference along `direction` in the parameter with `slope`, which autodiff computed.  The
  // error is divided by `scale`.
  absl::Status Compare(const std::string& parameter, const Direction& direction, double slope, double scale,
                       GradientCheck& check) {
    for (double epsilon : {1e-5, 1e-6}) {  // fewer kinks lie within the smaller step, which is less exact
      BRINE_ASSIGN_OR_RETURN(const Point above, Evaluate(parameter, direction, epsilon));
      BRINE_ASSIGN_OR_RETURN(const Point below, Evaluate(parameter, direction, -epsilon));
      if (!above.IsOnSameSideAs(below)) continue;
      ++check.compared;
      const double error = std::abs((above.loss - below.loss) / (2 * epsilon) - slope) / scale;
      if (error <= check.worst) return absl::OkStatus();
      check.worst = std::isfinite(error) ? error : INFINITY;
      check.where = parameter;
      return absl::OkStatus();
    }
    ++check.on_a_kink;
    return absl::OkStatus();
  }

 private:
  // The point at parameter + epsilon·direction.
  absl::StatusOr<Point> Evaluate(const std::string& parameter, const Direction& direction, double epsilon) {
    std::vector<double>& elements = given_.at(parameter).real;
    const std::vector<double> kept = elements;
    for (const auto& [element, share] : direction) elements[element] += epsilon * share;
    const absl::StatusOr<Tensors<double>> results = ir::Interpret(forward_, given_, rows_);
    elements = kept;
    if (!results.ok()) return results.status();
    Point point;
    for (const ir::Node& node : forward_.nodes) {
      if (node.op->has_kink) AddKinks(node, *results, point.is_beyond_kink);
      for (ir::ValueId output : node.outputs) {
        const ir::Tensor<double>& tensor = results->at(forward_.value(output).name);
        point.argmax_cells.insert(point.argmax_cells.end(), tensor.integers.begin(), tensor.integers.end());
      }
    }
    point.loss = results->at(loss_).real[0];
    return point;
  }

  // Adds whether each element of the node's first input is above 0, and whether it is above the second input's.
  void AddKinks(const ir::Node& node, const Tensors<double>& results, std::vector<bool>& is_beyond_kink) const {
    const auto find = [&](ir::ValueId input) -> const ir::Tensor<double>& {
      const std::string& name = forward_.value(input).name;
      const auto result = results.find(name);
      return result != results.end() ? result->second : given_.at(name);
    };
    const ir::Tensor<double>& x = find(node.inputs[0]);
    for (double element : x.real) is_beyond_kink.push_back(element > 0);
    if (node.inputs.size() < 2) return;
    const ir::Tensor<double>& other = find(node.inputs[1]);
    const ir::Tensor<double>& y = results.at(forward_.value(node.outputs[0]).name);
    ir::BroadcastIterator at_x(y.dims, x.dims), at_other(y.dims, other.dims);
    for (int64_t element = 0; element < y.size(); ++element) {
      is_beyond_kink.push_back(x.real[static_cast<size_t>(at_x.position())] >
                               other.real[static_cast<size_t>(at_other.position())]);
      at_x.Next();
      at_other.Next();
    }
  }

  const Graph forward_;
  const std::string loss_;
  Tensors<double> given_;
  const int64_t rows_;
};

ir::ValueId FindOutput(const Graph& graph, const std::string& name) {
  const auto row = std::find_if(graph.outputs.begin(), graph.outputs.end(),
                                [&](const ir::Output& output) { return output.name == name; });
  return row == graph.outputs.end() ? ir::kNoValue : row->value;
}

// A direction in which all elements change by the same amount, with random signs.
Direction RandomSigns(size_t elements, uint32_t id) {
  Direction direction;
  const double share = 1 / std::sqrt(static_cast<double>(elements));
  for (size_t element = 0; element < elements; ++element) {
    direction.emplace_back(
        element, ir::PhiloxUniform({static_cast<uint32_t>(element), 0, 0, id}, {1, 0}) < 0.5 ? -share : share);
  }
  return direction;
}

}  // namespace

absl::StatusOr<GradientCheck> CheckGradients(const Graph& graph, const Tensors<double>& given, int64_t rows,
                                             int samples) {
  const ir::ValueId loss = FindOutput(graph, "loss");
  if (loss == ir::kNoValue) return absl::InvalidArgumentError("the graph has no loss");
  BRINE_ASSIGN_OR_RETURN(const Tensors<double> results, ir::Interpret(graph, given, rows));
  Graph forward = graph;
  forward.outputs = {{"loss", loss}};
  // The lower limit keeps the rounding errors of differences, which are in proportion to the loss, from counting where
  // all gradients of a parameter are small beside it, such as those of the smaller one of two losses.
  const double least_scale = 1e-3 * std::max(std::abs(results.at(graph.value(loss).name).real[0]), 1.0);
  BRINE_RETURN_IF_ERROR(Dce(forward).status());
  DifferenceChecker checker(std::move(forward), given, rows);

  GradientCheck check;
  for (const ir::State& state : graph.states) {
    const std::string& name = graph.value(state.value).name;
    const ir::ValueId output = FindOutput(graph, absl::StrCat(name, ".grad"));
    if (state.role != ir::Role::kParameter) continue;
    if (output == ir::kNoValue) return absl::InvalidArgumentError(absl::StrCat(name, " has no gradient"));
    const auto result = results.find(graph.value(output).name);
    const std::vector<double>& gradient =
        (result != results.end() ? result->second : given.at(graph.value(output).name)).real;
    const auto is_smaller = [](double a, double b) { return std::abs(a) < std::abs(b); };
    const size_t largest =
        static_cast<size_t>(std::max_element(gradient.begin(), gradient.end(), is_smaller) - gradient.begin());
    const double scale = std::max(std::abs(gradient[largest]), least_scale);

    const uint32_t id = ir::NameId(name);
    std::vector<Direction> directions = {RandomSigns(gradient.size(), id), {{largest, 1.0}}};
    for (int sample = 0; sample < samples; ++sample) {
      const double share = ir::PhiloxUniform({static_cast<uint32_t>(sample), 1, 0, id}, {1, 0});
      directions.push_back({{static_cast<size_t>(share * static_cast<double>(gradient.size())), 1.0}});
    }
    for (const Direction& direction : directions) {
      double slope = 0;
      for (const auto& [element, part] : direction) slope += part * gradient[element];
      BRINE_RETURN_IF_ERROR(checker.Compare(name, direction, slope, scale, check));
    }
  }
  return check;
}

}  // namespace brine::passes
