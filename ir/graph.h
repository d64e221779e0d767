// A graph: nodes over typed values, in an order in which every value is defined before it is used (SSA).
//
// One representation serves every stage.  *graph* is what the user wrote; *train* adds loss, gradients and updates;
// *fused* groups nodes into kernels; *planned* gives every value a place in memory.  verify.h lists what holds at each.
#ifndef BRINE_IR_GRAPH_H_
#define BRINE_IR_GRAPH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ir/attributes.h"
#include "ir/ids.h"
#include "ir/type.h"

namespace brine::ir {

struct Op;  // op.h

enum class Stage : uint8_t { kGraph, kTrain, kFused, kPlanned };
enum class Function : uint8_t {
  kModel,
  kTrain,
  kEvaluate,
  kPredict
};  // what a graph computes; kModel only at Stage::kGraph

// Where a planned value lies; the names are those of the runtime's blocks.
enum class Block : uint8_t { kArena, kInputs, kParameters, kGradients, kSlots, kConstants, kOutputs, kNonTrainable };
inline constexpr size_t kBlockCount = static_cast<size_t>(Block::kNonTrainable) + 1;
struct Placement {
  Block block = Block::kArena;
  int64_t offset = 0;  // bytes, a multiple of 64
  bool operator==(const Placement&) const = default;
};

// The user's line that a node or state comes from, and the layer it belongs to.
struct Location {
  std::string file;
  int line = 0;
  std::string layer;
  bool operator==(const Location&) const = default;
};

struct Value {
  std::string name;  // unique in the graph: 1–256 bytes of [A-Za-z0-9_./:-]
  Type type;
  std::optional<Placement> placement;  // at Stage::kPlanned
};

// An application of an op, or, if `op` is null, a kernel: a group of ordinary nodes that one compiled function
// executes.  A kernel's body reads values of the graph by name and defines values.  Those that the rest of the graph
// reads are the kernel's outputs.
struct Node {
  const Op* op = nullptr;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  Attributes attributes;            // empty for a kernel
  std::vector<Location> locations;  // of every node that this one was made from

  std::string region;           // a kernel's kind, a row of passes/regions: "contraction", "loop"
  std::vector<int64_t> sparse;  // indices of the kernel's inputs that have many zeros, ascending
  int64_t scratch_bytes = 0;    // a kernel's working memory beyond its operands; 0 until it has been compiled
  std::vector<Node> body;

  bool is_kernel() const { return op == nullptr; }
};

// A piece of a host expression: a number, or an operation over the results of the pieces before it.
enum class TermKind : uint8_t { kConstant, kScalar, kStep, kAdd, kSub, kMul, kDiv, kPow, kMin, kMax, kSqrt };
struct Term {
  TermKind kind = TermKind::kConstant;
  double number = 0;          // kConstant
  ValueId scalar = kNoValue;  // kScalar: an input of the graph with Source::kScalar
};

// What the host computes in double before each step, in postfix order.  expression.h makes and reads them.
using Expression = std::vector<Term>;

// How the host fills a graph input before each step.
enum class Source : uint8_t { kData, kLabel, kScalar, kSeed, kStep, kRows, kExpression };
struct Input {
  ValueId value = kNoValue;
  Source source = Source::kData;
  double initial = 0;          // kScalar: the value until the host sets another
  Expression expression = {};  // kExpression
};

// The role of a state in training.
enum class Role : uint8_t {
  kParameter,  // a weight that is trained: it has a gradient, and the optimizer updates it
  kSlot,       // the optimizer's state for a parameter
  kFrozen,     // a weight that is not trained
  kStatistic,  // a weight that the model itself updates in training, such as a moving mean
  kAverage     // the moving average of a parameter
};
enum class InitializerKind : uint8_t { kConstant, kUniform, kTruncatedNormal };
struct Initializer {
  InitializerKind kind = InitializerKind::kConstant;
  double argument = 0;  // the constant; the limit of [−limit, limit); the standard deviation, cut at two of them
  bool operator==(const Initializer&) const = default;
};

// A value that lives across steps.  Within a step it has the value from the end of the step before.
struct State {
  ValueId value = kNoValue;
  Role role = Role::kParameter;
  Initializer initializer;
  Location location;
};

// After the step the state holds `value`.
struct Update {
  ValueId state = kNoValue;
  ValueId value = kNoValue;
};

struct Output {
  // In a model "output", or the layer's name if there are several; in a training graph "loss", "accuracy", …
  std::string name;
  ValueId value = kNoValue;
};

// A layer as `summary` lists it.
struct Layer {
  std::string name;  // "conv2d"
  std::string kind;  // "Conv2D"
  Type output;
  Location location;
};

// What one output is trained for.
struct Objective {
  std::string output;                // an output of the graph
  std::string loss;                  // a row of losses.h
  Attributes arguments;              // of the loss: from_logits
  double weight = 1;                 // of the loss in the sum that is trained
  std::vector<std::string> metrics;  // rows of metrics.h
};

// The arguments of Compile(); the training passes turn them into nodes.
struct Training {
  std::vector<Objective> objectives;  // one an output at most; empty: not compiled
  std::string optimizer;              // a row of optimizers.h
  Attributes optimizer_arguments;     // learning_rate, beta_1, …: initial values of scalar inputs; nesterov: a bool
  Location location;
};

class Graph {
 public:
  std::string name;
  Stage stage = Stage::kGraph;
  Function function = Function::kModel;
  int64_t batch_size = 0;  // the largest n; 0 until the compiler is told

