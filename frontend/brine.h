// All that a model is written with: layers, losses and optimizers, with Keras's names, arguments and defaults.
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
// In the functional form, layers are called with tensors.  A layer that is called twice shares its parameters.
//
//   Tensor x = Input({784});
//   Tensor y = x + Relu(Dense({.units = 784})(x));
//   Model net("residual", x, y);
//
// In the comments below, n stands for the number of rows of a batch.  Images are [n, height, width, channels].
//
// Nothing here throws or aborts, whatever the arguments are.  Model::Mistakes(), or the program that BRINE_MODEL makes,
// reports all mistakes of a model at once, each with its source line: `model.cc:9: dense_1: units must be positive, got
// 0`.
#ifndef BRINE_FRONTEND_BRINE_H_
#define BRINE_FRONTEND_BRINE_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace brine {

namespace internal {
struct Record;  // what a tensor, layer, model or graph consists of (recorded.h)
struct Access;

// A counted reference to a record, which is never empty.  std::shared_ptr would do, but parsing <memory> takes longer
// than parsing the rest of this header, which every compilation of a model has to do.
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

// A real number.  A float stands for the shortest decimal number that rounds to it: 1e-3f is 0.001.
class Real {
 public:
  Real(float number);
  constexpr Real(double number) : value_(number) {}
  constexpr Real(int number) : value_(number) {}
  constexpr double value() const { return value_; }

 private:
  double value_;
};

// {height, width}, or one number for both.
struct Size2D {
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool given = false;  // whether the user gave a value

  constexpr Size2D() = default;
  constexpr Size2D(std::int64_t both) : height(both), width(both), given(true) {}
  constexpr Size2D(std::int64_t h, std::int64_t w) : height(h), width(w), given(true) {}
};

// The interval {lower, upper}; one number stands for {-number, number}.
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
  double value = 0;  // the number, if the name is "constant"

  Initializer(const char* known_name) : name(known_name) {}
  Initializer(std::string known_name) : name(std::move(known_name)) {}
  Initializer(std::string known_name, double constant) : name(std::move(known_name)), value(constant) {}
};
inline Initializer Constant(Real value) { return {"constant", value.value()}; }

using Shape = std::vector<std::int64_t>;  // of one row, that is without n

// ---- Tensors and layers

// The source line of a call: as a default argument, current() is the line of the call.  std::source_location would do,
// but takes another header, and clang 14 does not support that of GCC 12.
struct Line {
  const char* file;
  unsigned number;

  static constexpr Line current(const char* file = __builtin_FILE(), unsigned number = __builtin_LINE()) {
    return {file, number};
  }
};

// The input or the result of a layer.  Copies refer to the same tensor.
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

// A layer, as the functions below return it.  Each call applies it with the same parameters.  Copies refer to the same
// layer.
class Layer {
 public:
  Tensor operator()(const Tensor& input) const;

 private:
  friend struct internal::Access;
  explicit Layer(const internal::Handle& handle) : handle_(handle) {}
  internal::Handle handle_;
};

// The option of layers that have no other.
struct Named {
  std::string name = {};  // if empty, the layer gets Keras's automatic name: "flatten", "flatten_1" and so on
};

struct InputOptions {
  // "float32" or "uint8".  If empty, it is "uint8" if the first layer that computes with the input is a Rescaling,
  // otherwise "float32".  RandomFlip, RandomTranslation and Flatten only move elements, so that they may come before
  // the Rescaling.
  std::string dtype = {};
  std::string name = {};
};

// An input of rows of this shape.
Tensor Input(Shape shape, InputOptions options = {}, Line line = Line::current());

// scale · x + offset in float32, for x of any dtype.
Layer Rescaling(Real scale, Real offset = 0, Named options = {}, Line line = Line::current());

// y = activation(convolution of x with a kernel + bias).  x is [n, h, w, c], the kernel [kh, kw, c / groups, filters],
// and y [n, h', w', filters].
struct Conv2DOptions {
  std::int64_t filters = 0;
  Size2D kernel_size = {};
  Size2D strides = 1;
  std::string padding = "valid";  // "valid" or "same"
  Size2D dilation_rate = 1;
  std::int64_t groups = 1;
  std::string activation = {};  // "relu", "sigmoid", "tanh", "softmax", or "linear", which is the same as none
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  bool trainable = true;  // if false, training does not change the weights
  std::string name = {};
};
Layer Conv2D(Conv2DOptions options, Line line = Line::current());

// The maximum or the mean of each window, [n, h, w, c] to [n, h', w', c].  Padding does not count.
struct PoolingOptions {
  Size2D pool_size = 2;
  Size2D strides = {};            // pool_size if they are not given
  std::string padding = "valid";  // "valid" or "same"
  std::string name = {};
};
Layer MaxPooling2D(PoolingOptions options = {}, Line line = Line::current());
Layer AveragePooling2D(PoolingOptions options = {}, Line line = Line::current());

// The mean of each channel over all pixels, [n, h, w, c] to [n, c].
Layer GlobalAveragePooling2D(Named options = {}, Line line = Line::current());

// [n, a, b, …] to [n, a·b·…].
Layer Flatten(Named options = {}, Line line = Line::current());

