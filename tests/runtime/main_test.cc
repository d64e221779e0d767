#include "runtime/trainer/main.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/core/philox.h"
#include "runtime/trainer/trainer.h"
#include "tests/runtime/line_program.h"
#include "tests/runtime/run_program.h"
#include "tests/runtime/softmax_program.h"

namespace brine::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class MainTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/main_test." + std::to_string(getpid());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    fs::current_path(folder_);
  }
  void TearDown() override {
    fs::current_path("/");
    fs::remove_all(folder_);
  }

  static Result Run(const std::string& command_line, const brine_program& program = kSoftmaxProgram) {
    return RunProgram(program, command_line);
  }
  static std::string Bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void WriteNpy(const std::string& path, int count) {
    std::string header =
        "{'descr': '|u1', 'fortran_order': False, 'shape': (" + std::to_string(count) + ", 8, 8, 3), }\n";
    std::ofstream(path, std::ios::binary) << std::string("\x93NUMPY\1\0", 8) << static_cast<char>(header.size()) << '\0'
                                          << header << std::string(static_cast<size_t>(count) * kPixels, '\x50');
  }

  std::string folder_;
};

TEST_F(MainTest, TrainsOnTheBuiltInSetAndTests) {
  const Result result = Run("train --epochs 2 --save w.safetensors");
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_THAT(result.out, MatchesRegex("Test loss: [0-9.]+\nTest accuracy: 0\\.[0-9][0-9][0-9][0-9]\n"));
  EXPECT_THAT(result.error, MatchesRegex("Epoch 1/2 - .*accuracy: .*val_accuracy: .*\nEpoch 2/2 - .*\n"));
  // The last line has the accuracy that an evaluation of the saved weights gives.
  const Result evaluated = Run("evaluate --weights w.safetensors");
  EXPECT_EQ(evaluated.out.substr(0, result.out.size()), result.out);  // a table of classes follows
  EXPECT_EQ(evaluated.error, "");
}

TEST_F(MainTest, QuietAndJson) {
  const Result result = Run("train --epochs 2 --quiet --json --validation-split 0.5");
  EXPECT_EQ(result.error, "");
  EXPECT_THAT(result.out,
              MatchesRegex("\\{\"epoch\": 1, \"loss\": [0-9.e-]+, \"accuracy\": [0-9.]+, \"val_loss\": [0-9.e-]+, "
                           "\"val_accuracy\": [0-9.]+, \"seconds\": .*\\}\n"
                           "\\{\"epoch\": 2, .*\\}\n\\{\"test_loss\": [0-9.e-]+, \"test_accuracy\": [0-9.]+\\}\n"));
}

// Each would train alone.
TEST_F(MainTest, OneOfSeveralProcessesIsRefused) {
  setenv("OMPI_COMM_WORLD_RANK", "1", 1);
  setenv("OMPI_COMM_WORLD_SIZE", "4", 1);
  const Result train = Run("train --save w"), summary = Run("summary");
  unsetenv("OMPI_COMM_WORLD_RANK");
  unsetenv("OMPI_COMM_WORLD_SIZE");
  EXPECT_EQ(train.exit_code, 2);
  EXPECT_EQ(train.error, "error: this is one of 4 processes of a job, but the program was compiled without --mpi\n");
  EXPECT_FALSE(fs::exists("w"));
  EXPECT_EQ(summary.exit_code, 0) << summary.error;
}

TEST_F(MainTest, ARunThatWasCutOffGoesOnBitForBit) {
  ASSERT_EQ(Run("train --quiet --threads 1 --epochs 3 --seed 4 --checkpoint whole").exit_code, 0);
  ASSERT_EQ(Run("train --quiet --threads 1 --epochs 1 --seed 4 --checkpoint parts").exit_code, 0);
  const Result second = Run("train --quiet --threads 1 --epochs 3 --seed 4 --checkpoint parts --resume");
  EXPECT_EQ(second.exit_code, 0) << second.error;
  EXPECT_EQ(Bytes("parts/step-1875.safetensors"), Bytes("whole/step-1875.safetensors"));
  EXPECT_EQ(Bytes("parts/step-1875.safetensors").empty(), false);
  EXPECT_FALSE(fs::exists("whole/step-625.safetensors"));  // only the newest two are kept
  EXPECT_TRUE(fs::exists("whole/step-1250.safetensors"));
  const Result other_seed = Run("train --quiet --threads 1 --epochs 4 --seed 5 --checkpoint parts --resume");
  EXPECT_EQ(other_seed.exit_code, 2);
  EXPECT_EQ(other_seed.error, "error: --seed is 5, but the run to resume has seed 4\n");
  EXPECT_EQ(Run("train --quiet --threads 1 --epochs 1 --checkpoint parts").exit_code,
            3);                                                             // a new run would delete checkpoints
  EXPECT_EQ(Run("train --quiet --checkpoint none --resume").exit_code, 3);  // there is no checkpoint
}

