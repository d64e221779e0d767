#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "frontend/graph_of.h"
#include "frontend/layers/layer_names.h"
#include "frontend/recorded.h"
#include "ir/names.h"
#include "ir/proto/proto.h"

namespace brine {
namespace {

using internal::Access;
using internal::GraphRecord;
using internal::Handle;
using internal::LayerRecord;
using internal::ModelRecord;

ModelRecord& RecordOf(const Model& model) { return Access::Get<ModelRecord>(Access::HandleOf(model)); }

Handle NewModel(std::string name, const Tensors& inputs, const Tensors& outputs, const Line& line, bool sequential) {
  auto* record = new ModelRecord;
  record->name = std::move(name);
  record->place = line;
  record->sequential = sequential;
  for (const Tensor& input : inputs.tensors) record->inputs.push_back(Access::HandleOf(input));
  for (const Tensor& output : outputs.tensors) record->outputs.push_back(Access::HandleOf(output));
  return Handle(record);
}

constexpr const char* kNoLayers = "the model has no layers so far";

// The layers that the model has so far.  None, after a mistake, of a model that was made from a graph, whose layers
// were lowered as trained ones.
std::vector<LayerRecord*> LayersToFreeze(ModelRecord& model, const Line& line) {
  if (model.graph) model.mistakes.push_back({line, "freeze", "a model that was made from a graph cannot be frozen"});
  return internal::LayersOf(internal::CallsBefore(model.outputs));
}

absl::StatusOr<ir::Graph> ReadModelGraph(const std::string& path) {
  absl::StatusOr<std::vector<ir::Graph>> graphs = ir::LoadGraphs(path);
  if (!graphs.ok()) return graphs.status();
  if (graphs->size() != 1 || graphs->front().stage != ir::Stage::kGraph || graphs->front().outputs.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": holds no graph of stage graph with an output"));
  }
  return std::move(graphs->front());
}

}  // namespace

Model::Model(std::string name, const Tensors& inputs, const Tensors& outputs, Line line)
    : handle_(NewModel(std::move(name), inputs, outputs, line, /*sequential=*/false)) {}

Model Model::FromGraph(const Graph& graph, Line line) {
  auto* record = new ModelRecord;
  record->place = line;
  record->graph = Access::HandleOf(graph);
  return Model(Handle(record));
}

void Model::Freeze(Line line) {
  const std::vector<LayerRecord*> layers = LayersToFreeze(RecordOf(*this), line);
  for (LayerRecord* layer : layers) layer->frozen = true;
  const bool is_empty = std::all_of(layers.begin(), layers.end(), [](const LayerRecord* l) { return l->is_input(); });
  if (is_empty && !layers.empty()) layers.back()->mistakes.push_back({line, "freeze", kNoLayers});
}

void Model::Freeze(const std::string& layer, Line line) {
  const std::vector<LayerRecord*> layers = LayersToFreeze(RecordOf(*this), line);
  internal::Mistakes of_names;  // building the model reports them
  std::vector<absl::string_view> known;
  const auto names = internal::NameLayers(layers, of_names);
  for (LayerRecord* candidate : layers) {
    const std::string& name = names.at(candidate);
    candidate->frozen |= name == layer;
    if (!candidate->is_input()) known.push_back(name);
  }
  if (layers.empty() || std::find(known.begin(), known.end(), layer) != known.end()) return;
  if (known.empty()) {
    layers.back()->mistakes.push_back({line, "freeze", kNoLayers});
    return;
  }
  layers.back()->mistakes.push_back({line, "freeze",
                                     absl::StrCat("the model has no layer ", internal::Quoted(layer), " so far",
                                                  ir::NearestOrAll(layer, known, "it has"))});
}

void Model::Compile(CompileOptions options, Line line) {
  RecordOf(*this).compile = std::move(options);
  RecordOf(*this).compile_place = line;
}

std::vector<std::string> Model::Mistakes() const {
  const absl::Status status = BuildGraph(*this).status();
  if (status.ok()) return {};
  return absl::StrSplit(status.message(), '\n');
}

Sequential::Sequential(std::string name, const Tensor& input, Line line)
    : Model(NewModel(std::move(name), input, input, line, /*sequential=*/true)) {}

void Sequential::Add(const Layer& layer) {
  ModelRecord& record = RecordOf(*this);
  record.outputs[0] = Access::HandleOf(layer(Access::Make<Tensor>(record.outputs[0])));
}

const std::string& Graph::error() const { return Access::Get<GraphRecord>(handle_).error; }

Graph LoadGraph(const std::string& path) {
  auto* record = new GraphRecord;
  absl::StatusOr<ir::Graph> graph = ReadModelGraph(path);
  if (graph.ok())
    record->graph = *std::move(graph);
  else
    record->error = std::string(graph.status().message());
  return Access::Make<Graph>(Handle(record));
}

bool SaveGraph(const Model& model, const std::string& path, std::string* error) {
  absl::StatusOr<ir::Graph> graph = BuildGraph(model);
  const absl::Status status = graph.ok() ? ir::SaveGraphs({*std::move(graph)}, path) : graph.status();
  if (error != nullptr) *error = std::string(status.message());
  return status.ok();
}

}  // namespace brine
