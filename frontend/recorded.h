// What brine.h's handles refer to: the user's calls as they were made, unchecked.  build_graph.cc turns them into a
// graph.
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
  std::atomic<int> handles{0};
  virtual ~Record() = default;
};

// A line of the user's source; the file without its folders.
struct Place {
  std::string file;
  int line = 0;

  Place() = default;
  Place(const Line& source);
  Place(std::string name, int number) : file(std::move(name)), line(number) {}
};

int64_t NextSerial();  // 1, 2, …: the order in which the user's calls were made

// What a layer does with the elements of its inputs.  An input without dtype is bytes if its elements are moved at most
// before they are rescaled.
struct LayerTraits {
  bool moves_elements = false;     // its output holds elements of its inputs, and perhaps a constant
  bool rescales_elements = false;  // it computes floats of another range
};

struct LayerRecord : Record {
  std::string kind;    // "Conv2D"
  std::string prefix;  // what automatic names begin with: "conv2d"
  std::string name;    // empty: automatic
  LayerTraits traits;
  Place place;
  int64_t serial = NextSerial();
  std::function<Symbol(LayerBuilder&)>
      lower;  // adds one call's nodes; also called when inputs are unknown, to check the arguments

  // Of an input.
  Shape shape;
  std::string dtype;  // empty: as its readers need it
  bool is_input() const { return kind == "InputLayer"; }
};

struct CallRecord : Record {
  Handle layer;
  std::vector<Handle> inputs;  // of CallRecords, made before this one
  int64_t serial = NextSerial();

  explicit CallRecord(const Handle& called) : layer(called) {}
};

struct GraphRecord : Record {
  std::string error;
  ir::Graph graph;
};

struct ModelRecord : Record {
  std::string name;
  Place place;
  bool sequential = false;
  std::vector<Handle> inputs, outputs;  // CallRecords; a sequential model has one of each
  std::optional<Handle> graph;          // a GraphRecord, instead of the above
  std::optional<CompileOptions> compile;
  Place compile_place;
};

// Between the public handles and the records.
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

inline const LayerRecord& LayerOf(const CallRecord& call) { return Access::Get<LayerRecord>(call.layer); }

// The usual way to make a layer.
Layer MakeLayer(std::string kind, std::string prefix, std::string name, const Line& line,
                std::function<Symbol(LayerBuilder&)> lower, LayerTraits traits = {});

Tensor Call(const Layer& layer, const std::vector<Tensor>& inputs);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_RECORDED_H_
