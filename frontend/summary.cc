#include "frontend/summary.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "frontend/layers/layer_builder.h"
#include "frontend/number_text.h"
#include "frontend/table.h"
#include "ir/op.h"
#include "ir/optimizers.h"

namespace brine {
namespace {

using internal::BytesText, internal::WithCommas;

// a + b, or INT64_MAX instead of a greater number, which a graph from a file may have.
int64_t SaturatingSum(int64_t a, int64_t b) {
  int64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

int64_t Elements(const ir::Shape& shape) { return ir::ElementCount(shape, 1).value_or(0); }

// Whether the node was made from one of the layer.
bool BelongsTo(const ir::Node& node, const std::string& layer) {
  return std::any_of(node.locations.begin(), node.locations.end(),
                     [&](const ir::Location& where) { return where.layer == layer; });
}

// The number of elements of the states in a block, of one layer if it is not null.  Keras's trainable weights are those
// of the block kParameters, and its non-trainable ones those of kNonTrainable.
int64_t StateElements(const ir::Graph& graph, ir::Block block, const std::string* layer = nullptr) {
  int64_t elements = 0;
  for (const ir::State& state : graph.states) {
    if (ir::BlockOf(state.role) == block && (layer == nullptr || state.location.layer == *layer))
      elements = SaturatingSum(elements, Elements(graph.type(state.value).shape));
  }
  return elements;
}

int64_t WeightElements(const ir::Graph& graph, const std::string& layer) {
  return SaturatingSum(StateElements(graph, ir::Block::kParameters, &layer),
                       StateElements(graph, ir::Block::kNonTrainable, &layer));
}

int64_t Flops(const ir::Graph& graph, const std::string& layer) {
  int64_t flops = 0;
  for (const ir::Node& node : graph.nodes) {
    if (node.op == nullptr || node.op->flops == nullptr || !BelongsTo(node, layer)) continue;
    std::vector<ir::Type> inputs, outputs;
    for (const ir::ValueId value : node.inputs) inputs.push_back(graph.type(value));
    for (const ir::ValueId value : node.outputs) outputs.push_back(graph.type(value));
    flops = SaturatingSum(flops, node.op->flops({inputs, node.attributes}, outputs, 1));
  }
  return flops;
}

// The kinds of the kernels that compute nodes of the layer.
std::string KernelKinds(const ir::Graph& planned, const std::string& layer) {
  std::vector<std::string> regions;
  for (const ir::Node& node : planned.nodes) {
    const bool computes_layer =
        std::any_of(node.body.begin(), node.body.end(), [&](const ir::Node& inner) { return BelongsTo(inner, layer); });
    if (computes_layer && std::find(regions.begin(), regions.end(), node.region) == regions.end())
      regions.push_back(node.region);
  }
  return absl::StrJoin(regions, ", ");
}

// The size of a block, which is the greatest end of a value.
int64_t BlockBytes(const ir::Graph& planned, ir::Block block) {
  int64_t end = 0;
  for (const ir::Value& value : planned.values) {
    if (!value.placement || value.placement->block != block) continue;
    end = std::max(
        end, value.placement->offset + ir::ByteCount(value.type, std::max<int64_t>(planned.batch_size, 1)).value_or(0));
  }
  return end;
}

// The number of elements of the slots and averages that passes will add to the graph of a model.
int64_t FutureSlotElements(const ir::Graph& model, int64_t parameters) {
  const ir::Optimizer* const optimizer = ir::FindOptimizer(model.training.optimizer);
  if (optimizer == nullptr) return 0;
  const ir::UpdateRule& rule = ir::RuleOf(*optimizer, model.training.optimizer_arguments);
  const bool averages = std::get<bool>(ir::ArgumentOf(*optimizer, model.training.optimizer_arguments, "use_ema"));
  return parameters * (static_cast<int64_t>(rule.slots.size()) + averages);
}

}  // namespace

std::string Summary(const ir::Graph& model, const ir::Graph* planned, const SummaryOptions& options) {
  std::vector<internal::Column> columns = {
      {"Layer (type)"}, {"Output Shape"}, {"Param #", true}, {"FLOPs", true}, {"Activation", true}};
  if (planned != nullptr) columns.push_back({"Fused as"});
  std::vector<std::vector<std::string>> rows;
  int64_t flops = 0;
  for (const ir::Layer& layer : model.layers) {
    const int64_t layer_flops = Flops(model, layer.name);
    flops = SaturatingSum(flops, layer_flops);
    rows.push_back({absl::StrCat(layer.name, " (", layer.kind, ")"), internal::ShapeText(layer.output.shape),
                    WithCommas(WeightElements(model, layer.name)), WithCommas(layer_flops),
                    BytesText(ir::ByteCount(layer.output, 1).value_or(0))});
    if (planned != nullptr) rows.back().push_back(KernelKinds(*planned, layer.name));
  }

  std::string out = absl::StrCat("Model: \"", model.name, "\"\n", internal::FormatTable(columns, rows, options.ascii));
  constexpr int64_t kFloatBytes = 4;
  const auto append_count = [&](const char* what, int64_t count) {
    absl::StrAppend(&out, " ", what, ": ", WithCommas(count), " (", BytesText(kFloatBytes * count), ")\n");
  };
  const int64_t trainable = StateElements(model, ir::Block::kParameters);
  const int64_t non_trainable = StateElements(model, ir::Block::kNonTrainable);
  append_count("Total params", SaturatingSum(trainable, non_trainable));
  append_count("Trainable params", trainable);
  append_count("Non-trainable params", non_trainable);
  if (!model.training.optimizer.empty()) {
    append_count("Optimizer state", planned != nullptr ? StateElements(*planned, ir::Block::kSlots)
                                                       : FutureSlotElements(model, trainable));
  }
  absl::StrAppend(&out, " FLOPs forward, one row: ", WithCommas(flops), "\n");
  if (planned != nullptr) {
    absl::StrAppend(&out, " Planned memory, batch ", planned->batch_size, ": arena ",
                    BytesText(BlockBytes(*planned, ir::Block::kArena)), ", gradients ",
                    BytesText(BlockBytes(*planned, ir::Block::kGradients)), "\n");
  }
  return out;
}

}  // namespace brine
