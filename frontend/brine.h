// Brine's vocabulary for a model: layers, losses, optimizers, with Keras's names, arguments and defaults.
//
//   brine::Model BuildModel() {
//     using namespace brine;
//     Sequential net("mnist", Input({28, 28, 1}));
//     net.Add(Rescaling(1.0f / 255));
//     net.Add(Flatten());
//     net.Add(Dense({.units = 10, .activation = "softmax"}));
//     net.Compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
//     return net;
//   }
//   BRINE_MODEL(BuildModel)
//
// The functional form calls layers on tensors: `Tensor y = Dense({.units = 64})(x);  Tensor z = x + Relu(y);  Model
// m("net", x, z);`. A layer called twice shares its parameters.
//
// Nothing here throws or aborts.  Every layer remembers its source line; a model's mistakes are collected, and
// Model::Mistakes() or the program that BRINE_MODEL makes reports all of them at once, each as `model.cc:9: dense_1:
// units must be positive, got 0`.
#ifndef BRINE_FRONTEND_BRINE_H_
#define BRINE_FRONTEND_BRINE_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace brine {

namespace internal {
struct Record;  // the library's record of a tensor, layer, model or graph: recorded.h
struct Access;

// A counted reference to a record, never empty: std::shared_ptr without the parsing time of <memory>, which doubles
// that of this file.
class Handle {
 public:
  explicit Handle(Record* record);
  Handle(const Handle& other);
  Handle& operator=(const Handle& other);
  ~Handle();
  Record* record() const { return record_; }

 private:
  Record* record_;
};
}  // namespace internal

// ---- Arguments

// A real number.  A float means the shortest decimal that reads back as it, so 1e-3f is 0.001.
class Real {
 public:
  Real(float number);
  constexpr Real(double number) : value_(number) {}
  constexpr Real(int number) : value_(number) {}
  constexpr double value() const { return value_; }

 private:
  double value_;
};

// One number for both directions, or {height, width}.
struct Size2D {
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool given = false;

  constexpr Size2D() = default;
  constexpr Size2D(std::int64_t both) : height(both), width(both), given(true) {}
  constexpr Size2D(std::int64_t h, std::int64_t w) : height(h), width(w), given(true) {}
};

// {lower, upper}; one number means {-number, number}.
struct Range {
  double lower = 0;
  double upper = 0;

  constexpr Range() = default;
  Range(float both) : Range(Real(both)) {}
  constexpr Range(double both) : lower(-both), upper(both) {}
  constexpr Range(int both) : lower(-both), upper(both) {}
  constexpr Range(Real both) : lower(-both.value()), upper(both.value()) {}
  constexpr Range(Real from, Real to) : lower(from.value()), upper(to.value()) {}
};

// "glorot_uniform", "he_normal", "zeros", "ones", or Constant(value).
struct Initializer {
  std::string name;
  double value = 0;  // of "constant"

  Initializer(const char* known_name) : name(known_name) {}
  Initializer(std::string known_name) : name(std::move(known_name)) {}
  Initializer(std::string known_name, double constant) : name(std::move(known_name)), value(constant) {}
};
inline Initializer Constant(Real value) { return {"constant", value.value()}; }

using Shape = std::vector<std::int64_t>;  // without the batch dimension

// ---- Tensors and layers

// The source line of a call.  As a default argument, current() is the line of the call, as with std::source_location.
// That needs a header to be parsed, and clang 14 does not find it in the standard library of GCC 12.
struct Line {
  const char* file;
  unsigned number;

  static constexpr Line current(const char* file = __builtin_FILE(), unsigned number = __builtin_LINE()) {
    return {file, number};
  }
};

// A value between layers.  A handle: copies name the same tensor.
class Tensor {
  friend struct internal::Access;
  explicit Tensor(const internal::Handle& handle) : handle_(handle) {}
  internal::Handle handle_;
};

// One or several tensors.
struct Tensors {
  std::vector<Tensor> tensors;

  Tensors(const Tensor& tensor) : tensors{tensor} {}
  Tensors(std::initializer_list<Tensor> list) : tensors(list) {}
  Tensors(std::vector<Tensor> list) : tensors(std::move(list)) {}
};

// What the functions below return.  A handle: each call applies the same layer, with the same parameters.
class Layer {
 public:
  Tensor operator()(const Tensor& input) const;

 private:
  friend struct internal::Access;
  explicit Layer(const internal::Handle& handle) : handle_(handle) {}
  internal::Handle handle_;
};

struct Named {
  std::string name = {};  // empty: Keras's automatic name, "flatten", "flatten_1", …
};

