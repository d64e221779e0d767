// The records behind the handles of brine.h.  They have the user's calls with their arguments, which were not checked.
// build_graph.cc checks them and makes the graph.
#ifndef BRINE_FRONTEND_RECORDED_H_
#define BRINE_FRONTEND_RECORDED_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "frontend/brine.h"
#include "ir/graph.h"

namespace brine::internal {

struct Symbol;
class LayerBuilder;

struct Record {
  std::atomic<int> handles{0};  // the number of handles that refer to the record
  virtual ~Record() = default;
};

// A line of the user's source.
struct Place {
  std::string file;  // without its folders
  int line = 0;

  Place() = default;
  Place(const Line& source);
  Place(std::string name, int number) : file(std::move(name)), line(number) {}
};

// A mistake that was seen when a call was recorded.
struct Remark {
  Place place;
  std::string subject, sentence;
};

// The number of a record, greater than that of all earlier ones.
int64_t NextSerial();

// What a layer does with the elements of its inputs, which decides the dtype of an input to which the user gave none.
struct LayerTraits {
  bool moves_elements = false;     // the output has elements of the inputs, and perhaps a constant, but no others
  bool rescales_elements = false;  // the output has floats of another range
};

struct LayerRecord : Record {
  std::string kind;    // "Conv2D"
  std::string prefix;  // of automatic names: "conv2d"
  std::string name;    // empty if the user gave none
  LayerTraits traits;
  Place place;
  bool frozen = false;                // whether Freeze() made its weights untrainable
  std::vector<Remark> mistakes = {};  // in calls of Freeze(), of models that end in this layer
  int64_t serial = NextSerial();
  // Checks the arguments, and adds the nodes of one call.  The inputs may be unknown; then only the arguments are
  // checked.
  std::function<Symbol(LayerBuilder&)> lower;

  // Of an input only.
  Shape shape;
  std::string dtype;  // empty if the user gave none
  bool is_input() const { return kind == "InputLayer"; }
};

struct CallRecord : Record {
  Handle layer;
  std::vector<Handle> inputs;  // CallRecords, all made before this one
  int64_t serial = NextSerial();

  explicit CallRecord(const Handle& called) : layer(called) {}
};

struct GraphRecord : Record {
  std::string error;  // why the file could not be read; empty if it was
  ir::Graph graph;
};

struct ModelRecord : Record {
  std::string name;
  Place place;
  bool sequential = false;              // whether it was made as a Sequential
  std::vector<Handle> inputs, outputs;  // CallRecords; a sequential model has one of each
  std::optional<Handle> graph;          // a GraphRecord, if the model was made from one; the above is then empty
  std::optional<CompileOptions> compile;
  Place compile_place;
  std::vector<Remark> mistakes;  // of a model that was made from a graph
};

// Converts between the classes of brine.h and the records.
struct Access {
  template <typename RecordType>
  static RecordType& Get(const Handle& handle) {
    return static_cast<RecordType&>(*handle.record());
  }
  static const Handle& HandleOf(const Tensor& tensor) { return tensor.handle_; }
  static const Handle& HandleOf(const Layer& layer) { return layer.handle_; }
  static const Handle& HandleOf(const Graph& graph) { return graph.handle_; }
  static const Handle& HandleOf(const Model& model) { return model.handle_; }
  template <typename Public>
  static Public Make(const Handle& handle) {
    return Public(handle);
  }
};

inline LayerRecord& LayerOf(const CallRecord& call) { return Access::Get<LayerRecord>(call.layer); }

// The calls on which the given ones depend, with these, in the order in which they were made.
std::vector<const CallRecord*> CallsBefore(const std::vector<Handle>& calls);

// The layers of the calls in the order in which they were made, each once.
std::vector<LayerRecord*> LayersOf(const std::vector<const CallRecord*>& calls);

// Makes a layer from the fields of its record.
Layer MakeLayer(std::string kind, std::string prefix, std::string name, const Line& line,
                std::function<Symbol(LayerBuilder&)> lower, LayerTraits traits = {});

// The result of a call of the layer.
Tensor Call(const Layer& layer, const std::vector<Tensor>& inputs);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_RECORDED_H_
