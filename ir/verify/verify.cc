#include "ir/verify/verify.h"

#include <algorithm>
#include <cmath>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "ir/expression.h"
#include "ir/limits.h"
#include "ir/names.h"
#include "ir/op.h"
#include "ir/verify/fault_list.h"

namespace brine::ir {
namespace {

// The scope of a value: where it may be read.  A scope is one of these, or the kernel in whose body the value is
// defined.
constexpr NodeId kUndefined{-2};
constexpr NodeId kWholeGraph{-1};

class Verifier {
 public:
  explicit Verifier(const Graph& graph)
      : graph_(graph), scope_(graph.values.size(), kUndefined), has_legal_size_(graph.values.size()) {}

  std::vector<Fault> Run() && {
    CheckHeader();
    CheckLayers();
    FindTrainingFaults(graph_, faults_);
    CheckLocation(SiteOf(graph_.training), graph_.training.location, 0);
    for (const Input& input : graph_.inputs) CheckInput(input);
    for (const State& state : graph_.states) CheckState(state);
    for (size_t index = 0; index < graph_.nodes.size() && !faults_.full(); ++index) {
      const Node& node = graph_.nodes[index];
      if (node.is_kernel())
        CheckKernel(node, IdAt<NodeId>(index));
      else
        CheckOuterNode(node);
    }
    CheckUpdates();
    CheckPenalties();
    CheckOutputs();
    for (const Result& result : graph_.results) CheckResult(result);
    std::vector<Fault> found = std::move(faults_).Take();
    if (!found.empty() || graph_.stage != Stage::kPlanned) return found;
    FaultList placement;  // the placements are checked only if there are no other faults
    FindPlacementFaults(graph_, placement);
    return std::move(placement).Take();
  }

 private:
  void Add(const Site& site, Part part, int index, std::string sentence) {
    faults_.Add(site, part, index, std::move(sentence));
  }

  bool Exists(ValueId value) const { return Index(value) < graph_.values.size(); }
  NodeId& Scope(ValueId value) { return scope_[Index(value)]; }

  void CheckHeader() {
    const Site site{[this] { return absl::StrCat("graph ", Excerpt(graph_.name)); },
                    [this] { return HeaderLine(graph_); }};
    if (!IsName(graph_.name))
      Add(site, Part::kName, 0, "the graph's name must be 1 to 256 of the characters A-Z a-z 0-9 _ . / : -");
    if ((graph_.function == Function::kModel) != (graph_.stage == Stage::kGraph)) {
      Add(site, Part::kKeyword, 1,
          absl::StrCat("function ", FunctionName(graph_.function), " does not go with stage ", StageName(graph_.stage),
                       ": stage graph has function model, the others have train, evaluate or predict"));
    }
    if (graph_.batch_size < 0 || graph_.batch_size > kMaxBatchSize) {
      Add(site, Part::kNumber, 0, absl::StrCat("batch ", graph_.batch_size, " must lie between 1 and ", kMaxBatchSize));
    } else if (graph_.batch_size == 0 && graph_.stage == Stage::kPlanned) {
      Add(site, Part::kLine, 0, "a planned graph needs a batch size");
    }
    if (graph_.outputs.empty() && graph_.updates.empty())
      Add(site, Part::kLine, 0, "the graph computes nothing: it has no outputs and no updates");
    size_t nodes = graph_.nodes.size();
    for (const Node& node : graph_.nodes) nodes += node.body.size();
    if (nodes > kMaxNodes) Add(site, Part::kLine, 0, absl::StrCat(nodes, " nodes are more than ", kMaxNodes));
  }

