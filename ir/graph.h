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

// What a graph computes.  A graph has the function kModel exactly if its stage is kGraph.
enum class Function : uint8_t { kModel, kTrain, kEvaluate, kPredict };

// The blocks of memory in which values lie.  They have the names and the order of the runtime's (brine_block).
enum class Block : uint8_t { kArena, kInputs, kParameters, kGradients, kSlots, kConstants, kOutputs, kNonTrainable };
inline constexpr size_t kBlockCount = static_cast<size_t>(Block::kNonTrainable) + 1;

// The place of a value in memory.
struct Placement {
  Block block = Block::kArena;
  int64_t offset = 0;  // in bytes from the start of the block, a multiple of 64
  bool operator==(const Placement&) const = default;
};

// The line of the user's program from which a node or state comes, and the layer to which it belongs.
struct Location {
  std::string file;
  int line = 0;
  std::string layer;
  bool operator==(const Location&) const = default;
};

struct Value {
  std::string name;  // unique in the graph; a legal name as in names.h
  Type type;
  std::optional<Placement> placement;  // set only at Stage::kPlanned
};

// An application of an op, or, if `op` is null, a kernel: a group of ordinary nodes that one compiled function
// executes.  The nodes of a kernel's body read and define values of the same graph.  The inputs of the kernel are the
// values that the body reads but does not define.  Its outputs are the values of the body that are read outside it.
struct Node {
  const Op* op = nullptr;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  Attributes attributes;            // empty for a kernel
  std::vector<Location> locations;  // of every node of the model from which this one was made

  // Of a kernel only:
  std::string region;           // the kind of the kernel, a row of passes/regions.h: "contraction", "loop"
  std::vector<int64_t> sparse;  // indices of the inputs that have many zeros, ascending
  int64_t scratch_bytes = 0;    // the working memory beyond the operands; 0 until the kernel has been compiled
  std::vector<Node> body;

  bool is_kernel() const { return op == nullptr; }
};

// A term of a host expression: a number, or an operation on the results of the terms before it.
enum class TermKind : uint8_t {
  kConstant,
  kScalar,
  kStep,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kPow,
  kMin,
  kMax,
  kSqrt,
  kExp,
  kLog,
  kCos,
  kFloor,
  kLess,
  kSelect,
  kQPochhammer,
  // Only in the expression of a result:
  kRows,    // the number of rows over which the sums were taken
  kOutput,  // element i of a sum; of f32[], its only one
  kNext     // element i + 1 of a sum
};
struct Term {
  TermKind kind = TermKind::kConstant;
  double number = 0;  // the constant, if the kind is kConstant
  // If the kind is kScalar: an earlier input of the graph, with Source::kScalar or Source::kExpression.
  ValueId scalar = kNoValue;
  int32_t output = 0;  // the index in Graph::outputs of the sum, if the kind is kOutput or kNext
  bool operator==(const Term&) const = default;
};

// A formula that the host computes in double before each step, in postfix order.  expression.h makes, prints and
// evaluates expressions.
using Expression = std::vector<Term>;

// How the host fills an input of the graph before each step.
enum class Source : uint8_t {
  kData,        // rows of samples
  kLabel,       // rows of labels
  kScalar,      // f32[]: a number that the host may set by the name of the input
  kSeed,        // u32[2]: the low and the high word of the seed
  kStep,        // u32[2]: the number of training steps that were done before this one, and the number of rows of the
                // batch that lie in shards before this one
  kRows,        // f32[]: n, the number of rows of this shard, or of a batch that is not cut into shards
  kExpression,  // f32[]: the result of Input::expression
  kWeight       // f32[n]: the weight of each row in a loss, which is that of the sample, 1 unless the host has another,
                // divided by n
};
struct Input {
  ValueId value = kNoValue;
  Source source = Source::kData;
  double initial = 0;          // of a kScalar: the value until the host sets another
  Expression expression = {};  // of a kExpression
};

// The role of a state in training.
enum class Role : uint8_t {
  kParameter,  // a weight that is trained: it has a gradient, and the optimizer updates it
  kSlot,       // the optimizer's state for a parameter
  kFrozen,     // a weight that is not trained
  kStatistic,  // a weight that no gradient trains: the model itself updates it, as a moving mean, or the trainer
               // computes it from the training data
  kAverage     // the moving average of a parameter
};

// How a state gets its content before the first step.  initialize.cc has the formulas.
enum class InitializerKind : uint8_t {
  kConstant,         // the argument
  kUniform,          // numbers from [mean − argument, mean + argument)
  kTruncatedNormal,  // numbers of a normal distribution, drawn again if they differ from the mean by more than
                     // 2·argument, where argument is the standard deviation before this truncation
  kNormal,           // the same without truncation
  kOrthogonal,       // a matrix with orthonormal columns, or rows if it has fewer of them, times the argument
  kIdentity,         // a matrix: the argument where row and column have the same number, else 0
  kDataMean,         // the argument; before the first epoch, the trainer replaces it by the mean of each channel of an
                     // input over the training data
  kDataVariance      // the same with the variance, which is the mean of the squared deviations from the mean
};
struct Initializer {
  InitializerKind kind = InitializerKind::kConstant;
  double argument = 0;
  double mean = 0;          // of a distribution; 0 for the other kinds
  ValueId data = kNoValue;  // of kDataMean and kDataVariance: the input, whose last axis has the channels

  bool is_distribution() const {
    return kind == InitializerKind::kUniform || kind == InitializerKind::kTruncatedNormal ||
           kind == InitializerKind::kNormal;
  }
  bool is_of_data() const { return kind == InitializerKind::kDataMean || kind == InitializerKind::kDataVariance; }
  bool operator==(const Initializer&) const = default;
};

