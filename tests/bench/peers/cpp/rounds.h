// What the C++ peers share, as rounds.py is shared by the scripts: the command line, the images, and rounds of steps on
// request.
#ifndef BRINE_TESTS_BENCH_PEERS_CPP_ROUNDS_H_
#define BRINE_TESTS_BENCH_PEERS_CPP_ROUNDS_H_

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace peers {

inline constexpr int kSide = 32, kColours = 3, kClasses = 10;
inline constexpr size_t kPixels = kSide * kSide, kValues = kPixels * kColours;

// CIFAR-10's first 10,000 training images, as images.py reads them for the scripts, as u8[count, height, width,
// colours].
struct Images {
  explicit Images(std::filesystem::path folder) {
    constexpr size_t kMost = 10'000, kRecord = 1 + kValues;
    if (std::filesystem::is_directory(folder / "cifar-10-batches-bin")) folder /= "cifar-10-batches-bin";
    for (int file = 1; file <= 5; ++file) {
      const auto path = folder / ("data_batch_" + std::to_string(file) + ".bin");
      std::ifstream stream(path, std::ios::binary);
      if (!stream) throw std::runtime_error("'" + path.string() + "' cannot be read");
      const std::string records{std::istreambuf_iterator<char>(stream), {}};
      for (size_t at = 0; at + kRecord <= records.size() && labels.size() < kMost; at += kRecord) {
        labels.push_back(static_cast<uint8_t>(records[at]));
        for (size_t pixel = 0; pixel < kPixels; ++pixel) {
          for (size_t colour = 0; colour < kColours; ++colour)
            values.push_back(static_cast<uint8_t>(records[at + 1 + colour * kPixels + pixel]));
        }
      }
    }
  }

  std::vector<uint8_t> values;
  std::vector<int64_t> labels;
};

// The command line, PROGRAM WORKLOAD BATCH THREADS STEPS FOLDER [MODE], of which a program knows one workload and one
// mode.
struct Request {
  explicit Request(std::span<char*> words)
      : batch(Number(words, 2)), threads(Number(words, 3)), steps(Number(words, 4)), images(words[5]) {
    if (images.labels.size() < static_cast<size_t>(batch)) throw std::runtime_error("there are too few images");
    order.resize(images.labels.size() / batch * batch);
    std::iota(order.begin(), order.end(), 0);
  }

  // The numbers of the samples of one step after another, for ever, in the order of the files.
  std::span<const int64_t> NextBatch() {
    if (next == order.size()) next = 0;
    next += batch;
    return std::span(order).subspan(next - batch, batch);
  }

  static int Number(std::span<char*> words, size_t at) {
    const int number = words.size() > 5 ? std::atoi(words[at]) : 0;
    if (number <= 0) throw std::runtime_error("usage: PROGRAM WORKLOAD BATCH THREADS STEPS FOLDER");
    return number;
  }

  int batch, threads, steps;
  Images images;
  std::vector<int64_t> order;
  size_t next = 0;
};

// How many rows of `logits`, [labels, classes], have their greatest element at the label.
template <class Labels>
inline int Hits(const float* logits, const Labels& labels) {
  int hits = 0;
  for (const auto label : labels) {
    hits += std::max_element(logits, logits + kClasses) - logits == static_cast<int64_t>(label);
    logits += kClasses;
  }
  return hits;
}

inline int64_t AnonymousBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "RssAnon:") continue;
    int64_t kilobytes = 0;
    status >> kilobytes;
    return kilobytes * 1024;
  }
  return 0;
}

// Runs `step`, which returns how many samples it got right, as asked by lines on the standard input.  After the first
// step `count_parameters` is called.
template <class Step, class CountParameters>
void Serve(const Request& request, Step step, CountParameters count_parameters) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  constexpr int kWarmUp = 200;
  constexpr double kLongestWarmUpS = 15;  // what takes longer is warm

  auto begin = Clock::now();
  step();
  std::cout << "{\"first_step_s\": " << seconds_since(begin) << ", \"parameters\": " << count_parameters() << "}"
            << std::endl;
  begin = Clock::now();
  for (int number = 0; number < kWarmUp && seconds_since(begin) < kLongestWarmUpS; ++number) step();
  std::cout << "{\"ready\": true}" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::vector<double> times;
    int64_t hits = 0;
    for (int number = 0; number < request.steps; ++number) {
      begin = Clock::now();
      hits += step();
      times.push_back(seconds_since(begin) * 1e3);
    }
    std::sort(times.begin(), times.end());
    const double median = (times[(times.size() - 1) / 2] + times[times.size() / 2]) / 2;
    std::cout << "{\"min\": " << times.front() << ", \"median\": " << median
              << ", \"anonymous_bytes\": " << AnonymousBytes()
              << ", \"accuracy\": " << static_cast<double>(hits) / request.batch / request.steps << "}" << std::endl;
  }
}

// The main function of a peer: `train` gets the request and serves it.
template <class Train>
int Main(int argc, char** argv, Train train) {
  try {
    Request request(std::span(argv, argc));
    train(request);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "error: %s\n", problem.what());
    return 1;
  }
  return 0;
}

}  // namespace peers

#endif  // BRINE_TESTS_BENCH_PEERS_CPP_ROUNDS_H_
