// draw_images FOLDER gray|colour
// Writes the built-in images to files, so that the peers train on the images on which Brine trains: gray is 28×28 in
// MNIST's format, colour is 32×32×3 in CIFAR-10's.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/trainer/drawn_shapes.h"

namespace {

struct Image {
  std::vector<uint8_t> pixels;
  int32_t label;
};

Image Get(const brine::Dataset& data, int64_t index) {
  Image image = {std::vector<uint8_t>(static_cast<size_t>(data.fields()[0].elements)), 0};
  index += data.first();
  void* const targets[] = {image.pixels.data(), &image.label};
  data.source().Read({&index, 1}, targets);
  return image;
}

std::string BigEndian(uint32_t number) {
  return {static_cast<char>(number >> 24), static_cast<char>(number >> 16), static_cast<char>(number >> 8),
          static_cast<char>(number)};
}

void WriteMnist(const std::string& start, const brine::Dataset& data) {
  const auto count = static_cast<uint32_t>(data.size()), height = static_cast<uint32_t>(data.fields()[0].height),
             width = static_cast<uint32_t>(data.fields()[0].width);
  std::ofstream images(start + "-images-idx3-ubyte", std::ios::binary),
      labels(start + "-labels-idx1-ubyte", std::ios::binary);
  images << BigEndian(0x803) << BigEndian(count) << BigEndian(height) << BigEndian(width);
  labels << BigEndian(0x801) << BigEndian(count);
  for (int64_t at = 0; at < data.size(); ++at) {
    const Image image = Get(data, at);
    images.write(reinterpret_cast<const char*>(image.pixels.data()), static_cast<std::streamsize>(image.pixels.size()));
    labels.put(static_cast<char>(image.label));
  }
}

// A record has the label and then a plane for each colour.
void WriteCifar10(const std::string& file, const brine::Dataset& data) {
  std::ofstream records(file, std::ios::binary);
  for (int64_t at = 0; at < data.size(); ++at) {
    const Image image = Get(data, at);
    records.put(static_cast<char>(image.label));
    for (size_t colour = 0; colour < 3; ++colour) {
      for (size_t at_pixel = colour; at_pixel < image.pixels.size(); at_pixel += 3)
        records.put(static_cast<char>(image.pixels[at_pixel]));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: draw_images FOLDER gray|colour\n", stderr), 2;
  const std::string folder = argv[1], kind = argv[2];
  std::filesystem::create_directories(folder);
  if (kind == "gray") {
    const brine::Splits data = brine::DrawShapes(28, 28, 1, 10, 0, nullptr);
    WriteMnist(folder + "/train", data.train);
    WriteMnist(folder + "/t10k", data.test);
    return 0;
  }
  const brine::Splits data = brine::DrawShapes(32, 32, 3, 10, 0, nullptr);
  const int64_t share = data.train.size() / 5;
  for (int file = 0; file < 5; ++file)
    WriteCifar10(folder + "/data_batch_" + std::to_string(file + 1) + ".bin", data.train.Slice(file * share, share));
  WriteCifar10(folder + "/test_batch.bin", data.test);
  return 0;
}
