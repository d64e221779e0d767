// Tests brine compile: the four forms of a program do the same and contain no compiler.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "tests/e2e/project.h"

namespace brine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kCnn = BRINE_SOURCE_DIR "/examples/cifar10_cnn/model.cc";
const std::string kCc = "cc -std=c11 -Wall -Wextra -Werror -I " BRINE_SOURCE_DIR " main.c ";

// A C program that prints the bits of the loss of the second step.
const char kMain[] = R"(#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digits.h"

int main(void) {
  void* memory = aligned_alloc(64, digits_state_bytes());
  brine_state* state = digits_init(memory, 7);
  const brine_function* train = brine_find_function(digits_program(), "train");
  memset(brine_input_data(state, train, "x"), 99, DIGITS_BATCH_SIZE * 144);
  for (int row = 0; row < DIGITS_BATCH_SIZE; ++row) ((int*)brine_input_data(state, train, "label"))[row] = row % 10;
  for (int step = 0; step < 2; ++step) {
    if (brine_step(state, train, DIGITS_BATCH_SIZE) != BRINE_OK) return puts(brine_error(state)), 1;
  }
  printf("%a\n", *brine_output_data(state, train, "loss"));
  free(memory);
  return DIGITS_ARENA_BYTES == 0;
}
)";

TEST(Compile, AnExecutableTrainsAsTheToolDoes) {
  const Project project;
  project.Run("brine compile digits.cc");  // the program has the name of the model
  EXPECT_EQ(project.Run("./digits train --data data --quiet --save a"),
            project.Run("brine train digits.cc --data data --quiet --save b"));
  EXPECT_FALSE(project.Read("a").empty());
  EXPECT_EQ(project.Read("a"), project.Read("b"));
  EXPECT_EQ(project.Run("./digits summary"), project.Run("brine summary digits.cc"));
  EXPECT_EQ(project.Run("./digits evaluate --data data --init a"),
            project.Run("brine evaluate digits.cc --data data --init b"));
  EXPECT_THAT(project.Run("./digits help"), HasSubstr("--learning-rate F"));
}

TEST(Compile, ObjectArchiveAndLibraryServeCAlike) {
  const Project project;
  project.Write("main.c", kMain);
  const std::string core = BRINE_BINARY_DIR "/lib/libbrine_core.a", system = " -lm -lpthread -ldl ";
  project.Run("brine compile digits.cc --emit object && " + kCc + "digits.o " + core + system + " -o with_object");
  project.Run("brine compile digits.cc --emit static && " + kCc + "digits.a" + system + " -o with_archive");
  project.Run("brine compile digits.cc --emit shared -o libdigits.so && " + kCc + "libdigits.so -Wl,-rpath,." + system +
              " -o with_library");
  const std::string loss = project.Run("./with_object");
  EXPECT_THAT(loss, HasSubstr("0x1."));
  EXPECT_EQ(project.Run("./with_archive"), loss);
  EXPECT_EQ(project.Run("./with_library"), loss);
}

TEST(Compile, TheSameModelGivesTheSameBytes) {
  const Project project;
  for (const char* form : {"exe", "shared", "static", "object"}) {
    const std::string compile = std::string("brine compile digits.cc --emit ") + form;
    project.Run(compile + " -o first && BRINE_CACHE=$PWD/cache " + compile + " -o second && cmp first second");
  }
}

TEST(Compile, NothingOfACompilerIsLinked) {
  const Project project;
  project.Run("brine compile " + kCnn + " -o cnn.o --emit object");
  const std::string libraries = BRINE_BINARY_DIR "/lib";
  const std::string names = project.Run("nm -C cnn.o " + libraries + "/libbrine_core.a " + libraries +
                                        "/libbrine_trainer.a " + libraries + "/libbrine_backend.a");
  EXPECT_THAT(names, HasSubstr(" T cifar10_cnn_program"));
  EXPECT_THAT(names, HasSubstr(" T brine_trainer_main"));
  for (const char* compiler : {"Halide::Internal", "Halide::Func", "llvm::", "LLVM", "google::protobuf", "absl::"})
    EXPECT_THAT(names, Not(HasSubstr(compiler)));
}

// Halide's own pool would start more threads.
TEST(Compile, OneThreadIsOneThread) {
  const Project project;
  project.Run("brine compile digits.cc -o digits");
  const std::string most = project.Run(
      "./digits train --data data --threads 1 --epochs 1000000 --quiet > log 2>&1 & most=0; "
      "for look in $(seq 40); do threads=$(ls /proc/$!/task | wc -l); "
      "[ $threads -gt $most ] && most=$threads; sleep 0.02; done; kill $!; echo $most");
  EXPECT_EQ(most, "1\n");
}

TEST(Compile, TheTrainerIsSmallAndNeedsTheSystemsLibrariesOnly) {
  const Project project;
  project.Run("brine compile " + kCnn + " -o cnn");
  EXPECT_LT(std::filesystem::file_size(project.path("cnn")), 406000u);
  const std::set<std::string> known = {"linux-vdso.so.1",
                                       "libstdc++.so.6",
                                       "libm.so.6",
                                       "libgcc_s.so.1",
                                       "libc.so.6",
                                       "/lib64/ld-linux-x86-64.so.2",
                                       "/lib/ld-linux-aarch64.so.1"};
  std::istringstream lines(project.Run("ldd cnn"));
  for (std::string line; std::getline(lines, line);) {
    std::string name;
    std::istringstream(line) >> name;
    EXPECT_EQ(known.count(name), 1u) << line;
  }
}

}  // namespace
}  // namespace brine
