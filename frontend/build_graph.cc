#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "frontend/graph_of.h"
#include "frontend/layers/inputs.h"
#include "frontend/layers/layer_builder.h"
#include "frontend/layers/layer_names.h"
#include "frontend/model_name.h"
#include "frontend/training.h"

namespace brine {
namespace internal {
namespace {

const CallRecord& CallOf(const Handle& handle) { return Access::Get<CallRecord>(handle); }

void AddRemarks(const std::vector<Remark>& remarks, Mistakes& mistakes) {
  for (const Remark& remark : remarks) mistakes.Add(remark.place, remark.subject, remark.sentence);
}

class Lowering {
 public:
  Lowering(const ModelRecord& model, Mistakes& mistakes) : model_(model), mistakes_(mistakes) {}

  ir::Graph Lower() {
    if (!IsModelName(model_.name)) {
      mistakes_.Add(model_.place, "model",
                    absl::StrCat("its name must be ", kModelNameRule, ", got ", Quoted(model_.name)));
    }
    graph_.name = model_.name;
    CollectCalls();
    const std::vector<LayerRecord*> layers = LayersOf(calls_);
    names_ = NameLayers(layers, mistakes_);
    for (const LayerRecord* layer : layers) AddRemarks(layer->mistakes, mistakes_);
    CheckInputs();
    CheckOutputs();
    for (const CallRecord* call : calls_) LowerCall(*call);

    const std::vector<ModelOutput> outputs = NameOutputs();
    for (const ModelOutput& output : outputs) {
      if (output.symbol.known()) graph_.outputs.push_back({output.name, output.symbol.value});
    }
    if (model_.compile) AddTraining(*model_.compile, model_.compile_place, outputs, mistakes_, graph_);
    return std::move(graph_);
  }

 private:
  // Collects the calls on which the outputs depend, and the inputs, in the order in which they were made.
  void CollectCalls() {
    std::vector<Handle> ends = model_.outputs;
    ends.insert(ends.end(), model_.inputs.begin(), model_.inputs.end());
    calls_ = CallsBefore(ends);
    for (const CallRecord* call : calls_) {
      for (const Handle& input : call->inputs) readers_[&CallOf(input)].push_back(call);
    }
  }

  void CheckInputs() {
    const auto mistake = [&](const LayerRecord& layer, absl::string_view sentence) {
      mistakes_.Add(layer.place, names_[&layer], sentence);
    };
    std::set<const CallRecord*> listed;
    for (const Handle& input : model_.inputs) {
      const CallRecord& call = CallOf(input);
      const LayerRecord& layer = LayerOf(call);
      if (!layer.is_input()) {
        mistake(layer, "is given as an input of the model, but is no Input()");
      } else if (!listed.insert(&call).second) {
        mistake(layer, "is given twice as an input of the model");
      } else if (readers_[&call].empty() && calls_.size() > 1) {
        mistake(layer, model_.outputs.size() > 1 ? "is an input that no output depends on"
                                                 : "is an input that the output does not depend on");
      }
    }
    for (const CallRecord* call : calls_) {
      const LayerRecord& layer = LayerOf(*call);
      if (layer.is_input() && listed.count(call) == 0)
        mistake(layer, model_.outputs.size() > 1 ? "an output depends on this input, but the model does not list it"
                                                 : "the output depends on this input, but the model does not list it");
    }
  }

  void CheckOutputs() {
    std::set<const CallRecord*> listed;
    for (const Handle& output : model_.outputs) {
      const CallRecord& call = CallOf(output);
      const LayerRecord& layer = LayerOf(call);
      if (layer.is_input() && model_.outputs.size() == 1)
        mistakes_.Add(model_.place, "model", "it has no layers");
      else if (layer.is_input())
        mistakes_.Add(layer.place, names_[&layer], "is given as an output of the model, but is an Input()");
      else if (!listed.insert(&call).second)
        mistakes_.Add(layer.place, names_[&layer], "is given twice as an output of the model");
    }
    if (model_.outputs.empty()) mistakes_.Add(model_.place, "model", "it has no outputs");
  }