struct InputOptions {
  std::string dtype =
      {};  // "float32", "uint8"; empty: "uint8" if the first layer to compute with the input is a Rescaling
           // (RandomFlip, RandomTranslation and Flatten only move its elements), else "float32"
  std::string name = {};
};
Tensor Input(Shape shape, InputOptions options = {}, Line line = Line::current());

// scale · x + offset, in float32; bytes are converted.
Layer Rescaling(Real scale, Real offset = 0, Named options = {}, Line line = Line::current());

// Activations: "linear" (or nothing), "relu", "sigmoid", "tanh", "softmax".  Paddings: "valid", "same".
struct Conv2DOptions {
  std::int64_t filters = 0;
  Size2D kernel_size = {};
  Size2D strides = 1;
  std::string padding = "valid";
  Size2D dilation_rate = 1;
  std::int64_t groups = 1;
  std::string activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  bool trainable = true;  // false: the weights stay as they are, or as --init loads them
  std::string name = {};
};
Layer Conv2D(Conv2DOptions options,
             Line line = Line::current());  // [n,h,w,c] -> [n,h',w',filters]; kernel [kh,kw,c/groups,filters]

struct PoolingOptions {
  Size2D pool_size = 2;
  Size2D strides = {};  // not given: pool_size
  std::string padding = "valid";
  std::string name = {};
};
Layer MaxPooling2D(PoolingOptions options = {}, Line line = Line::current());
Layer AveragePooling2D(PoolingOptions options = {}, Line line = Line::current());  // padding is not counted
Layer GlobalAveragePooling2D(Named options = {}, Line line = Line::current());     // [n,h,w,c] -> [n,c]

Layer Flatten(Named options = {}, Line line = Line::current());

struct DenseOptions {
  std::int64_t units = 0;
  std::string activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  bool trainable = true;  // false: the weights stay as they are, or as --init loads them
  std::string name = {};
};
Layer Dense(DenseOptions options, Line line = Line::current());  // on the last axis of any rank; kernel [in,units]

Layer Activation(std::string activation, Named options = {}, Line line = Line::current());
Layer ReLU(Named options = {}, Line line = Line::current());
Layer Softmax(Named options = {}, Line line = Line::current());
Tensor Relu(const Tensor& x, Line line = Line::current());
Tensor Sigmoid(const Tensor& x, Line line = Line::current());
Tensor Tanh(const Tensor& x, Line line = Line::current());
Tensor Softmax(const Tensor& x, Line line = Line::current());

// In training only: zeroes elements with probability `rate` in [0, 1) and scales the others by 1/(1 − rate).
Layer Dropout(Real rate, Named options = {}, Line line = Line::current());

// In training only: mirrors images at random: "horizontal", "vertical", "horizontal_and_vertical".
Layer RandomFlip(std::string mode = "horizontal_and_vertical", Named options = {}, Line line = Line::current());

// In training only: shifts images by a random share of their height (positive: down) and width (positive: right).
struct RandomTranslationOptions {
  Range height_factor = {};
  Range width_factor = {};
  std::string fill_mode = "reflect";       // "constant", "nearest", "reflect", "wrap"
  std::string interpolation = "bilinear";  // "nearest", "bilinear"
  Real fill_value = 0;                     // of fill_mode "constant"
  std::string name = {};
};
Layer RandomTranslation(RandomTranslationOptions options, Line line = Line::current());

// The sum of two or more tensors of the same shape.
Tensor Add(const Tensors& tensors, Named options = {}, Line line = Line::current());

// Concatenates tensors along an axis, the only one in which they may differ; axis 0 counts the samples, −1 is the last.
struct ConcatenateOptions {
  std::int64_t axis = -1;
  std::string name = {};
};
Tensor Concatenate(const Tensors& tensors, ConcatenateOptions options = {}, Line line = Line::current());

namespace internal {
struct LocatedTensor {  // an operand with the line of its expression
  const Tensor& tensor;
  Line line;
  LocatedTensor(const Tensor& operand, Line current = Line::current()) : tensor(operand), line(current) {}
};
}  // namespace internal
inline Tensor operator+(const Tensor& a, internal::LocatedTensor b) { return Add({a, b.tensor}, {}, b.line); }

// ---- Training

// An argument by Keras's name; a bool is 0 or 1.
struct NamedNumber {
  std::string name;
  Real value;
};
using Numbers = std::vector<NamedNumber>;

struct Loss {
  std::string name;
  Numbers arguments = {};  // those that are not given have their defaults