// Ctrl-C ends the run after a step.  A run that is resumed from its checkpoint ends with the same bytes.
TEST_F(MainTest, AnInterruptedRunGoesOnBitForBit) {
  ASSERT_EQ(Run("train --quiet --threads 1 --epochs 15 --checkpoint whole").exit_code, 0);
  const pid_t child = fork();
  if (child == 0) {
    const char* argv[] = {"softmax",  "train", "--quiet",      "--threads", "1",
                          "--epochs", "15",    "--checkpoint", "parts",     nullptr};
    _exit(brine_trainer_main(&kSoftmaxProgram, 9, const_cast<char**>(argv)));
  }
  while (!fs::exists("parts")) usleep(2000);  // after the first epoch
  usleep(5000);
  kill(child, SIGINT);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  const Result rest = Run("train --quiet --threads 1 --epochs 15 --checkpoint parts --resume");
  EXPECT_EQ(rest.exit_code, 0) << rest.error;
  EXPECT_EQ(Bytes("parts/step-9375.safetensors"), Bytes("whole/step-9375.safetensors"));
}

// The rate is so high that the loss rises soon.
TEST_F(MainTest, StopsEarlyWithTheBestWeights) {
  const std::string train =
      "train --threads 1 --learning-rate 0.3 --early-stopping 2 --restore-best-weights --reduce-lr-on-plateau 1 "
      "--csv-log log.csv --save best.safetensors --checkpoint C --epochs ";
  const Result whole = Run(train + "20");
  EXPECT_EQ(whole.exit_code, 0) << whole.error;
  EXPECT_THAT(whole.error, HasSubstr(": reducing the learning rate to 0.03\n"));
  EXPECT_THAT(whole.error, ContainsRegex("\nEpoch [0-9]+: early stopping\n"));
  EXPECT_THAT(whole.error, ContainsRegex("\nRestoring the weights of the end of the best epoch: [0-9]+\n$"));
  const std::string log = Bytes("log.csv"), best = Bytes("best.safetensors");
  EXPECT_LT(std::count(log.begin(), log.end(), '\n'), 20);
  // The last line is a test with the best weights, which are also in the folder.
  EXPECT_EQ(Run("evaluate --weights C/best.safetensors").out.substr(0, whole.out.size()), whole.out);
  EXPECT_EQ(Run("evaluate --weights best.safetensors").out.substr(0, whole.out.size()), whole.out);
  // The same command goes on: with the rate that the run has reached, though the command names that of the beginning.
  fs::remove_all("C");
  const Result first = Run(train + "3");
  EXPECT_THAT(first.error, HasSubstr("reducing the learning rate"));
  EXPECT_EQ(Run(train + "20 --resume").out, whole.out);
  EXPECT_EQ(Bytes("log.csv"), log);
  EXPECT_EQ(Bytes("best.safetensors"), best);
  // A run that has stopped early does not go on.
  EXPECT_EQ(Run(train + "30 --resume").out, whole.out);
  EXPECT_EQ(Bytes("log.csv"), log);
  // The mode decides what is better: with a small rate the loss falls, so that the first epoch has the largest one.
  const Result rising =
      Run("train --threads 1 --epochs 9 --learning-rate 1e-5 --early-stopping 1 --monitor loss --mode max");
  EXPECT_THAT(rising.error, HasSubstr("\nEpoch 2: early stopping\n"));
  EXPECT_THAT(Run("train --early-stopping 1 --monitor val_acuracy").error, HasSubstr("; did you mean val_accuracy?\n"));
}