  // The only output is called "output".  Of several, each has the name of its value, which is that of its layer.
  std::vector<ModelOutput> NameOutputs() {
    std::vector<ModelOutput> outputs;
    for (const Handle& output : model_.outputs) {
      const CallRecord& call = CallOf(output);
      const Symbol& symbol = symbols_[&call];
      outputs.push_back({symbol.known() ? graph_.value(symbol.value).name : names_[&LayerOf(call)], symbol});
    }
    if (outputs.size() == 1) outputs[0].name = "output";
    return outputs;
  }

  // Whether on every path from the input, the first layer that computes with the elements is one that rescales them.
  bool IsRescaled(const CallRecord& input) const {
    std::vector<const CallRecord*> pending = {&input};
    for (size_t i = 0; i < pending.size(); ++i) {
      const auto readers = readers_.find(pending[i]);
      if (readers == readers_.end()) return false;
      for (const CallRecord* reader : readers->second) {
        const LayerTraits& traits = LayerOf(*reader).traits;
        if (traits.moves_elements)
          pending.push_back(reader);
        else if (!traits.rescales_elements)
          return false;
      }
    }
    return true;
  }

  void LowerCall(const CallRecord& call) {
    const LayerRecord& layer = LayerOf(call);
    std::vector<Symbol> inputs;
    for (const Handle& input : call.inputs) inputs.push_back(symbols_[&CallOf(input)]);
    const std::string& name = names_[&layer];
    const int number = calls_of_layer_[&layer]++;
    LayerBuilder builder(graph_, mistakes_, layer, name, number, std::move(inputs));
    const Symbol output = layer.is_input() ? LowerInput(layer, IsRescaled(call), builder) : layer.lower(builder);
    symbols_[&call] = output;
    if (!output.known() || number != 0 || (layer.is_input() && model_.sequential)) return;
    graph_.layers.push_back({name, layer.kind, graph_.type(output.value), {layer.place.file, layer.place.line, name}});
  }

  const ModelRecord& model_;
  Mistakes& mistakes_;
  ir::Graph graph_;
  std::vector<const CallRecord*> calls_;
  std::map<const CallRecord*, std::vector<const CallRecord*>> readers_;
  std::map<const LayerRecord*, std::string> names_;
  std::map<const LayerRecord*, int> calls_of_layer_;
  std::map<const CallRecord*, Symbol> symbols_;
};

bool HasParameters(const ir::Graph& graph) {
  return std::any_of(graph.states.begin(), graph.states.end(),
                     [](const ir::State& state) { return state.role == ir::Role::kParameter; });
}

// The graph of a model that was made from a file, with the arguments of Compile() if it was called.
ir::Graph GraphFromFile(const ModelRecord& model, Mistakes& mistakes) {
  const GraphRecord& read = Access::Get<GraphRecord>(*model.graph);
  if (!read.error.empty()) mistakes.Add(model.place, "model", read.error);
  AddRemarks(model.mistakes, mistakes);
  ir::Graph graph = read.graph;
  if (read.error.empty() && model.compile) {
    std::vector<ModelOutput> outputs;
    for (const ir::Output& output : graph.outputs)
      outputs.push_back({output.name, {output.value, 0, HasParameters(graph)}});
    AddTraining(*model.compile, model.compile_place, outputs, mistakes, graph);
  }
  return graph;
}

}  // namespace
}  // namespace internal

absl::StatusOr<ir::Graph> BuildGraph(const Model& model) {
  const auto& record = internal::Access::Get<internal::ModelRecord>(internal::Access::HandleOf(model));
  internal::Mistakes mistakes;
  ir::Graph graph =
      record.graph ? internal::GraphFromFile(record, mistakes) : internal::Lowering(record, mistakes).Lower();
  if (!mistakes.empty()) return absl::InvalidArgumentError(absl::StrJoin(mistakes.lines(), "\n"));
  return graph;
}

}  // namespace brine
