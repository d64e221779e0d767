// What `brine compile` makes, and that nothing of the compiler is in it.
#include <gmock/gmock.h>

#include <regex>

#include "tests/e2e/folder.h"

namespace brine {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class CompileTest : public FolderTest {};

TEST_F(CompileTest, AProgramAnswersTheSameCommands) {
  ASSERT_EQ(Here("brine compile model.cc -o small").code, 0);
  const CommandResult trained = Here("./small train --epochs 1 --quiet --save w.safetensors");
  EXPECT_THAT(trained.out, MatchesRegex("Test loss: [0-9.]+\nTest accuracy: 0\\.[0-9]+\n"));
  EXPECT_EQ(Here("./small evaluate --weights w.safetensors").out, trained.out);
  EXPECT_EQ(Here("brine train model.cc --epochs 1 --quiet").out, trained.out);
  EXPECT_EQ(Here("./small summary").out, Here("brine summary model.cc").out);
  EXPECT_THAT(Here("./small bench --steps 3 --json").out,
              MatchesRegex("\\{\"model\": \"small\", .*\"train_step_ms\": \\{\"min\": [0-9.]+, \"median\": [0-9.]+.*\"threads\": [0-9]+, .*\"arena_bytes\": [0-9]+, "
                           "\"arena_bound_bytes\": [0-9]+, .*\"kernels\": \\[\\{\"name\": .*\"ms\": .*\"flops\": .*\"layers\": .*\n"));
}

TEST_F(CompileTest, AProgramHoldsNoCompiler) {
  ASSERT_EQ(Here("brine compile model.cc -o small").code, 0);
  const std::string symbols = Here("nm -C small").out;
  for (const char* name : {"llvm::", "LLVM", "google::protobuf", "absl::"}) EXPECT_THAT(symbols, Not(HasSubstr(name)));
  // Of Halide its C runtime alone, which is C++ inside.
  std::istringstream lines(symbols);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("Halide::") != std::string::npos) {
      EXPECT_THAT(line, HasSubstr("Halide::Runtime::"));
    }
  }
  std::istringstream libraries(Here("ldd small").out);
  const std::regex allowed("\\s*(linux-vdso|libstdc\\+\\+|libgcc_s|libm|libc|libdl|libpthread|/lib.*/ld-linux-).*");
  for (std::string line; std::getline(libraries, line);) EXPECT_TRUE(std::regex_match(line, allowed)) << line;
}

TEST_F(CompileTest, EveryFormLinks) {
  for (const char* form : {"shared -o libsmall.so", "static -o libsmall.a", "object -o small.o"}) {
    ASSERT_EQ(Here(std::string("brine compile model.cc --emit ") + form).code, 0) << form;
  }
  Write("main.c", "#include \"small.h\"\n#include <stdio.h>\n#include <stdlib.h>\n"
                  "int main(void) {\n"
                  "  brine_state* state = small_init(aligned_alloc(64, small_state_bytes()), 1);\n"
                  "  printf(\"%d %d\\n\", state != NULL, SMALL_ARENA_BYTES > 0);\n"
                  "  return 0;\n"
                  "}\n");
  const std::string compile = "cc main.c -I. -I'" BRINE_SOURCE_DIR "' ", core = " '" BRINE_BINARY_DIR "/lib/libbrine_core.a' -lm -lpthread -ldl -o main && ";
  EXPECT_EQ(Here(compile + "small.o" + core + "./main").out, "1 1\n");
  EXPECT_EQ(Here(compile + "libsmall.a" + core + "./main").out, "1 1\n");
  EXPECT_EQ(Here(compile + "-L. -lsmall" + core + "LD_LIBRARY_PATH=. ./main").out, "1 1\n");
}

TEST_F(CompileTest, ACompiledProgramIsInspectedAndTrainedLikeAFile) {
  ASSERT_EQ(Here("brine compile model.cc -o small").code, 0);
  for (const char* stage : {"graph", "planned"}) {
    const std::string flags = std::string(" --stage ") + stage;
    EXPECT_EQ(Here("brine inspect small" + flags).out, Here("brine inspect model.cc" + flags).out) << stage;
  }
  EXPECT_EQ(Here("brine train small --epochs 1 --quiet").out, Here("brine train model.cc --epochs 1 --quiet").out);
}

}  // namespace
}  // namespace brine
