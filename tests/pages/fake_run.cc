#include "tests/pages/fake_run.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "frontend/brine.h"
#include "frontend/summary.h"
#include "ir/text/text.h"
#include "runtime/core/safetensors.h"
#include "tests/frontend/graph_of_model.h"

namespace brine {
namespace {

constexpr int kStepsPerEpoch = 1250;

const char* const kParameters[] = {"conv2d/kernel", "conv2d/bias", "conv2d_1/kernel", "conv2d_1/bias",
                                   "dense/kernel",  "dense/bias",  "dense_1/kernel",  "dense_1/bias"};

// A number from −0.5 to 0.5 that depends on `index` only.
double Noise(int index) {
  uint32_t bits = static_cast<uint32_t>(index) * 2654435761u;
  bits ^= bits >> 15;
  bits *= 2246822519u;
  bits ^= bits >> 13;
  return bits / 4294967295.0 - 0.5;
}

Model CnnWithTwoConvolutions(const std::string& name) {
  Sequential net(name, Input({32, 32, 3}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(Conv2D({.filters = 32, .kernel_size = 3, .activation = "relu"}));
  net.Add(MaxPooling2D({.pool_size = 2}));
  net.Add(Conv2D({.filters = 64, .kernel_size = 3, .activation = "relu"}));
  net.Add(MaxPooling2D({.pool_size = 2}));
  net.Add(Flatten());
  net.Add(Dense({.units = 128, .activation = "relu"}));
  net.Add(Dense({.units = 10, .activation = "softmax"}));
  return net;
}

std::string Quoted(const std::string& text) { return absl::StrCat("\"", absl::CEscape(text), "\""); }

// JSON has no escapes but \", \\ and \u for what these names contain.
std::string Json(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string ClassName(const FakeRun& run, int number) {
  return number == 0 && !run.class_name.empty() ? run.class_name : absl::StrCat("class ", number);
}

double LossAt(const FakeRun& run, double epoch) { return 0.45 + 1.75 * std::exp(-0.35 * run.quality * epoch); }

std::string Config(const FakeRun& run) {
  std::string text = absl::StrCat(
      "model: \"cifar10_cnn\"\ngraph_hash: \"9f86d081884c7d65\"\ncommand: \"brine\"\ncommand: \"train\"\n",
      "command: \"examples/it's here/model.cc\"\ncommand: \"--epochs\"\ncommand: \"", run.epochs,
      "\"\nbatch_size: 32\naccumulate: 1\nepochs: ", run.epochs,
      "\nseed: 0\nthreads: 2\nlearning_rate: ", run.learning_rate, "\ndata: \"/data/cifar10\"\ntrain_samples: 40000\n",
      run.validates ? "validation_samples: 10000\n" : "", "test_samples: 10000\nversion: \"0.1.0\"\n",
      "machine { cpu: \"AMD EPYC 9B14\" cores: 2 target: \"x86-64-linux-avx512\" system: \"Linux 6.1\" }\n",
      "started: \"2026-12-01T09:30:00Z\"\nresult { name: \"loss\" better: \"min\" }\n"
      "result { name: \"accuracy\" better: \"max\" }\nresult { name: \"val_loss\" better: \"min\" }\n"
      "result { name: \"val_accuracy\" better: \"max\" }\nmonitor: \"val_loss\"\n");
  for (int number = 0; number < run.classes; ++number)
    absl::StrAppend(&text, "class_names: ", Quoted(ClassName(run, number)), "\n");
  return text;
}

std::string Log(const FakeRun& run) {
  std::string text;
  for (int epoch = 1; epoch <= run.epochs; ++epoch) {
    const double loss = LossAt(run, epoch);
    absl::StrAppendFormat(&text, "{\"epoch\":%d,\"step\":%d,\"loss\":%.6g,\"accuracy\":%.6g,", epoch,
                          epoch * kStepsPerEpoch, loss, 1 - loss / 3);
    if (run.validates) {
      const double overfit = loss + 0.012 * epoch * epoch / 4;
      absl::StrAppendFormat(&text, "\"val_loss\":%.6g,\"val_accuracy\":%.6g,", overfit, 0.98 - overfit / 3);
    }
    absl::StrAppendFormat(&text, "\"learning_rate\":%.6g,\"seconds\":%.6g,\"samples_per_second\":%.6g",
                          run.learning_rate * std::pow(0.9, epoch - 1), 1.9 + 0.1 * Noise(epoch),
                          21000 + 900 * Noise(100 + epoch));
    for (const bool gradient : {false, true}) {
      absl::StrAppend(&text, gradient ? ",\"gradient_norm\":{" : ",\"weight_norm\":{");
      int number = 0;
      for (const char* name : kParameters) {
        const double norm = gradient ? 0.4 * std::exp(-0.2 * epoch) / (1 + number) : (1 + number) * (1 + 0.1 * epoch);
        absl::StrAppendFormat(&text, "%s\"%s\":%.6g", number++ == 0 ? "" : ",", name, norm);
      }
      absl::StrAppend(&text, "}");
    }
    absl::StrAppend(&text, "}\n");
  }
  return text;
}

std::string Steps(const FakeRun& run) {
  std::string text = "step,epoch,loss,accuracy,learning_rate\n";
  constexpr int kRows = 50;
  for (int row = 1; row <= run.epochs * kRows; ++row) {
    const double epoch = static_cast<double>(row) / kRows, loss = LossAt(run, epoch - 0.5) + 0.25 * Noise(1000 + row);
    absl::StrAppendFormat(&text, "%d,%d,%.6g,%.6g,%.6g\n", row * kStepsPerEpoch / kRows, (row - 1) / kRows + 1, loss,
                          1 - loss / 3, run.learning_rate * std::pow(0.9, (row - 1) / kRows));
  }
  return text;
}

std::string PixelsOf(int sample) {
  std::string pixels;
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 32; ++x) {
      const bool inside = (x - 16) * (x - 16) + (y - 14) * (y - 14) < 60 + 8 * (sample % 7);
      for (int channel = 0; channel < 3; ++channel) {
        const int base = inside ? 60 * ((sample + channel) % 4) + 40 : 40 * ((sample * 2 + channel) % 5) + 30;
        pixels.push_back(static_cast<char>(base + static_cast<int>(30 * Noise(y * 97 + x * 13 + channel + sample))));
      }
    }
  }
  return absl::Base64Escape(pixels);
}

std::string EvaluationJson(const FakeRun& run) {
  std::string text = absl::StrCat("{\"epoch\":", run.epochs,
                                  ",\"data\":\"validation\",\"outputs\":[{\"name\":\"output\",\"classes\":[");
  for (int number = 0; number < run.classes; ++number)
    absl::StrAppend(&text, number == 0 ? "" : ",", Json(ClassName(run, number)));
  absl::StrAppend(&text, "],\"confusion\":[");
  for (int label = 0; label < run.classes; ++label) {
    for (int guess = 0; guess < run.classes; ++guess) {
      const int count =
          label == guess ? 720 - 11 * label : std::max(0, static_cast<int>(70 * (Noise(label * 31 + guess) + 0.3)));
      absl::StrAppend(&text, guess == 0 ? (label == 0 ? "[" : ",[") : ",", count);
    }
    absl::StrAppend(&text, "]");
  }
  absl::StrAppend(&text, "],\"worst\":[");
  for (int sample = 0; sample < 24; ++sample) {
    const int label = sample % run.classes, guess = (sample * 3 + 1) % run.classes;
    const std::string name = sample == 0 && !run.sample_name.empty()
                                 ? run.sample_name
                                 : absl::StrCat("class ", label, "/", 17 * sample, ".png");
    absl::StrAppend(&text, sample == 0 ? "" : ",", "{\"sample\":", 17 * sample, ",\"name\":", Json(name),
                    ",\"loss\":", 6 - 0.1 * sample, ",\"label\":", label, ",\"top\":[{\"class\":", guess,
                    ",\"probability\":", 0.99 - 0.004 * sample, "},{\"class\":", (guess + 1) % run.classes,
                    ",\"probability\":0.007},{\"class\":", label,
                    ",\"probability\":0.0003}],\"image\":{\"height\":32,\"width\":32,\"channels\":3,\"pixels\":\"",
                    PixelsOf(sample), "\"}}");
  }
  return text + "]}]}\n";
}

std::string KernelsJson() {
  struct Row {
    const char* name;
    double ms, flops, bytes;
    const char *bound, *strategy, *layers;
    double share;
  };
  constexpr Row kRows[] = {
      {"rescaling", 0.009, 98304, 491520, "memory", "generic", "rescaling", 1.85},
      {"max_pooling2d.index", 0.137, 51840000, 1548800, "multiply-adds", "winograd-rows", "conv2d, max_pooling2d",
       0.88},
      {"max_pooling2d_1.index", 0.211, 200075264, 1364224, "multiply-adds", "winograd", "conv2d_1, max_pooling2d_1",
       2.22},
      {"dense", 0.082, 18882560, 1491456, "memory", "split-depth-sparse", "dense", 0.60},
      {"loss", 0.013, 255489, 44508, "memory", "generic", "dense_1, loss, accuracy, dense", 0.12},
      {"dense/bias.grad", 0.094, 18878464, 1491456, "memory", "sparse-right", "dense", 0.53},
      {"conv2d_1/bias.grad", 0.185, 199507968, 1364224, "multiply-adds", "sparse", "max_pooling2d_1, conv2d_1", 2.52},
      {"conv2d/bias.grad", 0.141, 50227200, 1548800, "multiply-adds", "sparse", "max_pooling2d, conv2d", 0.83},
      {"adam", 0.067, 3788736, 8840400, "memory", "generic", "conv2d, conv2d_1, dense, dense_1", 4.38},
  };
  std::string text = "{\"kernels\":[";
  for (const Row& row : kRows) {
    absl::StrAppendFormat(&text,
                          "%s{\"name\":\"%s\",\"ms\":%g,\"flops\":%.0f,\"bytes\":%.0f,\"bound\":\"%s\",\"bound_share\":"
                          "%g,\"strategy\":\"%s\",\"layers\":\"%s\"}",
                          &row == kRows ? "" : ",", row.name, row.ms, row.flops, row.bytes, row.bound, row.share,
                          row.strategy, row.layers);
  }
  return text +
         "],\"block_bytes\":{\"inputs\":100224,\"parameters\":1262912,\"gradients\":1262912,\"slots\":2525824,"
         "\"outputs\":1280,\"arena\":2835456,\"scratch\":368768}}\n";
}

void WriteCheckpoint(const std::string& path) {
  std::vector<float> kernel;
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 3; ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        for (int filter = 0; filter < 32; ++filter) {
          const double angle = 0.2 * filter;
          kernel.push_back(static_cast<float>(std::cos(angle) * (x - 1) + std::sin(angle) * (y - 1) +
                                              0.6 * Noise(filter * 3 + channel)));
        }
      }
    }
  }
  const std::string name = "conv2d/kernel";
  const brine_tensor tensor = {{name.data(), name.size()},
                               BRINE_F32,
                               4,
                               {3, 3, 3, 32},
                               reinterpret_cast<const uint8_t*>(kernel.data()),
                               static_cast<int64_t>(kernel.size() * sizeof(float))};
  char error[512];
  ASSERT_EQ(brine_write_tensors(path.c_str(), &tensor, 1, nullptr, 0, error, sizeof(error)), 0) << error;
}