  std::vector<Layer> layers;
  Training training;  // at Stage::kGraph
  std::vector<Value> values;
  std::vector<Input> inputs;
  std::vector<State> states;
  std::vector<Node> nodes;
  std::vector<Update> updates;
  std::vector<Output> outputs;

  const Value& value(ValueId id) const { return values[Index(id)]; }
  Value& value(ValueId id) { return values[Index(id)]; }
  const Type& type(ValueId id) const { return value(id).type; }
  const Node& node(NodeId id) const { return nodes[Index(id)]; }
  Node& node(NodeId id) { return nodes[Index(id)]; }
  Ids<ValueId> value_ids() const { return Ids<ValueId>(values.size()); }
  Ids<NodeId> node_ids() const { return Ids<NodeId>(nodes.size()); }

  // Adds a value.  A name that is taken or empty gets a number: "relu", "relu_1", …
  ValueId AddValue(absl::string_view name, Type type);

  // Adds a node at the end, fills in the defaults of its attributes, derives the types of its outputs by the op's shape
  // rule, and returns the outputs.  If the inputs do not fit, fails with the rule's sentence and changes nothing.
  // Outputs are named after `name`, or after the op if it is empty.
  absl::StatusOr<std::vector<ValueId>> AddNode(const Op& op, std::vector<ValueId> inputs, Attributes attributes,
                                               std::vector<Location> locations, absl::string_view name = "");

  ValueId FindValue(absl::string_view name) const;  // kNoValue when there is none
  const State* FindState(ValueId value) const;
  const Input* FindInput(ValueId value) const;

 private:
  mutable absl::flat_hash_set<std::string> names_;  // of `values`, kept up lazily
};

// "model.cc:9: conv2d", or `name` if no line is known: `location` is null or has no file.
std::string PlaceOf(const Location* location, absl::string_view name);

bool IsCompiled(const Training& training);  // anything differs from what Training() holds

Block HomeOf(Role role);  // the block of a planned graph in which states of this role lie

absl::string_view StageName(Stage stage);  // "graph", "train", "fused", "planned"
absl::string_view FunctionName(Function function);
absl::string_view BlockName(Block block);
absl::string_view SourceName(Source source);  // "data", "label", "scalar", "seed", "step", "rows", "expression"
absl::string_view RoleName(Role role);        // "parameter", "slot", "frozen", "statistic", "average"
absl::string_view InitializerName(InitializerKind kind);
std::optional<Stage> FindStage(absl::string_view name);
std::optional<Function> FindFunction(absl::string_view name);
std::optional<Block> FindBlock(absl::string_view name);
std::optional<Source> FindSource(absl::string_view name);
std::optional<Role> FindRole(absl::string_view name);
std::optional<InitializerKind> FindInitializer(absl::string_view name);

}  // namespace brine::ir

#endif  // BRINE_IR_GRAPH_H_
