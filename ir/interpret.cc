#include "ir/interpret.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ir/check.h"
#include "ir/op.h"
#include "ir/status.h"

namespace brine::ir {
namespace {

void Run(const Op& op, const Evaluation<double>& evaluation) { op.interpret(evaluation); }
void Run(const Op& op, const Evaluation<float>& evaluation) { op.interpret_f32(evaluation); }

// The tensor of an input or state in `given`, which must have the value's type and all of its elements.
template <typename Real>
absl::StatusOr<const Tensor<Real>*> FindGiven(const Value& value, const Tensors<Real>& given, int64_t rows) {
  const auto it = given.find(value.name);
  if (it == given.end()) return absl::InvalidArgumentError(absl::StrCat(value.name, ": no tensor was given"));
  const Tensor<Real>& tensor = it->second;
  Shape wanted = value.type.shape;
  for (Dim& dim : wanted) dim = dim == kBatch ? rows : dim;
  if (tensor.dtype != value.type.dtype || tensor.dims != wanted) {
    return absl::InvalidArgumentError(absl::StrCat(value.name, ": expected ", ToString(Type{value.type.dtype, wanted}),
                                                   ", got ", ToString(Type{tensor.dtype, tensor.dims})));
  }
  const size_t size = static_cast<size_t>(tensor.size()),
               held = IsReal(tensor.dtype) ? tensor.real.size() : tensor.integers.size();
  if (held != size)
    return absl::InvalidArgumentError(absl::StrCat(value.name, ": expected ", size, " elements, got ", held));
  return &tensor;
}

template <typename Real>
class Interpreter {
 public:
  Interpreter(const Graph& graph, int64_t rows) : graph_(graph), rows_(rows), tensors_(graph.values.size(), nullptr) {}

  absl::Status Bind(const Tensors<Real>& given) {
    for (const Value& value : graph_.values) {
      const absl::Status sizes = ByteCount(value.type, rows_).status();
      if (!sizes.ok()) return absl::InvalidArgumentError(absl::StrCat(value.name, ": ", sizes.message()));
    }
    for (const Input& input : graph_.inputs) BRINE_RETURN_IF_ERROR(BindOne(input.value, given));
    for (const State& state : graph_.states) BRINE_RETURN_IF_ERROR(BindOne(state.value, given));
    return absl::OkStatus();
  }

  void Execute(const std::vector<Node>& nodes) {
    for (const Node& node : nodes) {
      if (node.is_kernel())
        Execute(node.body);  // kernels do not nest
      else
        Execute(node);
    }
  }

  Tensors<Real> TakeResults() { return std::move(results_); }

 private:
  absl::Status BindOne(ValueId id, const Tensors<Real>& given) {
    BRINE_ASSIGN_OR_RETURN(tensors_[Index(id)], FindGiven(graph_.value(id), given, rows_));
    return absl::OkStatus();
  }

  void Execute(const Node& node) {
    std::vector<const Tensor<Real>*> inputs;
    for (ValueId input : node.inputs) {
      inputs.push_back(tensors_[Index(input)]);
      BRINE_CHECK(inputs.back() != nullptr);
    }
    std::vector<Tensor<Real>> outputs;
    for (ValueId output : node.outputs) outputs.push_back(MakeTensor<Real>(graph_.type(output), rows_));
    Run(*node.op, {inputs, absl::MakeSpan(outputs), node.attributes});
    for (size_t index = 0; index < outputs.size(); ++index) {
      const ValueId output = node.outputs[index];
      tensors_[Index(output)] = &(results_[graph_.value(output).name] = std::move(outputs[index]));
    }
  }

  const Graph& graph_;
  const int64_t rows_;
  // By value; null until it is given or computed.  The tensors are elements of `given` and `results_`, which are maps,
  // so that inserting into them moves no tensor.
  std::vector<const Tensor<Real>*> tensors_;
  Tensors<Real> results_;
};

}  // namespace

template <typename Real>
absl::StatusOr<Tensors<Real>> Interpret(const Graph& graph, const Tensors<Real>& given, int64_t rows) {
  if (rows < 1) return absl::InvalidArgumentError(absl::StrCat("rows must be positive, got ", rows));
  Interpreter<Real> interpreter(graph, rows);
  BRINE_RETURN_IF_ERROR(interpreter.Bind(given));
  interpreter.Execute(graph.nodes);
  return interpreter.TakeResults();
}

template <typename Real>
void ApplyUpdates(const Graph& graph, const Tensors<Real>& results, Tensors<Real>& states) {
  Tensors<Real> updated;  // written to `states` at the end, since one update may read a state that another overwrites
  for (const Update& update : graph.updates) {
    const std::string& name = graph.value(update.value).name;
    const auto result = results.find(name);
    const auto it = result != results.end() ? result : states.find(name);
    BRINE_CHECK(it != results.end() && it != states.end());
    updated[graph.value(update.state).name] = it->second;
  }
  for (auto& [name, tensor] : updated) states[name] = std::move(tensor);
}

template absl::StatusOr<Tensors<double>> Interpret(const Graph&, const Tensors<double>&, int64_t);
template absl::StatusOr<Tensors<float>> Interpret(const Graph&, const Tensors<float>&, int64_t);
template void ApplyUpdates(const Graph&, const Tensors<double>&, Tensors<double>&);
template void ApplyUpdates(const Graph&, const Tensors<float>&, Tensors<float>&);

}  // namespace brine::ir
