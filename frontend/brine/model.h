// Models: what Compile() takes, graphs in files, and the main function of a model file.
#ifndef BRINE_FRONTEND_BRINE_MODEL_H_
#define BRINE_FRONTEND_BRINE_MODEL_H_

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "losses.h"
#include "metrics.h"
#include "optimizers.h"
#include "tensor.h"

namespace brine {

// A T for each output of a model, by the output's name, {{"a", …}, {"b", …}}, or one for all outputs.
template <typename T>
struct OfOutputs {
  struct Named {
    std::string output;
    T value;
  };
  std::vector<Named> named = {};
  T all = {};  // the one for all outputs, if `named` is empty

  OfOutputs() = default;
  OfOutputs(T one) : all(std::move(one)) {}
  OfOutputs(std::initializer_list<Named> list) : named(list) {}
};
struct Losses : OfOutputs<Loss> {
  using OfOutputs::OfOutputs;
  Losses(const char* known_name) : OfOutputs(Loss(known_name)) {}
  Losses(std::string known_name) : OfOutputs(Loss(std::move(known_name))) {}
};
using MetricList = std::vector<Metric>;
struct Metrics : OfOutputs<MetricList> {
  using OfOutputs::OfOutputs;
  Metrics(std::initializer_list<Metric> metrics) : OfOutputs(MetricList(metrics)) {}
};

// What a model is trained for.  The only output of a model is called "output"; several have the names of their layers.
struct CompileOptions {
  Optimizer optimizer = {};   // "adam", "sgd", Adam(…) or SGD(…)
  Losses loss = {};           // the functions of losses.h, or their names: "categorical_crossentropy" and so on
  Metrics metrics = {};       // {"accuracy", Precision({.thresholds = 0.3f})}: those of metrics.h, or their names
  Numbers loss_weights = {};  // by output, 1 if none is given.  Training minimizes the sum of weight · loss
};

// A graph that was read from a file.  If that failed, error() says why, and a model that is made from the graph has
// this mistake.
class Graph {
 public:
  bool ok() const { return error().empty(); }
  const std::string& error() const;

 private:
  friend struct internal::Access;
  explicit Graph(const internal::Handle& handle) : handle_(handle) {}
  internal::Handle handle_;
};
Graph LoadGraph(const std::string& path);  // a .pb, .pbtxt or .ir file

// A model.  Copies refer to the same model.
class Model {
 public:
  // `name` must be a C identifier, since the compiled program's functions begin with it.
  Model(std::string name, const Tensors& inputs, const Tensors& outputs, Line line = Line::current());
  // The model of a graph of stage *graph*.  Compile() replaces the losses and the optimizer that the graph may have.
  static Model FromGraph(const Graph& graph, Line line = Line::current());

  void Compile(CompileOptions options, Line line = Line::current());

  // Makes the layers that the model has so far untrainable: training leaves their weights as they are, and a batch
  // normalization uses its moving mean and variance in training, too.  Other models with these layers see it, and
  // layers that are added later are trained.  Keras: model.trainable = False.
  void Freeze(Line line = Line::current());
  // The same for the layer of this name, which may be an automatic one.  Keras: get_layer(name).trainable = False.
  void Freeze(const std::string& layer, Line line = Line::current());

  std::vector<std::string> Mistakes() const;  // one line each; empty if the model has none

 protected:
  friend struct internal::Access;
  explicit Model(const internal::Handle& handle) : handle_(handle) {}
  internal::Handle handle_;
};

// A model whose layers follow one another.
class Sequential : public Model {
 public:
  Sequential(std::string name, const Tensor& input, Line line = Line::current());
  void Add(const Layer& layer);
};

// Writes the graph of the model to a .pb, .pbtxt or .ir file.  Returns false if the model has mistakes or the file
// cannot be written; `error`, if it is not null, then says why.
bool SaveGraph(const Model& model, const std::string& path, std::string* error = nullptr);

namespace internal {
int ModelMain(int argc, char** argv, Model (*build)());
}  // namespace internal

// Defines the main function of a model file; `build` is the function that makes the model.  Without arguments, the
// program prints the summary of the model.  With `--emit FILE`, it writes the graph as text, to stdout if FILE is `-`.
// If the model has mistakes, the program prints them to stderr and ends with the exit code 3.
#define BRINE_MODEL(build) \
  int main(int argc, char** argv) { return ::brine::internal::ModelMain(argc, argv, build); }

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_MODEL_H_
