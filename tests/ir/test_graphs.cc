#include "tests/ir/test_graphs.h"

#include <algorithm>

#include "ir/check.h"
#include "ir/text/text.h"
#include "ir/verify/verify.h"

namespace brine::ir {
namespace {

class Comparison {
 public:
  Comparison(const Graph& a, const Graph& b) : a_(a), b_(b) {}

  bool SameGraph() const {
    return a_.name == b_.name && a_.stage == b_.stage && a_.function == b_.function && a_.batch_size == b_.batch_size &&
           SameList(a_.layers, b_.layers,
                    [](const Layer& a, const Layer& b) {
                      return a.name == b.name && a.kind == b.kind && a.output == b.output && a.location == b.location;
                    }) &&
           SameTraining(a_.training, b_.training) &&
           SameList(a_.inputs, b_.inputs,
                    [this](const Input& a, const Input& b) {
                      return SameValue(a.value, b.value) && a.source == b.source && SameBits(a.initial, b.initial) &&
                             SameList(a.expression, b.expression,
                                      [this](const Term& a, const Term& b) { return SameTerm(a, b); });
                    }) &&
           SameList(a_.states, b_.states,
                    [this](const State& a, const State& b) {
                      return SameValue(a.value, b.value) && a.role == b.role &&
                             a.initializer.kind == b.initializer.kind &&
                             SameBits(a.initializer.argument, b.initializer.argument) &&
                             SameBits(a.initializer.mean, b.initializer.mean) &&
                             a.initializer.is_of_data() == (a.initializer.data != kNoValue) &&
                             (!a.initializer.is_of_data() || SameValue(a.initializer.data, b.initializer.data)) &&
                             a.location == b.location;
                    }) &&
           SameList(a_.nodes, b_.nodes, [this](const Node& a, const Node& b) { return SameNode(a, b); }) &&
           SameList(a_.updates, b_.updates,
                    [this](const Update& a, const Update& b) {
                      return SameValue(a.state, b.state) && SameValue(a.value, b.value);
                    }) &&
           SameList(a_.penalties, b_.penalties, [this](ValueId a, ValueId b) { return SameValue(a, b); }) &&
           SameList(a_.outputs, b_.outputs,
                    [this](const Output& a, const Output& b) {
                      return a.name == b.name && SameValue(a.value, b.value) && a.is_sum == b.is_sum;
                    }) &&
           SameList(a_.results, b_.results, [this](const Result& a, const Result& b) {
             return a.name == b.name && a.summands == b.summands &&
                    SameList(a.expression, b.expression,
                             [this](const Term& x, const Term& y) { return SameTerm(x, y); });
           });
  }

 private:
  bool SameTerm(const Term& a, const Term& b) const {
    return a.kind == b.kind && SameBits(a.number, b.number) && a.output == b.output &&
           (a.kind != TermKind::kScalar || SameValue(a.scalar, b.scalar));
  }

  template <typename T, typename Equal>
  static bool SameList(const std::vector<T>& a, const std::vector<T>& b, Equal equal) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), equal);
  }

  static bool SameBits(double a, double b) {
    return __builtin_bit_cast(uint64_t, a) == __builtin_bit_cast(uint64_t, b);
  }

  static bool SameAttributes(const Attributes& a, const Attributes& b) {
    return a == b && std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
             const auto* reals = std::get_if<std::vector<double>>(&x.second);
             if (reals == nullptr) return true;
             const auto& others = std::get<std::vector<double>>(y.second);
             return std::equal(reals->begin(), reals->end(), others.begin(), SameBits);
           });
  }

  static bool SameTraining(const Training& a, const Training& b) {
    return SameList(a.objectives, b.objectives, SameObjective) && a.optimizer == b.optimizer &&
           SameAttributes(a.optimizer_arguments, b.optimizer_arguments) && a.location == b.location &&
           a.learning_rate_multipliers == b.learning_rate_multipliers &&
           a.exclude_from_weight_decay == b.exclude_from_weight_decay;
  }

  static bool SameObjective(const Objective& a, const Objective& b) {
    return a.output == b.output && a.loss == b.loss && SameAttributes(a.arguments, b.arguments) &&
           SameBits(a.weight, b.weight) && a.metrics == b.metrics;
  }

  bool SameValue(ValueId a, ValueId b) const {
    const Value &x = a_.value(a), &y = b_.value(b);
    return x.name == y.name && x.type == y.type && x.placement == y.placement;
  }

  bool SameNode(const Node& a, const Node& b) const {
    const auto same_value = [this](ValueId x, ValueId y) { return SameValue(x, y); };
    return a.op == b.op && SameList(a.inputs, b.inputs, same_value) && SameList(a.outputs, b.outputs, same_value) &&
           SameAttributes(a.attributes, b.attributes) && a.locations == b.locations && a.region == b.region &&
           a.scratch_bytes == b.scratch_bytes &&
           SameList(a.body, b.body, [this](const Node& x, const Node& y) { return SameNode(x, y); });
  }

  const Graph &a_, &b_;
};

}  // namespace

Graph ReadGraph(absl::string_view text) {
  const absl::StatusOr<std::vector<Graph>> graphs = Parse(text, "test.ir");
  BRINE_CHECK(graphs.ok() && !graphs->empty() && Verify(graphs->front()).ok());
  return graphs->front();
}

bool Same(const std::vector<Graph>& a, const std::vector<Graph>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Graph& x, const Graph& y) { return Comparison(x, y).SameGraph(); });
}

}  // namespace brine::ir
