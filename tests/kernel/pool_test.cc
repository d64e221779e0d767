// A process has one pool of threads, however many models run in it.
#include <gtest/gtest.h>

#include <filesystem>

#include "ir/text/text.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

// A kernel of `rows` tasks.
ir::Graph Model(const std::string& name, int rows) {
  const std::string type = absl::StrCat("f32[", rows, ",4099]");
  const auto graphs =
      ir::Parse(absl::StrCat("graph \"", name, "\" stage=fused function=predict batch=1 {\n  input %x : ", type,
                             " data\n  %y = kernel(%x) <generic> {\n    %y = exp(%x) : ", type, "\n  } : ", type,
                             "\n  output \"y\" = %y\n}\n"),
                name);
  EXPECT_TRUE(graphs.ok()) << graphs.status();
  return graphs->front();
}

int64_t ThreadsOfProcess() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

TEST(Pool, IsSharedByAllModels) {
  constexpr int kThreads = 5;
  const int64_t before = ThreadsOfProcess();
  for (int rows : {17, 19, 23}) {
    const ir::Graph graph = Model(absl::StrCat("model", rows), rows);
    auto step = BuildStep(graph, TestOptions());
    ASSERT_TRUE(step.ok()) << step.status();
    ir::Tensors<float> given;
    given["x"] = ir::MakeTensor<float>(graph.type(graph.FindValue("x")), 1);
    const auto result = step->Run(given, 1, kThreads);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->at("y").real.back(), 1.0f);
    EXPECT_LE(ThreadsOfProcess(), before + kThreads - 1) << "after the model of " << rows << " rows";
  }
  EXPECT_GT(ThreadsOfProcess(), before);
}

}  // namespace
}  // namespace brine::codegen
