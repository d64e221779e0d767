#include "tests/e2e/project.h"

#include <filesystem>
#include <utility>
#include <vector>

namespace brine {
namespace {

const char kModel[] = R"(#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("digits", Input({12, 12, 1}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(Conv2D({.filters = 8, .kernel_size = 3, .activation = "relu"}));
  net.Add(MaxPooling2D());
  net.Add(Flatten());
  net.Add(Dropout(0.25f));
  net.Add(Dense({.units = 10, .activation = "softmax"}));
  net.Compile({.optimizer = Adam({.learning_rate = 0.01f}), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
)";

std::string BigEndian(const std::vector<uint32_t>& numbers) {
  std::string bytes;
  for (uint32_t number : numbers) {
    for (int shift : {24, 16, 8, 0}) bytes += static_cast<char>(number >> shift);
  }
  return bytes;
}

uint32_t Byte(uint32_t& random) {
  random = random * 1664525 + 1013904223;
  return random >> 24;
}

// A bright square of 3×3 pixels on noise.  The position of the square depends on the class.
std::string Image(int side, int label, uint32_t& random) {
  std::string image;
  for (int pixel = 0; pixel < side * side; ++pixel) {
    const uint32_t noise = Byte(random);
    const int y = pixel / side - 2 - 4 * (label / 5), x = pixel % side - 2 * (label % 5);
    const bool bright = y >= 0 && y < 3 && x >= 0 && x < 3;
    image += static_cast<char>(bright ? 255 - noise / 4 : noise / 2);
  }
  return image;
}

}  // namespace

Project::Project() {
  static int count = 0;
  folder_ = testing::TempDir() + "project" + std::to_string(getpid()) + "." + std::to_string(++count);
  std::filesystem::create_directories(folder_);
  Write("digits.cc", kModel);
  WriteMnist("data", 400, 12);
}

Project::~Project() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

CommandResult Project::Try(const std::string& command) const {
  return RunCommand("cd '" + folder_ + "' && " + command);
}

std::string Project::Run(const std::string& command) const {
  const CommandResult result = Try(command);
  EXPECT_EQ(result.code, 0) << command << "\n" << result.out << result.err;
  return result.out;
}

void Project::ExpectResumedAsWhole(const std::string& train, uint64_t epochs) const {
  const std::string epochs_flag = " --epochs " + std::to_string(epochs);
  Run(train + epochs_flag + " --checkpoint run --resume --save resumed");
  Run(train + epochs_flag + " --save whole");
  EXPECT_FALSE(Read("whole").empty());
  EXPECT_EQ(Read("resumed"), Read("whole")) << "after " << epochs << " epochs";
}

void Project::WriteMnist(const std::string& folder, int images, int side) const {
  std::filesystem::create_directories(path(folder));
  uint32_t random = 1;
  for (const auto& [part, count] : {std::pair("train", images), std::pair("t10k", 100)}) {
    const auto number = static_cast<uint32_t>(count), extent = static_cast<uint32_t>(side);
    std::string pixels = BigEndian({0x803, number, extent, extent}), labels = BigEndian({0x801, number});
    for (int sample = 0; sample < count; ++sample) {
      pixels += Image(side, sample % 10, random);
      labels += static_cast<char>(sample % 10);
    }
    Write(folder + "/" + part + "-images-idx3-ubyte", pixels);
    Write(folder + "/" + part + "-labels-idx1-ubyte", labels);
  }
}

void Project::WriteCifar10(int images) const {
  std::filesystem::create_directories(path("cifar-10-batches-bin"));
  uint32_t random = 1;
  const auto records = [&](int begin, int end) {
    std::string bytes;
    for (int sample = begin; sample < end; ++sample) {
      const int label = sample % 10;
      bytes += static_cast<char>(label);
      for (int pixel = 0; pixel < 3 * 1024; ++pixel) {
        const bool stripe = pixel / 1024 == label % 3 && pixel / 32 % 11 == label;
        bytes += static_cast<char>(Byte(random) / 2 + (stripe ? 128 : 0));
      }
    }
    return bytes;
  };
  for (int file = 0; file < 5; ++file) {
    Write("cifar-10-batches-bin/data_batch_" + std::to_string(file + 1) + ".bin",
          records(images * file / 5, images * (file + 1) / 5));
  }
  Write("cifar-10-batches-bin/test_batch.bin", records(0, 100));
}

void Project::WritePictures(const std::string& folder, int classes, int pictures) const {
  uint32_t random = 1;
  for (int label = 0; label < classes; ++label) {
    const std::string name = folder + "/class_" + std::to_string(label);
    std::filesystem::create_directories(path(name));
    for (int picture = 0; picture < pictures; ++picture) {
      const int height = 20 + picture, width = 30;
      std::string bytes = "P6 " + std::to_string(width) + " " + std::to_string(height) + " 255\n";
      for (int pixel = 0; pixel < height * width; ++pixel) {
        for (int channel = 0; channel < 3; ++channel)
          bytes += static_cast<char>(Byte(random) / 4 + (label >> channel & 1) * 160);
      }
      Write(name + "/" + std::to_string(picture) + ".ppm", bytes);
    }
  }
}

void Project::WriteTable(const std::string& file, int columns, int rows) const {
  std::string text;
  for (int column = 0; column < columns; ++column) text += "column_" + std::to_string(column) + ",";
  text += "sum\n";
  uint32_t random = 1;
  for (int row = 0; row < rows; ++row) {
    uint32_t sum = 0;
    for (int column = 0; column < columns; ++column) {
      const uint32_t number = Byte(random);
      sum += number;
      text += std::to_string(number) + ".5,";
    }
    text += std::to_string(sum) + ".25\n";
  }
  Write(file, text);
}

void Project::WriteNpy(const std::string& file, const std::string& shape, const std::vector<float>& numbers) const {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(117, ' ');  // the data begin at a multiple of 64
  Write(file, std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" +
                  std::string(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)));
}

void Project::Write(const std::string& name, const std::string& text) const {
  std::ofstream(path(name), std::ios::binary) << text;
}

}  // namespace brine
