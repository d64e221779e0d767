// The tutorial network in dlib, with OpenBLAS.  It scales the colours by 1/256 about their means, since its input layer
// does, and it multiplies matrices for one image after another, so more threads than one help it little.
#include <dlib/dnn.h>

#include "tests/bench/peers/cpp/rounds.h"

namespace {

template <long filters, class Below>
using Conv = dlib::add_layer<dlib::con_<filters, 3, 3, 1, 1, 0, 0>, Below>;
template <long filters, class Below>
using ConvAndPool = dlib::max_pool<2, 2, 2, 2, dlib::relu<Conv<filters, Below>>>;
using Logits =
    dlib::fc<peers::kClasses, dlib::relu<dlib::fc<128, ConvAndPool<64, ConvAndPool<32, dlib::input_rgb_image>>>>>;
using Network = dlib::loss_multiclass_log<Logits>;

using Image = dlib::matrix<dlib::rgb_pixel, peers::kSide, peers::kSide>;

std::vector<Image> ImagesOf(const std::vector<uint8_t>& values) {
  std::vector<Image> images(values.size() / peers::kValues);
  const uint8_t* value = values.data();
  for (Image& image : images) {
    for (dlib::rgb_pixel& pixel : image) {
      pixel = {value[0], value[1], value[2]};
      value += peers::kColours;
    }
  }
  return images;
}

void Train(peers::Request& request) {
  const std::vector<Image> images = ImagesOf(request.images.values);
  Network network;
  std::vector<dlib::adam> optimizers(Network::num_computational_layers, dlib::adam(0, 0.9f, 0.999f));
  std::vector<Image> batch(request.batch);
  std::vector<unsigned long> labels(request.batch);
  dlib::resizable_tensor inputs;
  const auto step = [&] {
    const auto index = request.NextBatch();
    for (size_t row = 0; row < index.size(); ++row) {
      batch[row] = images[index[row]];
      labels[row] = request.images.labels[index[row]];
    }
    network.to_tensor(batch.begin(), batch.end(), inputs);
    network.compute_parameter_gradients(inputs, labels.begin());
    network.update_parameters(optimizers, 1e-3);
    return peers::Hits(network.subnet().get_output().host(), labels);
  };
  peers::Serve(request, step, [&] { return dlib::count_parameters(network); });
}

}  // namespace

int main(int argc, char** argv) { return peers::Main(argc, argv, Train); }
