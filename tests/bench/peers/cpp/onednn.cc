// The tutorial network by hand on oneDNN: each primitive has the layout that it asks for, weights stay in the layout of
// the forward pass, ReLU is a part of the layer before it, and Adam is one loop over each parameter.
#include <omp.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <oneapi/dnnl/dnnl.hpp>
#include <random>
#include <unordered_map>

#include "tests/bench/peers/cpp/rounds.h"

namespace {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;
using Arguments = std::unordered_map<int, memory>;
using Dims = memory::dims;

constexpr float kLearningRate = 1e-3f, kBeta1 = 0.9f, kBeta2 = 0.999f, kEpsilon = 1e-7f;
constexpr int64_t kFewElements = 4096;  // that are updated faster by one thread
const Dims kOnes = {1, 1}, kTwos = {2, 2}, kZeros = {0, 0};

float* Values(const memory& block) { return static_cast<float*>(block.get_data_handle()); }

memory::desc AnyLayout(const Dims& dims) { return {dims, memory::data_type::f32, memory::format_tag::any}; }

memory::desc PlainLayout(const Dims& dims) {
  constexpr memory::format_tag kTags[] = {memory::format_tag::a, memory::format_tag::ab, memory::format_tag::abc,
                                          memory::format_tag::abcd};
  return {dims, memory::data_type::f32, kTags[dims.size() - 1]};
}

int64_t Product(const Dims& dims) {
  return std::accumulate(dims.begin(), dims.end(), int64_t{1}, std::multiplies<int64_t>());
}

dnnl::primitive_attr WithActivation(bool relu) {
  dnnl::primitive_attr attributes;
  if (!relu) return attributes;
  dnnl::post_ops after;
  after.append_eltwise(algorithm::eltwise_relu, 0, 0);
  attributes.set_post_ops(after);
  return attributes;
}

// Layers are added from the first to the last, then `Finish` adds the backward pass.
class Network {
 public:
  explicit Network(const memory::desc& input) : input_(Zeros(input)), last_(input_) {}

  void Conv(int64_t filters) {
    const Dims from = last_.get_desc().get_dims(), weights = {filters, from[1], 3, 3},
               to = {from[0], filters, from[2] - 2, from[3] - 2};
    // The layout of the images is given, and nobody asks for their gradient.
    const bool is_first = tape_.empty();
    const memory::desc source = is_first ? last_.get_desc() : AnyLayout(from);
    const memory::desc bias = PlainLayout({filters});
    const dnnl::convolution_forward::primitive_desc forward(
        engine_, prop_kind::forward_training, algorithm::convolution_direct, source, AnyLayout(weights), bias,
        AnyLayout(to), kOnes, kZeros, kZeros, WithActivation(true));
    const dnnl::convolution_backward_weights::primitive_desc of_weights(engine_, algorithm::convolution_direct, source,
                                                                        AnyLayout(weights), bias, AnyLayout(to), kOnes,
                                                                        kZeros, kZeros, forward);
    const dnnl::convolution_backward_data::primitive_desc of_data(engine_, algorithm::convolution_direct,
                                                                  AnyLayout(from), AnyLayout(weights), AnyLayout(to),
                                                                  kOnes, kZeros, kZeros, forward);
    Weighted(forward, of_weights, of_data, 9 * from[1], 9 * filters, true, is_first);
  }

  void Pool() {
    const Dims from = last_.get_desc().get_dims(), to = {from[0], from[1], from[2] / 2, from[3] / 2};
    const memory::desc source = last_.get_desc();
    const dnnl::pooling_forward::primitive_desc forward(engine_, prop_kind::forward_training, algorithm::pooling_max,
                                                        source, AnyLayout(to), kTwos, kTwos, kZeros, kZeros, kZeros);
    const dnnl::pooling_backward::primitive_desc of_data(engine_, algorithm::pooling_max, source, forward.dst_desc(),
                                                         kTwos, kTwos, kZeros, kZeros, kZeros, forward);
    const memory result = Zeros(forward.dst_desc()), positions = Zeros(forward.workspace_desc());
    forward_.push_back({dnnl::pooling_forward(forward),
                        {{DNNL_ARG_SRC, last_}, {DNNL_ARG_DST, result}, {DNNL_ARG_WORKSPACE, positions}}});
    tape_.push_back([=, this](const memory& gradient) {
      const memory given = In(backward_, gradient, of_data.diff_dst_desc()), made = Zeros(of_data.diff_src_desc());
      backward_.push_back({dnnl::pooling_backward(of_data),
                           {{DNNL_ARG_DIFF_DST, given}, {DNNL_ARG_WORKSPACE, positions}, {DNNL_ARG_DIFF_SRC, made}}});
      return made;
    });
    last_ = result;
  }

