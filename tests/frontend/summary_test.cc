#include "frontend/summary.h"

#include "absl/strings/match.h"
#include "frontend/graph_of.h"
#include "gtest/gtest.h"
#include "ir/text/text.h"
#include "tests/frontend/examples.h"
#include "tests/golden.h"

namespace brine {
namespace {

TEST(Summary, OfTheTutorialNetworkIsTheGoldenOne) {
  const ir::Graph graph = BuildGraph(ExampleModel("cifar10_cnn")).value();
  ExpectGolden(Summary(graph, nullptr, {}), "frontend/golden/summary.txt");
}

constexpr const char* kModel = R"(graph "tiny" stage=graph function=model {
  layer "dense" Dense : f32[n,3] loc("model.cc":4)
  compile optimizer="adam" {learning_rate=0.001} loc("model.cc":5)
  loss "output" = "categorical_crossentropy" {from_logits=false} metrics=[]
  input %x : f32[n,2] data
  state %dense/kernel : f32[2,3] parameter uniform(1) loc("model.cc":4 "dense")
  %dense.matmul = matmul(%x, %dense/kernel) : f32[n,3] loc("model.cc":4 "dense")
  %dense = softmax(%dense.matmul) : f32[n,3] loc("model.cc":4 "dense")
  output "output" = %dense
}
)";

// A planned graph with one kernel that computes nodes of the layer and one that does not.
constexpr const char* kPlanned = R"(graph "tiny" stage=planned function=train batch=4 {
  input %x : f32[n,2] @inputs+0 data
  state %dense/kernel : f32[2,3] @parameters+0 parameter uniform(1) loc("model.cc":4 "dense")
  state %m : f32[2,3] @slots+0 slot constant(0) loc("model.cc":4 "dense")
  %h = kernel(%x, %dense/kernel) <dense scratch=2048> {
    %h = matmul(%x, %dense/kernel) : f32[n,3] loc("model.cc":4 "dense")
  } : f32[n,3] @arena+64
  %r = kernel(%h) <generic scratch=64> {
    %r = relu(%h) : f32[n,3] loc("model.cc":7 "re_lu")
  } : f32[n,3] @arena+0
  output "loss" = %r
}
)";

// 27 operations: 2·2·3 of the product and 5 for each element of the softmax.
TEST(Summary, ShowsKernelsAndMemoryInAscii) {
  const ir::Graph model = ir::Parse(kModel, "model.ir").value()[0];
  const absl::StatusOr<std::vector<ir::Graph>> planned = ir::Parse(kPlanned, "planned.ir");
  ASSERT_TRUE(planned.ok()) << planned.status();
  EXPECT_EQ(Summary(model, &planned->front(), {.ascii = true}),
            "Model: \"tiny\"\n"
            "+---------------+--------------+---------+-------+------------+----------+\n"
            "| Layer (type)  | Output Shape | Param # | FLOPs | Activation | Fused as |\n"
            "+===============+==============+=========+=======+============+==========+\n"
            "| dense (Dense) | (n, 3)       |       6 |    27 |    12.00 B | dense    |\n"
            "+---------------+--------------+---------+-------+------------+----------+\n"
            " Total params: 6 (24.00 B)\n"
            " Trainable params: 6 (24.00 B)\n"
            " Non-trainable params: 0 (0.00 B)\n"
            " Optimizer state: 6 (24.00 B)\n"
            " FLOPs forward, one row: 27\n"
            " Planned memory, batch 4: arena 112.00 B, gradients 0.00 B\n");
}

// Frozen weights and statistics count for their layers, averages for the state of the optimizer.
TEST(Summary, CountsWhatIsNotTrained) {
  std::string text = kModel;
  const std::string line = "  state %dense/kernel";
  text.insert(text.find(line), R"(  state %dense/scale : f32[3] frozen constant(1) loc("model.cc":4 "dense")
  state %dense/mean : f32[2] statistic constant(0) loc("model.cc":4 "dense")
  state %average : f32[2,3] average constant(0) loc("model.cc":4 "dense")
)");
  const absl::StatusOr<std::vector<ir::Graph>> model = ir::Parse(text, "model.ir");
  ASSERT_TRUE(model.ok()) << model.status();
  const std::string summary = Summary(model->front(), nullptr, {.ascii = true});
  EXPECT_TRUE(absl::StrContains(summary, "| (n, 3)       |      11 |")) << summary;
  EXPECT_TRUE(absl::StrContains(summary,
                                " Total params: 11 (44.00 B)\n"
                                " Trainable params: 6 (24.00 B)\n"
                                " Non-trainable params: 5 (20.00 B)\n"
                                " Optimizer state: 12 (48.00 B)\n"))
      << summary;
}

}  // namespace
}  // namespace brine