  Loss() = default;
  Loss(const char* known_name) : name(known_name) {}
  Loss(std::string known_name, Numbers given = {}) : name(std::move(known_name)), arguments(std::move(given)) {}
};
struct CrossentropyOptions {
  bool from_logits = false;  // false: the output is a softmax
};
inline Loss CategoricalCrossentropy(CrossentropyOptions options = {}) {  // labels are one-hot
  return {"categorical_crossentropy", {{"from_logits", int(options.from_logits)}}};
}
inline Loss SparseCategoricalCrossentropy(CrossentropyOptions options = {}) {  // labels are class numbers
  return {"sparse_categorical_crossentropy", {{"from_logits", int(options.from_logits)}}};
}
inline Loss MeanSquaredError() { return "mean_squared_error"; }  // labels are numbers of the output's shape

struct AdamOptions {
  Real learning_rate = 0.001;
  Real beta_1 = 0.9;
  Real beta_2 = 0.999;
  Real epsilon = 1e-7;
};
struct SGDOptions {
  Real learning_rate = 0.01;
  Real momentum = 0;
  bool nesterov = false;
};
struct Optimizer {
  std::string name = "adam";
  Numbers arguments = {};  // those that are not given have their defaults

  Optimizer() = default;
  Optimizer(const char* known_name) : name(known_name) {}  // "adam", "sgd"
  Optimizer(std::string known_name, Numbers given = {}) : name(std::move(known_name)), arguments(std::move(given)) {}
};
inline Optimizer Adam(AdamOptions options = {}) {
  return {"adam",
          {{"learning_rate", options.learning_rate},
           {"beta_1", options.beta_1},
           {"beta_2", options.beta_2},
           {"epsilon", options.epsilon}}};
}
inline Optimizer SGD(SGDOptions options = {}) {
  return {
      "sgd",
      {{"learning_rate", options.learning_rate}, {"momentum", options.momentum}, {"nesterov", int(options.nesterov)}}};
}

// Something for each output of a model by the output's name, {{"a", …}, {"b", …}}, or one for all of them.
template <typename T>
struct OfOutputs {
  struct Named {
    std::string output;
    T value;
  };
  std::vector<Named> named = {};
  T all = {};  // for outputs that are not named

  OfOutputs() = default;
  OfOutputs(T one) : all(std::move(one)) {}
  OfOutputs(std::initializer_list<Named> list) : named(list) {}
};
struct Losses : OfOutputs<Loss> {
  using OfOutputs::OfOutputs;
  Losses(const char* known_name) : OfOutputs(Loss(known_name)) {}
  Losses(std::string known_name) : OfOutputs(Loss(std::move(known_name))) {}
};
using MetricNames = std::vector<std::string>;
struct Metrics : OfOutputs<MetricNames> {
  using OfOutputs::OfOutputs;
  Metrics(std::initializer_list<const char*> names) : OfOutputs(MetricNames(names.begin(), names.end())) {}
};

// The only output of a model is called "output", several are called after their layers.
struct CompileOptions {
  Optimizer optimizer = {};
  Losses loss = {};           // "categorical_crossentropy", "sparse_categorical_crossentropy", "mean_squared_error"
  Metrics metrics = {};       // {"accuracy"}
  Numbers loss_weights = {};  // by output, 1 where none is given: the sum of weight·loss is trained
};

// ---- Models

// A graph read from a file.  When that failed, error() says why, and a model made from it has this mistake.
class Graph {
 public:
  bool ok() const { return error().empty(); }
  const std::string& error() const;

 private:
  friend struct internal::Access;
  explicit Graph(const internal::Handle& handle) : handle_(handle) {}
  internal::Handle handle_;
};
Graph LoadGraph(const std::string& path);  // .pb, .pbtxt or .ir

// A handle: copies name the same model.
class Model {
 public:
  Model(std::string name, const Tensors& inputs, const Tensors& outputs,
        Line line = Line::current());  // name: a C identifier
  static Model FromGraph(const Graph& graph,
                         Line line = Line::current());  // of stage *graph*; Compile() may be called anew

  void Compile(CompileOptions options, Line line = Line::current());

  std::vector<std::string> Mistakes() const;  // all of them, one line each; empty: the model is right

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

// Writes the model's graph as .pb, .pbtxt or .ir.  False when it has mistakes or the file cannot be written; `error`
// then says why.
bool SaveGraph(const Model& model, const std::string& path, std::string* error = nullptr);

namespace internal {
int ModelMain(int argc, char** argv, Model (*build)());
}  // namespace internal

// The program of a model file: without arguments it prints the model's summary; `--emit FILE` (or `-`) writes the graph
// as text. Exit code 3 when the model has mistakes, which are printed to stderr.
#define BRINE_MODEL(build) \
  int main(int argc, char** argv) { return ::brine::internal::ModelMain(argc, argv, build); }

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_H_