TEST_F(MainTest, PredictsImagesFromAFileAndFromTheTestData) {
  ASSERT_EQ(Run("train --quiet --save w.safetensors").exit_code, 0);
  WriteNpy("two.npy", 2);
  const Result file = Run("predict two.npy --weights w.safetensors");
  EXPECT_EQ(file.exit_code, 0) << file.error;
  // The file of weights has the names of the classes.
  EXPECT_THAT(file.out, MatchesRegex("0: [a-z]+ [01]\\.[0-9]+, [a-z]+ .*\n1: [a-z]+ .*\n"));
  EXPECT_THAT(Run("predict two.npy --weights w.safetensors --top 2").out,
              MatchesRegex("0: [a-z]+ [0-9.]+, [a-z]+ [0-9.]+\n1: [a-z]+ [0-9.]+, [a-z]+ [0-9.]+\n"));
  const Result image = Run("predict 3 --weights w.safetensors --json");
  EXPECT_THAT(image.out,
              MatchesRegex("\\{\"sample\": 3, \"class\": \"[a-z]+\", \"probabilities\": \\{\"[a-z]+\": .*\\}\\}\n"));
  const Result beyond = Run("predict 2000 --weights w.safetensors");
  EXPECT_EQ(beyond.exit_code, 3);
  EXPECT_EQ(beyond.error, "error: image 2000 was asked for, the test data hold 2000\n");
}

// The kernels read zeros where the weights of this program were.
TEST_F(MainTest, AModelWithoutWeightsNeedsNone) {
  brine_program program = kSoftmaxProgram;
  program.variable_count = 0;
  EXPECT_THAT(Run("predict 3", program).out, StartsWith("3: "));
  const Result evaluated = Run("evaluate", program);
  EXPECT_EQ(evaluated.exit_code, 0) << evaluated.error;
  EXPECT_THAT(evaluated.out, StartsWith("Test loss: 1.38"));  // ln 4
}

TEST_F(MainTest, BenchSaysWhichDataItTook) {
  EXPECT_THAT(Run("bench --steps 1 --threads 1").out, HasSubstr("\ndata: drawn shapes\n"));
  EXPECT_THAT(Run("bench --steps 1 --threads 1 --json").out, HasSubstr("\"data\": \"drawn shapes\", "));
  // The model takes no images.  Unlike bench, train does not use noise.
  EXPECT_THAT(Run("bench --steps 1", kLineProgram).out, HasSubstr("\ndata: noise\n"));
  EXPECT_THAT(Run("bench --steps 1 --json", kLineProgram).out, HasSubstr("\"data\": \"noise\", "));
  const Result train = Run("train", kLineProgram);
  EXPECT_EQ(train.exit_code, 3);
  EXPECT_EQ(train.error,
            "error: the built-in data are images, which line does not take; use --data NAME=FILE for each of x, "
            "label\n");
}

TEST_F(MainTest, BenchAndSummary) {
  const Result bench = Run("bench --steps 20 --threads 1 --json");
  EXPECT_EQ(bench.exit_code, 0) << bench.error;
  EXPECT_THAT(bench.out, StartsWith("{\"model\": \"softmax\", \"batch_size\": 16, \"train_step_ms\": {\"min\": "));
  for (const char* piece : {"\"median\": ", "\"threads\": 1, ", "\"arena_bytes\": 2048, ",
                            "\"arena_bound_bytes\": ", "\"block_bytes\": {\"inputs\": ", "\"scratch\": 0}",
                            "{\"name\": \"gradient\", \"ms\": ", "\"flops\": 24576, \"bytes\": 6432, \"peak_share\": ",
                            "\"layers\": \"dense\"}", "\"peak_gflops\": ", "\"memory_gb_per_s\": "}) {
    EXPECT_THAT(bench.out, HasSubstr(piece));
  }
  const std::string text = Run("bench --steps 5").out;
  EXPECT_THAT(text, HasSubstr(" GB/s; a kernel's share is of the one that it comes nearest to\n"));
  EXPECT_THAT(text, ContainsRegex("% (memory|multiply-adds) +hand +gradient +dense\n"));
  EXPECT_EQ(Run("summary").out, kSoftmaxProgram.summary);
}

