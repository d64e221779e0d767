#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

const std::string kCore = BRINE_BINARY_DIR "/lib/libbrine_core.a";

// The output of a command, and its exit status.
std::pair<std::string, int> Shell(const std::string& command) {
  std::string output;
  FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (size_t got = std::fread(buffer, 1, sizeof(buffer), pipe)) output.append(buffer, got);
  return {output, pclose(pipe)};
}

// A C program whose table has no calls.  The test is that everything links, and that the size of a state follows from
// the table.
constexpr char kMain[] = R"(
#include <stdio.h>
#include <stdlib.h>
#include "runtime/core/checkpoint.h"
#include "runtime/core/state.h"

static int parallel_for(void* context, brine_task task, int32_t min, int32_t size, uint8_t* closure) {
  for (int32_t index = min; index < min + size; ++index) task(context, index, closure);
  return 0;
}
static int set_threads(int32_t count) { return count; }
static const char* const features[] = {NULL};
static const brine_backend backend = {parallel_for, set_threads, features, "any", 0};
static const brine_variable variables[] = {{"dense/kernel", BRINE_F32, BRINE_PARAMETERS, BRINE_ROLE_PARAMETER, 1, BRINE_UNIFORM, {5}, 0, 0.5, 0, 17, "", ""}};

int main(int argc, char** argv) {
  brine_program program = {.abi_version = BRINE_ABI_VERSION, .name = "nothing", .batch_size = 4, .block_bytes = {[BRINE_PARAMETERS] = 64},
                           .variables = variables, .variable_count = 1, .backend = &backend};
  void* memory = aligned_alloc(64, brine_state_bytes(&program));
  brine_state* state = brine_state_init(&program, memory, 3);
  const float drawn = *(const float*)brine_variable_data(state, 0);
  if (argc != 2 || brine_save(state, argv[1]) != BRINE_OK) return puts(brine_error(state)), 1;
  brine_state_init(&program, memory, 4);
  if (brine_load(state, argv[1]) != BRINE_OK) return puts(brine_error(state)), 1;
  printf("%d %d\n", *(const float*)brine_variable_data(state, 0) == drawn, brine_step(state, brine_find_function(&program, "train"), 1));
  puts(brine_error(state));
  free(memory);
  return 0;
}
)";

TEST(CLink, ACompilerForCIsEnough) {
  const TemporaryFolder folder;
  const std::string source = folder.Write("main.c", kMain), program = folder / "main";
  const auto [messages, status] = Shell("cc -std=c11 -Wall -Wextra -Werror -I" BRINE_SOURCE_DIR " " + source + " " +
                                        kCore + " -lm -lpthread -ldl -o " + program);
  ASSERT_EQ(status, 0) << messages;
  EXPECT_EQ(Shell(program + " " + (folder / "state.safetensors")).first, "1 3\nnothing was not compiled for this\n");
  EXPECT_EQ(Shell("ldd " + program).first.find("libstdc++"), std::string::npos);
}

TEST(CLink, TheCoreNamesNothingOfCpp) {
  const auto [symbols, status] =
      Shell("nm --undefined-only " + kCore + " | grep -E ' U (_ZSt|_ZNSt|_ZNKSt|__cxa|_Zn|_Zd|__gxx)'");
  EXPECT_EQ(symbols, "");
}

}  // namespace
}  // namespace brine::testing
