// The functions for lowering a layer: the types of its inputs, ways to add nodes and parameters, and its mistakes.
//
// Lowering continues after a mistake, so that later independent mistakes are found too.  An illegal argument is
// replaced by a legal one, and the axes whose extent depends on it are marked as guessed.  Code that reports a mistake
// about an extent first tests whether it was guessed.
#ifndef BRINE_FRONTEND_LAYERS_LAYER_BUILDER_H_
#define BRINE_FRONTEND_LAYERS_LAYER_BUILDER_H_

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "frontend/recorded.h"
#include "ir/graph.h"
#include "ir/op.h"

namespace brine::internal {

// A value while a model is lowered.
struct Symbol {
  ir::ValueId value = ir::kNoValue;  // kNoValue: not even its rank is known, because of a mistake
  uint32_t guessed = 0;              // bit a: the extent of axis a follows from a mistake
  bool learned = false;              // depends on a parameter that is trained

  bool known() const { return value != ir::kNoValue; }
  bool Guessed(int axis) const { return (guessed >> axis & 1) != 0; }
};

// The mistakes of a model, in the order of its calls.
class Mistakes {
 public:
  void Add(const Place& place, absl::string_view subject, absl::string_view sentence);
  const std::vector<std::string>& lines() const { return lines_; }
  bool empty() const { return lines_.empty(); }

 private:
  std::vector<std::string> lines_;
};

std::string Quoted(absl::string_view text);                    // "text", on one line whatever it holds
std::string OneOf(absl::Span<const absl::string_view> names);  // "a, b, c"
std::string ShapeText(const ir::Shape& shape);                 // "(n, 6, 6, 10)"

// "unknown loss "mse1"; did you mean mse?", or a list of what is known if nothing is similar.
std::string Unknown(absl::string_view what, absl::string_view name, const std::vector<absl::string_view>& known);

// Why a number cannot be an argument that is a float32, in one sentence; empty if it can.
std::string FiniteFault(absl::string_view argument, double number);

inline constexpr const char* kImages = "images (n, height, width, channels)";
inline constexpr uint32_t kPixels = 0b0110;  // the bits of the axes height and width of images

class LayerBuilder {
 public:
  // `name` is the layer's; the calls of a shared layer are numbered from 0.
  LayerBuilder(ir::Graph& graph, Mistakes& mistakes, const LayerRecord& layer, std::string name, int call,
               std::vector<Symbol> inputs);

  const std::string& name() const { return name_; }
  const std::vector<Symbol>& inputs() const { return inputs_; }
  const Symbol& input() const { return inputs_.front(); }
  const ir::Type& type(const Symbol& symbol) const { return graph_.type(symbol.value); }

  void Mistake(absl::string_view sentence);

  // Each reports a mistake and returns false if the argument is not what the function's name says.
  bool Positive(absl::string_view argument, int64_t value);  // and at most 2³¹ − 1
  bool Finite(absl::string_view argument, double value);     // as float32
  bool Known(absl::string_view argument, absl::string_view value, absl::Span<const absl::string_view> names);
  void CheckInitializer(absl::string_view argument, const Initializer& initializer);
  void CheckRegularizer(absl::string_view argument, const Regularizer& regularizer);
  bool HasRank(const Symbol& x, int rank, absl::string_view what);  // also false, silently, for an unknown value

  // The argument `axis`, counted from the front, or 0 after a mistake: x does not have the axis, or the axis is n.
  int FindAxis(int64_t axis, const Symbol& x);

  // Adds a node and returns its first output: the layer's own value if it is the `last`, else "<layer>.<op>".  An error
  // of the op is the user's mistake.  An axis of the result is guessed if it is guessed in an input of the same rank;
  // if an input of another rank has guessed axes, all are.
  Symbol Emit(const ir::Op& op, const std::vector<Symbol>& inputs, ir::Attributes attributes = {}, bool last = true);
  Symbol EmitIntermediate(const ir::Op& op, const std::vector<Symbol>& inputs, ir::Attributes attributes = {}) {
    return Emit(op, inputs, std::move(attributes), /*last=*/false);
  }

  // Calls `lower`, whose last node is not that of the layer.
  Symbol Nested(absl::FunctionRef<Symbol()> lower);