  void Dense(int64_t units, bool relu) {
    const Dims from = last_.get_desc().get_dims(), to = {from[0], units};
    Dims weights = from;
    weights[0] = units;
    const memory::desc bias = PlainLayout({units});
    const dnnl::inner_product_forward::primitive_desc forward(engine_, prop_kind::forward_training, AnyLayout(from),
                                                              AnyLayout(weights), bias, AnyLayout(to),
                                                              WithActivation(relu));
    const dnnl::inner_product_backward_weights::primitive_desc of_weights(engine_, AnyLayout(from), AnyLayout(weights),
                                                                          bias, AnyLayout(to), forward);
    const dnnl::inner_product_backward_data::primitive_desc of_data(engine_, AnyLayout(from), AnyLayout(weights),
                                                                    AnyLayout(to), forward);
    Weighted(forward, of_weights, of_data, Product(weights) / units, units, relu, false);
  }

  void Finish() {
    const memory::desc plain = PlainLayout(last_.get_desc().get_dims());
    logits_ = In(forward_, last_, plain);
    logits_gradient_ = Zeros(plain);
    memory gradient = logits_gradient_;
    for (size_t at = tape_.size(); at-- > 0;) gradient = tape_[at](gradient);
  }

  float* input() { return Values(input_); }
  const float* logits() { return Values(logits_); }
  float* logits_gradient() { return Values(logits_gradient_); }
  void Forward() { Run(forward_); }
  void Backward() { Run(backward_); }

  void Update() {
    ++steps_;
    const auto steps = static_cast<float>(steps_);
    const float rate = kLearningRate * std::sqrt(1 - std::pow(kBeta2, steps)) / (1 - std::pow(kBeta1, steps));
    for (const Parameter& parameter : parameters_) {
      float *weights = Values(parameter.weights), *mean = Values(parameter.mean), *square = Values(parameter.square);
      const float* gradient = Values(parameter.gradient);
      const auto count = static_cast<int64_t>(parameter.weights.get_desc().get_size() / sizeof(float));
#pragma omp parallel for simd if (count > kFewElements)
      for (int64_t at = 0; at < count; ++at) {
        mean[at] += (1 - kBeta1) * (gradient[at] - mean[at]);
        square[at] += (1 - kBeta2) * (gradient[at] * gradient[at] - square[at]);
        weights[at] -= rate * mean[at] / (std::sqrt(square[at]) + kEpsilon);
      }
    }
  }

  // Without what pads a layout.
  int64_t parameter_count() const {
    int64_t count = 0;
    for (const Parameter& parameter : parameters_) count += Product(parameter.weights.get_desc().get_dims());
    return count;
  }

 private:
  struct Call {
    dnnl::primitive primitive;
    Arguments arguments;
  };
  using Calls = std::vector<Call>;
  struct Parameter {
    memory weights, gradient, mean, square;  // of one layout
  };

  memory Zeros(const memory::desc& layout) {
    memory block(layout, engine_);
    std::memset(block.get_data_handle(), 0, layout.get_size());
    return block;
  }

  // `block` in `layout`, by a reorder among `calls` if it has another.
  memory In(Calls& calls, const memory& block, const memory::desc& layout) {
    if (block.get_desc() == layout) return block;
    const memory copy = Zeros(layout);
    calls.push_back({dnnl::reorder(block, copy), {{DNNL_ARG_FROM, block}, {DNNL_ARG_TO, copy}}});
    return copy;
  }

  // Numbers between -limit and limit.
  Parameter MakeParameter(const memory::desc& layout, float limit) {
    memory plain = Zeros(PlainLayout(layout.get_dims()));
    std::uniform_real_distribution<float> draw(-limit, limit);
    std::generate_n(Values(plain), Product(layout.get_dims()), [&] { return draw(random_); });
    memory weights = Zeros(layout);
    dnnl::reorder(plain, weights).execute(stream_, plain, weights);
    stream_.wait();
    parameters_.push_back({weights, Zeros(layout), Zeros(layout), Zeros(layout)});
    return parameters_.back();
  }

  // The gradient of what a ReLU got; its result says where that was positive.
  memory ReluGradient(const memory& result, const memory& gradient) {
    const memory::desc layout = result.get_desc();
    const dnnl::eltwise_forward::primitive_desc forward(engine_, prop_kind::forward_training, algorithm::eltwise_relu,
                                                        layout, layout, 0.0f);
    const dnnl::eltwise_backward::primitive_desc backward(engine_, algorithm::eltwise_relu_use_dst_for_bwd, layout,
                                                          layout, layout, 0.0f, forward);
    const memory given = In(backward_, gradient, layout), made = Zeros(layout);
    backward_.push_back({dnnl::eltwise_backward(backward),
                         {{DNNL_ARG_DST, result}, {DNNL_ARG_DIFF_DST, given}, {DNNL_ARG_DIFF_SRC, made}}});
    return made;
  }