// A value that lives across steps.  Within a step, nodes read the content that it had after the step before.
struct State {
  ValueId value = kNoValue;
  Role role = Role::kParameter;
  Initializer initializer;
  Location location;
};

// After each step, the content of `state` is `value`.
struct Update {
  ValueId state = kNoValue;
  ValueId value = kNoValue;
};

struct Output {
  // In a model "output", or the name of the layer if there are several outputs; in a training graph "loss" and the
  // names of training.h.
  std::string name;
  ValueId value = kNoValue;
  bool is_sum = false;  // the host adds the output up over the batches of an epoch, and computes results from the sum
};

// A number that the host computes in double, after some batches, from sums over their rows: Σ over i below `summands`
// of the expression, whose terms are elements i of the sums.
struct Result {
  std::string name;
  Expression expression;
  int64_t summands = 1;
  bool operator==(const Result&) const = default;
};

// A layer of the model, as `brine summary` lists it.
struct Layer {
  std::string name;  // "conv2d"
  std::string kind;  // "Conv2D"
  Type output;
  Location location;
};

// A metric of an output.
struct MetricUse {
  std::string metric;    // a row of metrics.h
  Attributes arguments;  // of the metric, such as thresholds
  std::string name;      // of its result; unique among the metrics of the output
  bool operator==(const MetricUse&) const = default;
};

// The loss and the metrics of one output.
struct Objective {
  std::string output;    // an output of the graph
  std::string loss;      // a row of losses.h
  Attributes arguments;  // the arguments of the loss, such as from_logits
  double weight = 1;     // the factor of this loss in the sum that is minimized
  std::vector<MetricUse> metrics;
};

// The factor by which the learning rate of a layer's parameters is multiplied.
struct RateMultiplier {
  std::string layer;  // "conv2d"
  double factor = 1;
  bool operator==(const RateMultiplier&) const = default;
};

// The arguments of Compile(); the training passes turn them into nodes.
struct Training {
  std::vector<Objective> objectives;  // at most one for each output; empty if Compile() was not called
  std::string optimizer;              // a row of optimizers.h
  Attributes optimizer_arguments;     // initial values of scalars (learning_rate, beta_1) and bools (nesterov)
  Location location;
  std::vector<RateMultiplier> learning_rate_multipliers = {};
  std::vector<std::string> exclude_from_weight_decay =
      {};  // a parameter whose name contains one of these does not decay
};

class Graph {
 public:
  std::string name;
  Stage stage = Stage::kGraph;
  Function function = Function::kModel;
  int64_t batch_size = 0;  // the largest n; 0 in a model, for which none was chosen yet

  std::vector<Layer> layers;
  Training training;  // set at Stage::kGraph, and until AddOptimizer has used it
  std::vector<Value> values;
  std::vector<Input> inputs;
  std::vector<State> states;
  std::vector<Node> nodes;
  std::vector<Update> updates;
  std::vector<ValueId> penalties;  // f32[]: the terms that regularizers add to the loss, until AddLoss has added them
  std::vector<Output> outputs;
  std::vector<Result> results;

  const Value& value(ValueId id) const { return values[Index(id)]; }
  Value& value(ValueId id) { return values[Index(id)]; }
  const Type& type(ValueId id) const { return value(id).type; }
  const Node& node(NodeId id) const { return nodes[Index(id)]; }
  Node& node(NodeId id) { return nodes[Index(id)]; }
  Ids<ValueId> value_ids() const { return Ids<ValueId>(values.size()); }
  Ids<NodeId> node_ids() const { return Ids<NodeId>(nodes.size()); }

  // Adds a value.  If the name is taken, a number is appended: "relu", "relu_1" and so on.  An empty name stands for
  // "v".
  ValueId AddValue(absl::string_view name, Type type);

  // Adds a node at the end, fills in the defaults of its attributes, derives the types of its outputs by the op's shape
  // rule, and returns the outputs.  The first output is named `name`, or like the op if `name` is empty; each further
  // one is named "<name>.<the op's name of the result>".
  // Errors: attributes that the schema refuses, and inputs that the shape rule refuses, as one sentence without a
  // place.  An error leaves the graph as it was.
  absl::StatusOr<std::vector<ValueId>> AddNode(const Op& op, std::vector<ValueId> inputs, Attributes attributes,
                                               std::vector<Location> locations, absl::string_view name = "");

  ValueId FindValue(absl::string_view name) const;  // kNoValue if no value has the name
  const State* FindState(ValueId value) const;      // null if the value is not a state
  const Input* FindInput(ValueId value) const;      // null if the value is not an input

 private:
  // The names of `values`, by which AddValue finds names that are taken.  AddValue fills the set again when its size
  // shows that values were added or removed directly.
  mutable absl::flat_hash_set<std::string> names_;
};

// Text that tells a user which line of the model is meant: "model.cc:9: conv2d".  If no line is known, since `location`
// is null or has no file, the text is `name`.
std::string PlaceOf(const Location* location, absl::string_view name);

// Whether Compile() was called, that is, whether anything differs from Training().
bool IsCompiled(const Training& training);

// The block of a planned graph in which states of this role lie.
Block BlockOf(Role role);

// The names of enumerators in the text form and in messages, and the enumerators by these names.
absl::string_view StageName(Stage stage);  // "graph", "train", "fused", "planned"
absl::string_view FunctionName(Function function);
absl::string_view BlockName(Block block);
absl::string_view SourceName(Source source);  // "data", "label", "scalar", "seed", "step" and so on
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