void WriteGzip(const std::string& path, const std::string& text) {
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
}

}  // namespace

std::string ScratchPath(const std::string& name) {
  struct Scratch {
    std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / absl::StrCat("pages", getpid());
    Scratch() { std::filesystem::create_directories(folder); }
    ~Scratch() {
      std::error_code error;
      std::filesystem::remove_all(folder, error);
    }
  };
  static const Scratch scratch;
  return (scratch.folder / name).string();
}

void WriteText(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  EXPECT_TRUE(file.good()) << path;
}

std::string ReadText(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string WriteFakeRun(const std::string& name, const FakeRun& run) {
  const std::string folder = ScratchPath(name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder + "/checkpoints");
  const Model model = CnnWithTwoConvolutions("cifar10_cnn");
  const ir::Graph graph = GraphOf(model);
  WriteText(folder + "/config.pbtxt", Config(run));
  WriteText(folder + "/log.jsonl", Log(run));
  WriteText(folder + "/steps.csv", Steps(run));
  if (run.validates) WriteText(folder + "/evaluation.json", EvaluationJson(run));
  WriteText(folder + "/kernels.json", KernelsJson());
  WriteText(folder + "/summary.txt", Summary(graph, nullptr, {}));
  WriteGzip(folder + "/model.ir.gz", ir::Print(graph));
  WriteCheckpoint(folder + "/checkpoints/best.safetensors");
  return folder;
}

}  // namespace brine