  // What convolutions and dense layers have in common.  The limits of the weights are Glorot's.
  template <class Forward, class OfWeights, class OfData>
  void Weighted(const Forward& forward, const OfWeights& of_weights, const OfData& of_data, int64_t fan_in,
                int64_t fan_out, bool relu, bool is_first) {
    const Parameter kernel =
                        MakeParameter(forward.weights_desc(), std::sqrt(6.0f / static_cast<float>(fan_in + fan_out))),
                    bias = MakeParameter(forward.bias_desc(), 0);
    const memory source = In(forward_, last_, forward.src_desc()), result = Zeros(forward.dst_desc());
    forward_.push_back({dnnl::primitive(forward),
                        {{DNNL_ARG_SRC, source},
                         {DNNL_ARG_WEIGHTS, kernel.weights},
                         {DNNL_ARG_BIAS, bias.weights},
                         {DNNL_ARG_DST, result}}});
    tape_.push_back([=, this](const memory& gradient) {
      const memory given = relu ? ReluGradient(result, gradient) : gradient;
      const bool in_place = of_weights.diff_weights_desc() == kernel.gradient.get_desc();
      const memory made = in_place ? kernel.gradient : Zeros(of_weights.diff_weights_desc());
      backward_.push_back({dnnl::primitive(of_weights),
                           {{DNNL_ARG_SRC, In(backward_, source, of_weights.src_desc())},
                            {DNNL_ARG_DIFF_DST, In(backward_, given, of_weights.diff_dst_desc())},
                            {DNNL_ARG_DIFF_WEIGHTS, made},
                            {DNNL_ARG_DIFF_BIAS, bias.gradient}}});
      if (!in_place) {
        backward_.push_back(
            {dnnl::reorder(made, kernel.gradient), {{DNNL_ARG_FROM, made}, {DNNL_ARG_TO, kernel.gradient}}});
      }
      if (is_first) return given;
      const memory passed = Zeros(of_data.diff_src_desc());
      backward_.push_back({dnnl::primitive(of_data),
                           {{DNNL_ARG_WEIGHTS, In(backward_, kernel.weights, of_data.weights_desc())},
                            {DNNL_ARG_DIFF_DST, In(backward_, given, of_data.diff_dst_desc())},
                            {DNNL_ARG_DIFF_SRC, passed}}});
      return passed;
    });
    last_ = result;
  }

  void Run(Calls& calls) {
    for (Call& call : calls) call.primitive.execute(stream_, call.arguments);
    stream_.wait();
  }

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  std::mt19937 random_{0};
  memory input_, last_, logits_, logits_gradient_;
  Calls forward_, backward_;
  std::vector<Parameter> parameters_;
  // Each adds the calls that turn the gradient of a layer's result into that of its input.
  std::vector<std::function<memory(const memory&)>> tape_;
  int steps_ = 0;
};

// Writes the gradient of the mean cross-entropy of a softmax of the logits.
void CrossEntropyGradient(const float* logits, const std::vector<int64_t>& labels, float* gradient) {
  const auto share = 1.0f / static_cast<float>(labels.size());
  for (const int64_t label : labels) {
    const float greatest = *std::max_element(logits, logits + peers::kClasses);
    float sum = 0;
    for (int at = 0; at < peers::kClasses; ++at) sum += gradient[at] = std::exp(logits[at] - greatest);
    for (int at = 0; at < peers::kClasses; ++at) gradient[at] *= share / sum;
    gradient[label] -= share;
    logits += peers::kClasses;
    gradient += peers::kClasses;
  }
}

void Train(peers::Request& request) {
  omp_set_num_threads(request.threads);
  Network network(
      {{request.batch, peers::kColours, peers::kSide, peers::kSide}, memory::data_type::f32, memory::format_tag::nhwc});
  network.Conv(32);
  network.Pool();
  network.Conv(64);
  network.Pool();
  network.Dense(128, true);
  network.Dense(peers::kClasses, false);
  network.Finish();
  std::vector<int64_t> labels(request.batch);
  const auto step = [&] {
    const auto index = request.NextBatch();
    float* const input = network.input();
#pragma omp parallel for
    for (int row = 0; row < request.batch; ++row) {
      labels[row] = request.images.labels[index[row]];
      const uint8_t* const values = &request.images.values[index[row] * peers::kValues];
      for (size_t at = 0; at < peers::kValues; ++at) input[row * peers::kValues + at] = values[at] * (1.0f / 255);
    }
    network.Forward();
    CrossEntropyGradient(network.logits(), labels, network.logits_gradient());
    network.Backward();
    network.Update();
    return peers::Hits(network.logits(), labels);
  };
  peers::Serve(request, step, [&] { return network.parameter_count(); });
}

}  // namespace

int main(int argc, char** argv) { return peers::Main(argc, argv, Train); }