// In a trace, steps follow one another, and the parts of a step lie within it, in their order.
TEST_F(MainTest, BenchWritesATrace) {
  const Result bench = Run("bench --steps 1 --threads 1 --trace trace.json");
  EXPECT_EQ(bench.exit_code, 0) << bench.error;
  std::istringstream lines(Bytes("trace.json"));
  std::string line, names;
  std::getline(lines, line);
  EXPECT_EQ(line, "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [");
  std::getline(lines, line);
  EXPECT_EQ(line, "{\"name\": \"process_name\", \"ph\": \"M\", \"pid\": 1, \"args\": {\"name\": \"softmax\"}},");
  double end = 0, step_begin = 0;
  while (std::getline(lines, line) && line != "]}") {
    char name[40];
    double begin = 0, duration = 0;
    ASSERT_EQ(std::sscanf(line.c_str(),
                          "{\"name\": \"%39[^\"]\", \"ph\": \"X\", \"pid\": 1, \"tid\": 1, \"ts\": %lf, \"dur\": %lf",
                          name, &begin, &duration),
              3)
        << line;
    names += std::string(name) + ";";
    EXPECT_GE(duration, 0);
    if (std::string(name) == "gather") step_begin = begin;
    if (std::string(name).starts_with("step ")) {
      EXPECT_EQ(begin, step_begin);
      EXPECT_GE(begin + duration, end - 0.01);
      end = begin + duration;
      continue;
    }
    EXPECT_GE(begin, end - 0.01);
    end = begin + duration;
  }
  std::string expected;
  for (const char* step : {"step 1", "step 2", "step 3", "step 4", "step 5"}) {
    expected += std::string("gather;forward;loss;gradient;finite test;kernel_step;bias_step;") + step + ";";
  }
  EXPECT_EQ(names, expected);
  EXPECT_THAT(Bytes("trace.json"),
              HasSubstr(", \"args\": {\"layers\": \"dense\", \"location\": \"model.cc:5\", \"flops\": 24576}},\n"));
  const Result nowhere = Run("bench --steps 1 --trace none/trace.json");
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_THAT(nowhere.error, StartsWith("error: none/trace.json"));
}

TEST_F(MainTest, AWeightThatIsNotANumberIsNamedWithItsLine) {
  Trainer trainer(kSoftmaxProgram);
  reinterpret_cast<float*>(brine_variable_data(trainer.state(), 1))[2] = std::numeric_limits<float>::quiet_NaN();
  trainer.Save("broken.safetensors");
  for (const char* command : {"train --quiet", "evaluate"}) {
    const Result result = Run(std::string(command) + " --init broken.safetensors");
    EXPECT_EQ(result.exit_code, 5) << command;
    EXPECT_THAT(result.error, StartsWith("error: model.cc:5: dense/bias is not finite at element 2"));
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(MainTest, AFullDiskIsAnError) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const pid_t child = fork();
  if (child == 0) {
    const rlimit small = {1024, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    const char* argv[] = {"softmax", "train", "--quiet", "--checkpoint", "C", nullptr};
    _exit(brine_trainer_main(&kSoftmaxProgram, 5, const_cast<char**>(argv)));
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
  fs::remove("C/lock");
  EXPECT_TRUE(fs::is_empty("C"));
}

TEST_F(MainTest, ExitCodesOfMistakes) {
  const struct {
    const char* line;
    int exit_code;
    std::string error;
  } rows[] = {
      {"", 2, "error: a command is missing; help lists them\n"},
      {"trian", 2, "error: unknown command 'trian'; did you mean train?\n"},
      {"train --batch-size 17", 2, "error: batch size 17: the program was compiled for 1 to 16\n"},
      {"bench --batch-size 17", 2, "error: --batch-size 17: the program was compiled for 1 to 16\n"},
      {"train --data none", 3, "error: none: cannot be opened: No such file or directory\n"},
      {"train --data .", 3, "error: .: holds neither cifar-10-batches-bin nor train-images-idx3-ubyte\n"},
      {"train --init none.safetensors", 3, "error: none.safetensors: cannot be opened: No such file or directory\n"},
      {"evaluate --checkpoint none", 3, "error: none: holds no checkpoint step-N.safetensors\n"},
      {"evaluate", 2, "error: trained weights are missing: --weights FILE or --checkpoint DIR\n"},
      {"predict 3", 2, "error: trained weights are missing: --weights FILE or --checkpoint DIR\n"},
      {"help", 0, ""},
  };
  for (const auto& row : rows) {
    const Result result = Run(row.line);
    EXPECT_EQ(result.exit_code, row.exit_code) << row.line;
    EXPECT_EQ(result.error, row.error);
  }
}

}  // namespace
}  // namespace brine::testing