// y = activation(x · kernel + bias).  x is [n, …, k], the kernel [k, units], and y [n, …, units].
struct DenseOptions {
  std::int64_t units = 0;
  std::string activation = {};  // as of Conv2D
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  bool trainable = true;  // if false, training does not change the weights
  std::string name = {};
};
Layer Dense(DenseOptions options, Line line = Line::current());

// Activations, as layers and as functions of tensors.  A softmax is over the last axis.
Layer Activation(std::string activation, Named options = {}, Line line = Line::current());
Layer ReLU(Named options = {}, Line line = Line::current());
Layer Softmax(Named options = {}, Line line = Line::current());
Tensor Relu(const Tensor& x, Line line = Line::current());
Tensor Sigmoid(const Tensor& x, Line line = Line::current());
Tensor Tanh(const Tensor& x, Line line = Line::current());
Tensor Softmax(const Tensor& x, Line line = Line::current());

// The next three layers act in training only; in evaluation and prediction their output is their input.

// Sets each element to zero with the probability `rate`, in [0, 1), and multiplies the others by 1 / (1 − rate).
Layer Dropout(Real rate, Named options = {}, Line line = Line::current());

// Mirrors each image or not, at random.  `mode` is "horizontal", "vertical" or "horizontal_and_vertical".
Layer RandomFlip(std::string mode = "horizontal_and_vertical", Named options = {}, Line line = Line::current());

// Shifts each image down and to the right by random shares, within the ranges, of its height and width.
struct RandomTranslationOptions {
  Range height_factor = {};                // within [−1, 1]; negative shares shift up
  Range width_factor = {};                 // within [−1, 1]; negative shares shift to the left
  std::string fill_mode = "reflect";       // "constant", "nearest", "reflect" or "wrap"
  std::string interpolation = "bilinear";  // "nearest" or "bilinear"
  Real fill_value = 0;                     // for the fill_mode "constant"
  std::string name = {};
};
Layer RandomTranslation(RandomTranslationOptions options, Line line = Line::current());

// The sum of two or more tensors of the same shape.
Tensor Add(const Tensors& tensors, Named options = {}, Line line = Line::current());

// Concatenates tensors along an axis.  They must agree in all other axes.
struct ConcatenateOptions {
  std::int64_t axis = -1;  // from 1, since axis 0 is n; negative numbers count from the end
  std::string name = {};
};
Tensor Concatenate(const Tensors& tensors, ConcatenateOptions options = {}, Line line = Line::current());

namespace internal {
// The right operand of +, with the source line of the expression.
struct LocatedTensor {
  const Tensor& tensor;
  Line line;
  LocatedTensor(const Tensor& operand, Line current = Line::current()) : tensor(operand), line(current) {}
};
}  // namespace internal
inline Tensor operator+(const Tensor& a, internal::LocatedTensor b) { return Add({a, b.tensor}, {}, b.line); }

// ---- Training

// An argument with Keras's name for it.  A bool is given as 0 or 1.
struct NamedNumber {
  std::string name;
  Real value;
};
using Numbers = std::vector<NamedNumber>;

struct Loss {
  std::string name;
  Numbers arguments = {};  // an argument that is left out has its default

  Loss() = default;
  Loss(const char* known_name) : name(known_name) {}
  Loss(std::string known_name, Numbers given = {}) : name(std::move(known_name)), arguments(std::move(given)) {}
};
struct CrossentropyOptions {
  bool from_logits = false;  // whether the output has logits; otherwise a softmax must produce it
};

// The loss of a row is −Σ over classes of label · ln(probability).  The output is [n, classes].  Labels are one-hot
// rows, or, for the sparse one, class numbers.
inline Loss CategoricalCrossentropy(CrossentropyOptions options = {}) {
  return {"categorical_crossentropy", {{"from_logits", int(options.from_logits)}}};
}
inline Loss SparseCategoricalCrossentropy(CrossentropyOptions options = {}) {
  return {"sparse_categorical_crossentropy", {{"from_logits", int(options.from_logits)}}};
}

// The loss of a row is the mean of (output − label)² over its elements.  Labels have the shape of the output.
inline Loss MeanSquaredError() { return "mean_squared_error"; }

// Kingma and Ba, "Adam: a method for stochastic optimization" (2015).
struct AdamOptions {
  Real learning_rate = 0.001;
  Real beta_1 = 0.9;
  Real beta_2 = 0.999;
  Real epsilon = 1e-7;
};
// Stochastic gradient descent, with momentum if it is not 0.
struct SGDOptions {
  Real learning_rate = 0.01;
  Real momentum = 0;
  bool nesterov = false;
};
struct Optimizer {
  std::string name = "adam";
  Numbers arguments = {};  // an argument that is left out has its default

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
using MetricNames = std::vector<std::string>;
struct Metrics : OfOutputs<MetricNames> {
  using OfOutputs::OfOutputs;
  Metrics(std::initializer_list<const char*> names) : OfOutputs(MetricNames(names.begin(), names.end())) {}
};

// What a model is trained for.  The only output of a model is called "output"; several have the names of their layers.
struct CompileOptions {
  Optimizer optimizer = {};   // "adam", "sgd", Adam(…) or SGD(…)
  Losses loss = {};           // the functions above, or their names: "categorical_crossentropy" and so on
  Metrics metrics = {};       // {"accuracy"} or none
  Numbers loss_weights = {};  // by output, 1 if none is given.  Training minimizes the sum of weight · loss
};

// ---- Models

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

#endif  // BRINE_FRONTEND_BRINE_H_
