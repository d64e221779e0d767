#include "frontend/summary.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "frontend/layer_builder.h"
#include "frontend/table.h"
#include "ir/op.h"
#include "ir/optimizers.h"

namespace brine {
namespace {

std::string WithCommas(int64_t number) {
  std::string digits = absl::StrCat(number);
  for (int place = static_cast<int>(digits.size()) - 3; place > 0; place -= 3)
    digits.insert(static_cast<size_t>(place), 1, ',');
  return digits;
}

std::string Bytes(int64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KB", "MB", "GB", "TB"};
  double size = static_cast<double>(bytes);
  size_t unit = 0;
  for (; size >= 1024 && unit + 1 < std::size(kUnits); ++unit) size /= 1024;
  return absl::StrFormat("%.2f %s", size, kUnits[unit]);
}

// At most 2⁶³ − 1, which a graph from a file may exceed.
int64_t Sum(int64_t a, int64_t b) {
  int64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

int64_t Elements(const ir::Shape& shape) { return ir::ElementCount(shape, 1).value_or(0); }

bool Serves(const ir::Node& node, const std::string& layer) {
  return std::any_of(node.locations.begin(), node.locations.end(),
                     [&](const ir::Location& where) { return where.layer == layer; });
}

// Elements of the states that lie in a block: Keras's trainable and non-trainable weights are one each.
int64_t StateElements(const ir::Graph& graph, ir::Block block, const std::string* layer = nullptr) {
  int64_t elements = 0;
  for (const ir::State& state : graph.states) {
    if (ir::BlockOf(state.role) == block && (layer == nullptr || state.location.layer == *layer))
      elements = Sum(elements, Elements(graph.type(state.value).shape));
  }
  return elements;
}

int64_t Weights(const ir::Graph& graph, const std::string& layer) {
  return Sum(StateElements(graph, ir::Block::kParameters, &layer),
             StateElements(graph, ir::Block::kNonTrainable, &layer));
}

int64_t Flops(const ir::Graph& graph, const std::string& layer) {
  int64_t flops = 0;
  for (const ir::Node& node : graph.nodes) {
    if (node.op == nullptr || node.op->flops == nullptr || !Serves(node, layer)) continue;
    std::vector<ir::Type> inputs, outputs;
    for (const ir::ValueId value : node.inputs) inputs.push_back(graph.type(value));
    for (const ir::ValueId value : node.outputs) outputs.push_back(graph.type(value));
    flops = Sum(flops, node.op->flops({inputs, node.attributes}, outputs, 1));
  }
  return flops;
}

std::string Kernels(const ir::Graph& planned, const std::string& layer) {
  std::vector<std::string> regions;
  for (const ir::Node& node : planned.nodes) {
    const bool serves =
        std::any_of(node.body.begin(), node.body.end(), [&](const ir::Node& inner) { return Serves(inner, layer); });
    if (serves && std::find(regions.begin(), regions.end(), node.region) == regions.end())
      regions.push_back(node.region);
  }
  return absl::StrJoin(regions, ", ");
}

// Bytes of a block: the end of its last value.
int64_t BlockBytes(const ir::Graph& planned, ir::Block block) {
  int64_t end = 0;
  for (const ir::Value& value : planned.values) {
    if (!value.placement || value.placement->block != block) continue;
    end = std::max(
        end, value.placement->offset + ir::ByteCount(value.type, std::max<int64_t>(planned.batch_size, 1)).value_or(0));
  }
  return end;
}

// Optimizer state of a graph whose training passes have not run yet.
int64_t FutureSlots(const ir::Graph& model, int64_t parameters) {
  const ir::Optimizer* const optimizer = ir::FindOptimizer(model.training.optimizer);
  if (optimizer == nullptr) return 0;
  const ir::UpdateRule& rule = ir::RuleOf(*optimizer, model.training.optimizer_arguments);
  return parameters * static_cast<int64_t>(rule.slots.size());
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
    flops = Sum(flops, layer_flops);
    rows.push_back({absl::StrCat(layer.name, " (", layer.kind, ")"), internal::ShapeText(layer.output.shape),
                    WithCommas(Weights(model, layer.name)), WithCommas(layer_flops),
                    Bytes(ir::ByteCount(layer.output, 1).value_or(0))});
    if (planned != nullptr) rows.back().push_back(Kernels(*planned, layer.name));
  }

  std::string out = absl::StrCat("Model: \"", model.name, "\"\n", internal::FormatTable(columns, rows, options.ascii));
  constexpr int64_t kReal = 4;  // bytes
  const auto append_count = [&](const char* what, int64_t count) {
    absl::StrAppend(&out, " ", what, ": ", WithCommas(count), " (", Bytes(kReal * count), ")\n");
  };
  const int64_t trainable = StateElements(model, ir::Block::kParameters);
  const int64_t non_trainable = StateElements(model, ir::Block::kNonTrainable);
  append_count("Total params", Sum(trainable, non_trainable));
  append_count("Trainable params", trainable);
  append_count("Non-trainable params", non_trainable);
  if (!model.training.optimizer.empty()) {
    append_count("Optimizer state",
                 planned != nullptr ? StateElements(*planned, ir::Block::kSlots) : FutureSlots(model, trainable));
  }
  absl::StrAppend(&out, " FLOPs forward, one row: ", WithCommas(flops), "\n");
  if (planned != nullptr) {
    absl::StrAppend(&out, " Planned memory, batch ", planned->batch_size, ": arena ",
                    Bytes(BlockBytes(*planned, ir::Block::kArena)), ", gradients ",
                    Bytes(BlockBytes(*planned, ir::Block::kGradients)), "\n");
  }
  return out;
}

}  // namespace brine
