#include "passes/add_loss.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ir/op.h"
#include "ir/status.h"
#include "ir/text_line.h"
#include "passes/edit.h"

namespace brine::passes {
namespace {

using ir::Attributes;
using ir::Graph;
using ir::Op;
using ir::ValueId;

using Ints = std::vector<int64_t>;

class LossAdder {
 public:
  explicit LossAdder(Graph& graph) : graph_(graph), training_(graph.training) {}

  absl::Status Run() {
    BRINE_RETURN_IF_ERROR(FindLogits());
    const bool sparse = training_.loss == "sparse_categorical_crossentropy";
    if (!sparse && training_.loss != "categorical_crossentropy")
      return Refuse(absl::StrCat("unknown loss \"", training_.loss, "\""));
    const ir::Shape& shape = graph_.type(logits_).shape;
    const ir::Type label_type = sparse ? ir::Type{ir::DType::kI32, {ir::kBatch}} : ir::Type{ir::DType::kF32, shape};
    label_ = FindOrAddInput(graph_, ir::Source::kLabel, "label", label_type);
    rows_ = FindOrAddInput(graph_, ir::Source::kRows, "rows", {});

    BRINE_ASSIGN_OR_RETURN(const ValueId loss, AddCrossEntropy(sparse));
    std::vector<ir::Output> outputs = {{"loss", loss}};
    for (const std::string& metric : training_.metrics) {
      if (metric != "accuracy") return Refuse(absl::StrCat("unknown metric \"", metric, "\""));
      BRINE_ASSIGN_OR_RETURN(const ValueId accuracy, AddAccuracy(sparse));
      outputs.push_back({"accuracy", accuracy});
    }
    graph_.outputs = std::move(outputs);
    return absl::OkStatus();
  }

 private:
  absl::Status Refuse(absl::string_view sentence) const { return ErrorAt({training_.location}, "compile", sentence); }

  absl::Status FindLogits() {
    const ValueId output = graph_.outputs[0].value;
    logits_ = output;
    if (!training_.from_logits) {
      const int producer = FindUses(graph_).Producer(output);
      if (producer == Uses::kNone || graph_.nodes[static_cast<size_t>(producer)].op != &ir::kSoftmax) {
        return Refuse(absl::StrCat(
            training_.loss,
            " takes probabilities, but the output is not a softmax; add activation softmax, or set from_logits"));
      }
      logits_ = graph_.nodes[static_cast<size_t>(producer)].inputs[0];
    }
    const ir::Type& type = graph_.type(logits_);
    if (type.dtype != ir::DType::kF32 || type.rank() != 2 || type.shape[0] != ir::kBatch) {
      return Refuse(absl::StrCat(training_.loss, " takes an output of type f32[n,classes], got ", ir::ToString(type)));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<ValueId> Add(const Op& op, std::vector<ValueId> inputs, Attributes attributes,
                              absl::string_view quantity, bool last = false) {
    const std::string name = last ? std::string(quantity) : absl::StrCat(quantity, ".", op.name);
    ir::Location location = training_.location;
    location.layer = std::string(quantity);
    BRINE_ASSIGN_OR_RETURN(const std::vector<ValueId> outputs,
                           graph_.AddNode(op, std::move(inputs), std::move(attributes), {std::move(location)}, name));
    return outputs[0];
  }

  absl::StatusOr<ValueId> AddCrossEntropy(bool sparse) {
    ValueId target = label_;
    if (sparse) {
      const int64_t classes = graph_.type(logits_).shape[1];
      BRINE_ASSIGN_OR_RETURN(target, Add(ir::kOneHot, {label_}, {{"classes", classes}}, "loss"));
    }
    BRINE_ASSIGN_OR_RETURN(const ValueId logs, Add(ir::kLogSoftmax, {logits_}, {}, "loss"));
    BRINE_ASSIGN_OR_RETURN(const ValueId products, Add(ir::kMul, {logs, target}, {}, "loss"));
    BRINE_ASSIGN_OR_RETURN(const ValueId sum, Add(ir::kReduceSum, {products}, {{"axes", Ints{0, 1}}}, "loss"));
    BRINE_ASSIGN_OR_RETURN(const ValueId negative, Add(ir::kNeg, {sum}, {}, "loss"));
    return Add(ir::kDiv, {negative, rows_}, {}, "loss", /*last=*/true);
  }

  absl::StatusOr<ValueId> AddAccuracy(bool sparse) {
    BRINE_ASSIGN_OR_RETURN(const ValueId guess, Add(ir::kArgmax, {logits_}, {}, "accuracy"));
    ValueId truth = label_;
    if (!sparse) {
      BRINE_ASSIGN_OR_RETURN(truth, Add(ir::kArgmax, {label_}, {}, "accuracy"));
    }
    BRINE_ASSIGN_OR_RETURN(const ValueId right, Add(ir::kEqual, {guess, truth}, {}, "accuracy"));
    BRINE_ASSIGN_OR_RETURN(const ValueId sum, Add(ir::kReduceSum, {right}, {{"axes", Ints{0}}}, "accuracy"));
    return Add(ir::kDiv, {sum, rows_}, {}, "accuracy", /*last=*/true);
  }

  Graph& graph_;
  const ir::Training training_;
  ValueId logits_ = ir::kNoValue, label_ = ir::kNoValue, rows_ = ir::kNoValue;
};

}  // namespace

absl::StatusOr<bool> AddLoss(Graph& graph) {
  if (!ir::IsCompiled(graph.training)) return false;
  const bool adds_loss = std::none_of(graph.outputs.begin(), graph.outputs.end(),
                                      [](const ir::Output& output) { return output.name == "loss"; });
  if (adds_loss) {
    BRINE_ASSIGN_OR_RETURN(const ir::Output output, FindOutput(graph));
    graph.outputs = {output};
    BRINE_RETURN_IF_ERROR(LossAdder(graph).Run());
  }
  // AddOptimizer wants the optimizer's arguments, and in training only.
  if (graph.function == ir::Function::kTrain) return adds_loss;
  graph.training = {};
  return true;
}

}  // namespace brine::passes
