// The tutorial network in LibTorch, the C++ half of PyTorch, with channels last.  LibTorch has no fused Adam in C++.
#include <torch/torch.h>

#include "tests/bench/peers/cpp/rounds.h"

namespace {

namespace nn = torch::nn;

void Train(peers::Request& request) {
  at::set_num_threads(request.threads);
  torch::manual_seed(0);
  nn::Sequential model(nn::Conv2d(nn::Conv2dOptions(peers::kColours, 32, 3)), nn::ReLU(), nn::MaxPool2d(2),
                       nn::Conv2d(nn::Conv2dOptions(32, 64, 3)), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                       nn::Linear(2304, 128), nn::ReLU(), nn::Linear(128, peers::kClasses));
  for (torch::Tensor& parameter : model->parameters()) {
    // The C++ modules have no `to(memory_format)`.
    if (parameter.dim() == 4) parameter.set_data(parameter.data().contiguous(torch::MemoryFormat::ChannelsLast));
  }
  torch::optim::Adam optimizer(model->parameters(), torch::optim::AdamOptions(1e-3).eps(1e-7));

  const auto count = static_cast<int64_t>(request.images.labels.size());
  const torch::Tensor images = torch::from_blob(request.images.values.data(),
                                                {count, peers::kSide, peers::kSide, peers::kColours}, torch::kByte),
                      labels = torch::from_blob(request.images.labels.data(), {count}, torch::kLong);
  const auto step = [&] {
    const auto batch = request.NextBatch();
    const torch::Tensor index = torch::tensor(at::IntArrayRef(batch.data(), batch.size()), torch::kLong),
                        label = labels.index_select(0, index);
    const torch::Tensor pixels = images.index_select(0, index).permute({0, 3, 1, 2}).to(torch::kFloat).mul_(1.0f / 255);
    optimizer.zero_grad();
    const torch::Tensor logits = model->forward(pixels);
    nn::functional::cross_entropy(logits, label).backward();
    optimizer.step();
    return (logits.argmax(1) == label).sum().item<int64_t>();
  };
  peers::Serve(request, step, [&] {
    int64_t count = 0;
    for (const torch::Tensor& parameter : model->parameters()) count += parameter.numel();
    return count;
  });
}

}  // namespace

int main(int argc, char** argv) { return peers::Main(argc, argv, Train); }