  Symbol Constant(absl::string_view suffix, double value);  // f32[] "<layer>.<suffix>"
  Symbol Table(absl::string_view suffix, const ir::Shape& shape, const std::vector<double>& values);  // f32
  // Random numbers of the shape, from the distribution of the op, different in each step.  Several draws of a call have
  // different names.
  Symbol Draw(const ir::Op& op, const ir::Shape& shape, absl::string_view name = "");
  // The layer's own value: y in training, and x, of the same type, elsewhere.
  Symbol InTraining(Symbol y, const Symbol& x);
  // Whether the layer is trained, if the argument trainable is `argument`.
  bool IsTrained(bool argument) const { return argument && !layer_.frozen; }
  // A weight "<layer>/<suffix>", which all calls of a shared layer have in common.  Its initializer was checked above.
  Symbol Parameter(absl::string_view suffix, const ir::Shape& shape, const Initializer& initializer, bool trainable);

  // Adds the penalty of a weight to those of the graph, in the layer's first call, and if the weight is trained.
  // `argument` is the name of the regularizer, which was checked above.
  void PenalizeWeight(absl::string_view argument, const Regularizer& regularizer, const Symbol& weight);
  // Adds the penalty of the output of this call, divided by the number of rows.
  void PenalizeActivity(absl::string_view argument, const Regularizer& regularizer, const Symbol& output);

  // A weight that no optimizer trains.  The layer itself computes its next value in training, such as a moving mean.
  Symbol Statistic(absl::string_view suffix, const ir::Shape& shape, const Initializer& initializer);
  // A statistic of the training data in `data`, which must be an input of the model: a number for each channel, that is
  // each index of the last axis.  It is `initial` until there are training data.  All calls of a shared layer must have
  // the same input.
  Symbol DataStatistic(absl::string_view suffix, ir::InitializerKind kind, double initial, const Symbol& data);
  // The value that the statistic will have after the updates of the layer's earlier calls in this step.
  Symbol Latest(const Symbol& statistic) const;
  // After a training step the statistic holds `value`, of its type.
  void Update(const Symbol& statistic, const Symbol& value);

  Symbol Scalar(absl::string_view suffix, double initial);  // input f32[] "<layer>/<suffix>"
  Symbol Seed();
  Symbol Step();
  Symbol Rows();                                        // input f32[]: the number of rows of the batch
  int64_t RandomId(absl::string_view draw = "") const;  // of the numbers that this call draws, or one draw of several
  Symbol DataInput(const ir::Type& type);
  bool IsDataInput(const Symbol& x) const;  // whether it is an input of the model, as the samples have it
  Symbol AsReal(const Symbol& x);           // float32: bytes are cast

 private:
  std::string Prefix() const;  // of the call's values: "dense", "dense:1"
  ir::Location Where() const;
  Symbol HostInput(absl::string_view name, ir::Type type, ir::Source source, double initial);
  Symbol PenaltyOf(absl::string_view argument, const Regularizer& regularizer, const Symbol& x);
  Symbol Weight(absl::string_view suffix, const ir::Shape& shape, const Initializer& initializer, ir::Role role);
  Symbol State(absl::string_view suffix, const ir::Shape& shape, const ir::Initializer& initializer, ir::Role role);

  ir::Graph& graph_;
  Mistakes& mistakes_;
  const LayerRecord& layer_;
  std::string name_;
  int call_;
  int nested_ = 0;  // calls of Nested() that have not ended
  std::vector<Symbol> inputs_;
};

// Makes a layer from its options, of which one is `name`, and the function that lowers it.  An option
// `activity_regularizer` is checked and lowered here.
template <typename Options>
Layer MakeLayer(std::string kind, std::string prefix, const Line& line, Options options,
                Symbol (*lower)(const Options& options, LayerBuilder& builder)) {
  std::string name = options.name;
  return MakeLayer(std::move(kind), std::move(prefix), std::move(name), line,
                   [lower, options = std::move(options)](LayerBuilder& builder) {
                     if constexpr (requires { options.activity_regularizer; }) {
                       constexpr absl::string_view kArgument = "activity_regularizer";
                       builder.CheckRegularizer(kArgument, options.activity_regularizer);
                       const Symbol output = lower(options, builder);
                       builder.PenalizeActivity(kArgument, options.activity_regularizer, output);
                       return output;
                     } else {
                       return lower(options, builder);
                     }
                   });
}

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_LAYERS_LAYER_BUILDER_H_