  void CheckLocation(const Site& site, const Location& location, int index) {
    const bool printable =
        std::none_of(location.file.begin(), location.file.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (!printable || location.file.size() > kMaxStringBytes)
      Add(site, Part::kLocation, index, "the file's name is too long or holds control characters");
    if (location.line < 0) Add(site, Part::kLocation, index, absl::StrCat("line ", location.line, " is negative"));
    if (!location.layer.empty() && !IsName(location.layer))
      Add(site, Part::kLocation, index, "the layer's name is not legal");
  }

  void CheckLayers() {
    absl::flat_hash_set<absl::string_view> names;
    for (const Layer& layer : graph_.layers) {
      const Site site = SiteOf(layer);
      if (!IsName(layer.name))
        Add(site, Part::kName, 0, "the layer's name must be 1 to 256 of the characters A-Z a-z 0-9 _ . / : -");
      if (!names.insert(layer.name).second)
        Add(site, Part::kName, 0, absl::StrCat("the layer's name ", Excerpt(layer.name), " is taken"));
      if (!IsWord(layer.kind)) Add(site, Part::kKeyword, 0, "the layer's kind must be one word");
      CheckType(site, layer.output, 0);
      CheckLocation(site, layer.location, 0);
    }
  }

  bool CheckType(const Site& site, const Type& type, int index) {
    const absl::StatusOr<int64_t> bytes = ByteCount(type, std::max<int64_t>(graph_.batch_size, 1));
    if (!bytes.ok()) Add(site, Part::kType, index, std::string(bytes.status().message()));
    return bytes.ok();
  }

  // Checks the definition of a value.  Returns whether the value exists and was not defined before.
  bool Define(const Site& site, ValueId id, int index, NodeId scope) {
    if (!Exists(id)) {
      Add(site, Part::kOutput, index, absl::StrCat("there is no value ", static_cast<int>(id)));
      return false;
    }
    if (Scope(id) != kUndefined) {
      Add(site, Part::kOutput, index, absl::StrCat(ValueText(graph_, id), " is defined twice"));
      return false;
    }
    Scope(id) = scope;
    const Value& value = graph_.value(id);
    if (!IsName(value.name))
      Add(site, Part::kOutput, index, "a value's name must be 1 to 256 of the characters A-Z a-z 0-9 _ . / : -");
    if (!names_.insert(value.name).second)
      Add(site, Part::kOutput, index, absl::StrCat("the name %", Excerpt(value.name), " is taken by another value"));
    has_legal_size_[Index(id)] = CheckType(site, value.type, index);
    if (value.placement && graph_.stage != Stage::kPlanned)
      Add(site, Part::kPlacement, index, "places are legal at stage planned only");
    return true;
  }

  // Checks that the value may be read here.  `kernel` is the kernel in whose body it is read, or kWholeGraph.  Returns
  // whether the type of the value is legal.
  bool Read(const Site& site, ValueId id, int index, NodeId kernel = kWholeGraph) {
    if (!Exists(id)) {
      Add(site, Part::kInput, index, absl::StrCat("there is no value ", static_cast<int>(id)));
      return false;
    }
    const NodeId scope = Scope(id);
    if (scope == kUndefined) {
      Add(site, Part::kInput, index, absl::StrCat(ValueText(graph_, id), " is read before it is defined"));
      return false;
    }
    if (kernel != kWholeGraph && scope == kWholeGraph && !kernel_inputs_.contains(id)) {
      Add(site, Part::kInput, index, absl::StrCat(ValueText(graph_, id), " is not among the kernel's inputs"));
    } else if (scope != kWholeGraph && scope != kernel) {
      Add(site, Part::kInput, index,
          absl::StrCat(ValueText(graph_, id), " lies in the body of a kernel that does not give it out"));
    }
    return has_legal_size_[Index(id)];
  }

  void CheckInput(const Input& input) {
    const Site site = SiteOf(graph_, input);
    if (!Define(site, input.value, 0, kWholeGraph)) return;
    const Type& type = graph_.type(input.value);
    const bool has_rows = !type.shape.empty() && type.shape[0] == kBatch;
    std::string wanted;
    switch (input.source) {
      case Source::kData:
        if (!has_rows || (type.dtype != DType::kF32 && type.dtype != DType::kU8))
          wanted = "f32 or u8 with n as its first dimension";
        break;
      case Source::kLabel:
        if (!has_rows || type.dtype == DType::kMask) wanted = "f32, i32, u32 or u8 with n as its first dimension";
        break;
      case Source::kSeed:
      case Source::kStep:
        if (type != Type{DType::kU32, {2}}) wanted = "u32[2]";
        break;
      case Source::kScalar:
      case Source::kRows:
      case Source::kExpression:
        if (type != Type{DType::kF32, {}}) wanted = "f32[]";
        break;
      case Source::kWeight:
        if (type != Type{DType::kF32, {kBatch}}) wanted = "f32[n]";
        break;
    }
    if (!wanted.empty())
      Add(site, Part::kType, 0,
          absl::StrCat("an input from ", SourceName(input.source), " must be ", wanted, ", got ", ToString(type)));
    if (!std::isfinite(input.initial))
      Add(site, Part::kNumber, 0, absl::StrCat("initial value ", input.initial, " is not finite"));
    else if (input.initial != 0 && input.source != Source::kScalar)
      Add(site, Part::kNumber, 0, "only a scalar has an initial value");
    CheckExpression(site, input);
  }

  // What an expression reads must come before it, so that no expression reads itself.
  void CheckExpression(const Site& site, const Input& input) {
    const auto add = [&](std::string sentence) { Add(site, Part::kBody, 0, std::move(sentence)); };
    if (input.source != Source::kExpression) {
      if (!input.expression.empty()) add("only an input from expression has one");
      return;
    }
    if (std::string fault = ExpressionFault(input.expression); !fault.empty()) return add(std::move(fault));
    for (const Term& term : input.expression) {
      if (IsOfResults(term.kind)) add("only a result reads outputs and the number of rows");
      if (term.kind != TermKind::kScalar) continue;
      const bool defined = Exists(term.scalar) && Scope(term.scalar) != kUndefined;
      const Input* const read = defined && term.scalar != input.value ? graph_.FindInput(term.scalar) : nullptr;
      if (read == nullptr || (read->source != Source::kScalar && read->source != Source::kExpression))
        add(absl::StrCat(ValueText(graph_, term.scalar), " is not a scalar or an expression before this one"));
    }
  }

  void CheckState(const State& state) {
    const Site site = SiteOf(graph_, state);
    CheckLocation(site, state.location, 0);
    if (!Define(site, state.value, 0, kWholeGraph)) return;
    states_.insert(state.value);
    const auto& [dtype, shape] = graph_.type(state.value);
    if (dtype != DType::kF32) Add(site, Part::kType, 0, absl::StrCat("a state must be f32, got ", DTypeName(dtype)));
    if (std::count(shape.begin(), shape.end(), kBatch) != 0)
      Add(site, Part::kType, 0, "a state's size cannot depend on n");
    const Initializer& initializer = state.initializer;
    const absl::string_view kind = InitializerName(initializer.kind);
    const auto add = [&](const std::string& sentence) { Add(site, Part::kNumber, 0, sentence); };
    if (!std::isfinite(initializer.argument) || (initializer.is_distribution() && initializer.argument < 0))
      add(absl::StrCat(kind, "'s argument ", initializer.argument, " is negative or not finite"));
    if (!std::isfinite(initializer.mean)) add(absl::StrCat(kind, "'s mean ", initializer.mean, " is not finite"));
    if (initializer.mean != 0 && !initializer.is_distribution()) add(absl::StrCat(kind, " has no mean"));
    if (initializer.kind == InitializerKind::kIdentity && shape.size() != 2)
      add("identity is for a state with two axes");
    if (initializer.kind == InitializerKind::kOrthogonal && shape.size() < 2)
      add("orthogonal is for a state with two or more axes");
    if (std::string fault = DataFault(initializer, shape); !fault.empty()) add(fault);
  }

  // Why the mean or the variance of data cannot be the content of a state of this shape; empty if it can.
  std::string DataFault(const Initializer& initializer, const Shape& shape) const {
    if (!initializer.is_of_data())
      return initializer.data == kNoValue ? "" : "only the mean or the variance of data has an input";
    const absl::string_view kind = InitializerName(initializer.kind);
    const std::string name = ValueText(graph_, initializer.data);
    const Input* const input = Exists(initializer.data) ? graph_.FindInput(initializer.data) : nullptr;
    if (input == nullptr || input->source != Source::kData) return absl::StrCat(kind, ": ", name, " is no data input");
    const Shape& data = graph_.type(initializer.data).shape;
    if (data.size() > 1 && shape == Shape{data.back()}) return "";
    return absl::StrCat(kind, " of ", name, " has one number for each channel, its last axis");
  }

  void CheckOuterNode(const Node& node) {
    const bool may_stand_alone = node.op->is_view() || node.op->is_source();
    if (graph_.stage >= Stage::kFused && !may_stand_alone) {
      Add(SiteOf(graph_, node), Part::kOp, 0, absl::StrCat(node.op->name, " must lie in a kernel from stage fused on"));
    }
    CheckNode(node, kWholeGraph);
  }

  void CheckKernel(const Node& node, NodeId kernel) {
    const Site site = SiteOf(graph_, node);
    CheckKernelFields(site, node);
    kernel_inputs_.clear();
    for (size_t index = 0; index < node.inputs.size(); ++index) {
      Read(site, node.inputs[index], static_cast<int>(index));
      if (!kernel_inputs_.insert(node.inputs[index]).second) {
        Add(site, Part::kInput, static_cast<int>(index),
            absl::StrCat(ValueText(graph_, node.inputs[index]), " is named twice"));
      }
    }
    for (const Node& inner : node.body) {
      if (inner.is_kernel())
        Add(SiteOf(graph_, inner), Part::kOp, 0, "a kernel cannot hold another kernel");
      else
        CheckNode(inner, kernel);
      if (faults_.full()) return;
    }
    CheckKernelOutputs(site, node, kernel);
    for (size_t index = 0; index < node.locations.size(); ++index)
      CheckLocation(site, node.locations[index], static_cast<int>(index));
  }

  // Checks the fields that only a kernel has, and that those are empty which only other nodes have.
  void CheckKernelFields(const Site& site, const Node& node) {
    if (graph_.stage < Stage::kFused)
      Add(site, Part::kOp, 0, absl::StrCat("a kernel is not legal at stage ", StageName(graph_.stage)));
    if (!IsWord(node.region)) Add(site, Part::kRegion, 0, "a region's name must be one word");
    if (node.scratch_bytes < 0 || node.scratch_bytes > kMaxElements) {
      Add(site, Part::kNumber, 0,
          absl::StrCat("scratch of ", node.scratch_bytes, " bytes must lie between 0 and ", kMaxElements));
    }
    for (size_t index = 0; index < node.sparse.size(); ++index) {
      const int64_t input = node.sparse[index], inputs = static_cast<int64_t>(node.inputs.size());
      if (input < 0 || input >= inputs || (index > 0 && input <= node.sparse[index - 1])) {
        Add(site, Part::kSparse, 0,
            absl::StrCat("sparse must be ascending indices of the kernel's ", inputs, " inputs"));
        break;
      }
    }
    if (node.attributes != Attributes()) Add(site, Part::kOp, 0, "a kernel has no attributes");
    if (node.body.empty()) Add(site, Part::kBody, 0, "the kernel's body is empty");
    if (node.outputs.empty()) Add(site, Part::kOp, 0, "the kernel has no outputs");
  }

  // Checks that the body defines each output, and that only outputs have placements.  From here on, the rest of the
  // graph may read the outputs.
  void CheckKernelOutputs(const Site& site, const Node& node, NodeId kernel) {
    for (size_t index = 0; index < node.outputs.size() && !faults_.full(); ++index) {
      const ValueId output = node.outputs[index];
      if (Exists(output) && Scope(output) == kernel) {
        Scope(output) = kWholeGraph;
        continue;
      }
      const bool twice = std::find(node.outputs.begin(), node.outputs.begin() + static_cast<int>(index), output) !=
                         node.outputs.begin() + static_cast<int>(index);
      Add(site, Part::kOutput, static_cast<int>(index),
          absl::StrCat(ValueText(graph_, output), twice ? " is named twice" : " is not defined in the kernel's body"));
    }
    for (const Node& inner : node.body) {
      for (size_t index = 0; index < inner.outputs.size() && graph_.stage == Stage::kPlanned; ++index) {
        const ValueId value = inner.outputs[index];
        if (!Exists(value) || Scope(value) == kWholeGraph || !graph_.value(value).placement) continue;
        Add(SiteOf(graph_, inner), Part::kPlacement, static_cast<int>(index),
            "a value that stays inside a kernel has no place");
      }
    }
  }

  void CheckNode(const Node& node, NodeId kernel) {
    const Site site = SiteOf(graph_, node);
    bool is_sound = FindAttributeFaults(site, node, faults_);
    if (!node.region.empty() || node.scratch_bytes != 0 || !node.sparse.empty() || !node.body.empty())
      Add(site, Part::kOp, 0, "only a kernel has a region, sparse inputs, scratch and a body");
    std::vector<Type> types;
    for (size_t index = 0; index < node.inputs.size(); ++index) {
      if (Read(site, node.inputs[index], static_cast<int>(index), kernel))
        types.push_back(graph_.type(node.inputs[index]));
      else
        is_sound = false;
    }
    for (size_t index = 0; index < node.outputs.size(); ++index)
      Define(site, node.outputs[index], static_cast<int>(index), kernel);
    for (size_t index = 0; index < node.locations.size(); ++index)
      CheckLocation(site, node.locations[index], static_cast<int>(index));
    if (node.outputs.size() != node.op->results.size()) {
      Add(site, Part::kOp, 0,
          absl::StrCat(node.op->name, " has ", node.op->results.size(), " outputs, got ", node.outputs.size()));
      return;
    }
    if (!is_sound) return;  // shape rules rely on legal attributes and inputs
    const absl::StatusOr<std::vector<Type>> derived = InferTypes(*node.op, types, node.attributes);
    if (!derived.ok()) {
      Add(site, Part::kOp, 0, std::string(derived.status().message()));
      return;
    }
    for (size_t index = 0; index < node.outputs.size(); ++index) {
      if (!Exists(node.outputs[index]) || graph_.type(node.outputs[index]) == (*derived)[index]) continue;
      Add(site, Part::kType, static_cast<int>(index),
          absl::StrCat(ValueText(graph_, node.outputs[index]), " is declared ",
                       ToString(graph_.type(node.outputs[index])), ", but ", node.op->name, " makes ",
                       ToString((*derived)[index])));
    }
  }

  // Why nothing may update this state at the stage of the graph; empty if something may.
  std::string UpdateFault(const State& state) const {
    const std::string name = ValueText(graph_, state.value);
    if (state.role == Role::kFrozen) return absl::StrCat(name, " is frozen, so nothing may update it");
    const bool is_updated_by_model = state.role == Role::kStatistic || state.role == Role::kAverage;
    if (is_updated_by_model || graph_.stage != Stage::kGraph) return "";
    return absl::StrCat(name, " is a ", RoleName(state.role), ": a model updates statistics and averages only");
  }

  void CheckUpdates() {
    absl::flat_hash_set<ValueId> updated;
    for (const Update& update : graph_.updates) {
      const Site site = SiteOf(graph_, update);
      Read(site, update.value, 0);
      const auto add = [&](Part part, std::string sentence) { Add(site, part, 0, std::move(sentence)); };
      if (!states_.contains(update.state)) {
        add(Part::kOutput, absl::StrCat(ValueText(graph_, update.state), " is not a state"));
      } else if (std::string fault = UpdateFault(*graph_.FindState(update.state)); !fault.empty()) {
        add(Part::kOutput, std::move(fault));
      } else if (!updated.insert(update.state).second) {
        add(Part::kOutput, absl::StrCat(ValueText(graph_, update.state), " is updated twice"));
      } else if (Exists(update.value) && graph_.type(update.state) != graph_.type(update.value)) {
        add(Part::kInput, absl::StrCat("a state of type ", ToString(graph_.type(update.state)), " cannot hold ",
                                       ToString(graph_.type(update.value))));
      }
    }
  }

  // Penalties that nothing would add to the loss are faults.
  void CheckPenalties() {
    const bool has_loss =
        graph_.stage == Stage::kTrain && std::any_of(graph_.outputs.begin(), graph_.outputs.end(),
                                                     [](const Output& output) { return output.name == "loss"; });
    for (const ValueId& penalty : graph_.penalties) {
      const Site site = SiteOfPenalty(graph_, penalty);
      Read(site, penalty, 0);
      if (Exists(penalty) && graph_.type(penalty) != Type())
        Add(site, Part::kInput, 0, absl::StrCat("a penalty must be f32[], got ", ToString(graph_.type(penalty))));
      if (graph_.stage >= Stage::kFused || has_loss)
        Add(site, Part::kLine, 0, "penalties are legal only until the graph has its loss");
    }
  }

  static bool IsSummable(const Type& type) {
    return type.dtype == DType::kF32 && (type.rank() == 0 || (type.rank() == 1 && type.shape[0] != kBatch));
  }

  static bool IsOfResults(TermKind kind) {
    return kind == TermKind::kRows || kind == TermKind::kOutput || kind == TermKind::kNext;
  }

  void CheckResult(const Result& result) {
    const Site site = SiteOf(graph_, result);
    const auto add = [&](Part part, std::string sentence) { Add(site, part, 0, std::move(sentence)); };
    if (!IsName(result.name))
      add(Part::kName, "a result's name must be 1 to 256 of the characters A-Z a-z 0-9 _ . / : -");
    if (!result_names_.insert(result.name).second)
      add(Part::kName, absl::StrCat("the name ", Excerpt(result.name), " is taken by an output or another result"));
    if (result.summands < 1 || result.summands > kMaxElements)
      add(Part::kNumber, absl::StrCat("a result must have 1 to ", kMaxElements, " summands, got ", result.summands));
    if (std::string fault = ExpressionFault(result.expression); !fault.empty())
      return add(Part::kBody, std::move(fault));
    for (const Term& term : result.expression) {
      if (term.kind == TermKind::kScalar || term.kind == TermKind::kStep)
        add(Part::kBody, "a result reads sums only, not what changes from step to step");
      if (term.kind != TermKind::kOutput && term.kind != TermKind::kNext) continue;
      if (std::string fault = SumFault(term, result.summands); !fault.empty()) add(Part::kBody, std::move(fault));
    }
  }

  // Why a result with so many summands cannot read the sum; empty if it can.
  std::string SumFault(const Term& term, int64_t summands) const {
    if (term.output < 0 || static_cast<size_t>(term.output) >= graph_.outputs.size())
      return absl::StrCat("there is no output ", term.output);
    const Output& output = graph_.outputs[static_cast<size_t>(term.output)];
    if (output.is_sum && Exists(output.value) && !IsSummable(graph_.type(output.value))) return "";  // reported there
    if (!output.is_sum || !Exists(output.value)) return absl::StrCat(Excerpt(output.name), " is not a sum");
    const Type& type = graph_.type(output.value);
    const int64_t elements = type.rank() == 0 ? 1 : type.shape[0];
    const int64_t read = summands + (term.kind == TermKind::kNext ? 1 : 0);
    if ((term.kind == TermKind::kOutput && elements == 1) || read <= elements) return "";
    return absl::StrCat(Excerpt(output.name), " has ", elements, " elements, of which the result reads ", read);
  }

  void CheckOutputs() {
    absl::flat_hash_set<absl::string_view>& names = result_names_;
    for (const Output& output : graph_.outputs) {
      const Site site = SiteOf(graph_, output);
      Read(site, output.value, 0);
      if (!IsName(output.name))
        Add(site, Part::kName, 0, "an output's name must be 1 to 256 of the characters A-Z a-z 0-9 _ . / : -");
      if (!names.insert(output.name).second)
        Add(site, Part::kName, 0, absl::StrCat("the output's name ", Excerpt(output.name), " is taken"));
      if (output.is_sum && Exists(output.value) && !IsSummable(graph_.type(output.value)))
        Add(site, Part::kInput, 0,
            absl::StrCat("a sum must be f32[] or f32[k], got ", ToString(graph_.type(output.value))));
    }
  }

  const Graph& graph_;
  FaultList faults_;
  std::vector<NodeId> scope_;                                    // by value
  std::vector<bool> has_legal_size_;                             // by value
  absl::flat_hash_set<absl::string_view> names_, result_names_;  // of values; of outputs and results
  absl::flat_hash_set<ValueId> states_, kernel_inputs_;
};

}  // namespace

std::vector<Fault> FindFaults(const Graph& graph) { return Verifier(graph).Run(); }

absl::Status Verify(const Graph& graph) {
  std::string text;
  for (const Fault& fault : FindFaults(graph)) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", fault.where, ": ", fault.sentence, "\n    ", fault.line, "\n    ",
                    std::string(fault.column, ' '), std::string(std::max<size_t>(fault.culprit.size(), 1), '^'));
  }
  return text.empty() ? absl::OkStatus() : absl::InvalidArgumentError(text);
}

}  // namespace brine::ir
