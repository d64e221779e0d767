// Tests that Print and Parse are inverses at every stage.
#include "ir/text/text.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "ir/op.h"
#include "ir/verify/verify.h"
#include "tests/ir/test_graphs.h"

namespace brine::ir {
namespace {

TEST(Text, PrintsWhatItParsed) {
  for (absl::string_view text : StageTexts()) {
    const auto graphs = Parse(text, "test.ir");
    ASSERT_TRUE(graphs.ok()) << graphs.status().message();
    EXPECT_EQ(Print(*graphs), text);
    EXPECT_EQ(Print(graphs->front()), text);
    EXPECT_EQ(Verify(graphs->front()), absl::OkStatus());
  }
}

TEST(Text, ParsesWhatItPrinted) {
  for (absl::string_view text : StageTexts()) {
    const std::vector<Graph> graphs = {ReadGraph(text)};
    const auto again = Parse(Print(graphs), "test.ir");
    ASSERT_TRUE(again.ok()) << again.status().message();
    EXPECT_TRUE(Same(graphs, *again));
  }
}

// The graph has the values in another order than the text, and one that nothing mentions.
TEST(Text, ThePrintedTextDoesNotDependOnTheOrderOfValues) {
  Graph graph;
  graph.name = "shuffled";
  const ValueId z = graph.AddValue("z", {DType::kF32, {kBatch, 3}});
  graph.AddValue("unused", {DType::kF32, {1}});
  const ValueId x = graph.AddValue("x", {DType::kF32, {kBatch, 3}});
  graph.inputs.push_back({x, Source::kData, 0});
  graph.nodes.push_back({.op = &kRelu,
                         .inputs = {x},
                         .outputs = {z},
                         .attributes = {},
                         .locations = {},
                         .region = "",
                         .sparse = {},
                         .scratch_bytes = 0,
                         .body = {}});
  graph.outputs.push_back({"output", z});
  const std::string text = Print(graph);
  EXPECT_EQ(text, R"(graph "shuffled" stage=graph function=model {
  input %x : f32[n,3] data
  %z = relu(%x) : f32[n,3]
  output "output" = %z
}
)");
  EXPECT_TRUE(Same({graph}, *Parse(text, "test.ir")));
}

TEST(Text, OneTextHoldsSeveralGraphs) {
  const std::vector<Graph> graphs = {ReadGraph(kModelText), ReadGraph(kFusedText), ReadGraph(kPlannedText)};
  EXPECT_EQ(Print(graphs), absl::StrCat(kModelText, "\n", kFusedText, "\n", kPlannedText));
  EXPECT_TRUE(Same(graphs, *Parse(Print(graphs), "test.ir")));
}

TEST(Text, CommentsAndBlanksAreDropped) {
  const std::string text =
      absl::StrCat("# first\n\n",
                   absl::StrReplaceAll(kTrainText, {{"\n  ", "\r\n \t # a comment with \" and %\n\n\t"}}), "   #last");
  const auto graphs = Parse(text, "test.ir");
  ASSERT_TRUE(graphs.ok()) << graphs.status().message();
  EXPECT_EQ(Print(*graphs), kTrainText);
}

TEST(Text, OrderOfSectionsIsFree) {
  const auto graphs = Parse(
      R"(graph "g" { input %x : f32[n,3] data  %y = relu(%x) : f32[n,3] output "y" = %y input %z : f32[n,2] data })",
      "test.ir");
  ASSERT_TRUE(graphs.ok()) << graphs.status().message();
  EXPECT_EQ(Print(*graphs), R"(graph "g" stage=graph function=model {
  input %x : f32[n,3] data
  input %z : f32[n,2] data
  %y = relu(%x) : f32[n,3]
  output "y" = %y
}
)");
}

// A real number is printed exactly, and with a point or an exponent, so that it is not read as a whole number.
TEST(Text, RealNumbersKeepTheirBits) {
  const double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<double> values = {0,         -0.0,       1,         -1,     1.0 / 3,
                                      1e21,      1e-7,       123456789, 5e-324, 1.7976931348623157e308,
                                      kInfinity, -kInfinity, 0.1f,      1e15,   1e16};
  Graph graph;
  graph.name = "numbers";
  const ValueId x = graph.AddValue("x", {DType::kF32, {static_cast<int64_t>(values.size())}});
  const std::vector<int64_t> shape = {static_cast<int64_t>(values.size())};
  graph.nodes.push_back(
      {&kConstant, {}, {x}, {{"dtype", "f32"}, {"shape", shape}, {"values", values}}, {}, "", {}, 0, {}});
  const std::string text = Print(graph);
  EXPECT_NE(text.find("values=[0.0,-0.0,1.0,-1.0,0.3333333333333333,1e+21,1e-07,123456789.0,5e-324,1.7976931348623157e+"
                      "308,inf,-inf,0.10000000149011612,"
                      "1e+15,1e+16]"),
            std::string::npos)
      << text;
  EXPECT_TRUE(Same({graph}, *Parse(text, "test.ir")));

  graph.nodes[0].attributes.Set("values", std::vector<double>{std::nan("")});
  const auto again = Parse(Print(graph), "test.ir");
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(std::isnan(again->front().nodes[0].attributes.Floats("values")[0]));
}

TEST(Text, StringsKeepTheirBytes) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
  Graph graph = ReadGraph(kTrainText);
  graph.nodes[0].locations = {{bytes, 1, "\"layer\"\n"}, {}, {"", 0, "x"}};
  const std::string text = Print(graph);
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](unsigned char c) { return c == '\n' || (c >= 32 && c < 127); }));
  EXPECT_TRUE(Same({graph}, *Parse(text, "test.ir")));
}

TEST(Text, WholeNumbersServeAsReal) {
  const auto graphs =
      Parse(R"(graph "g" { %c = constant() {dtype="f32", shape=[], values=[3]} : f32[] output "c" = %c })", "test.ir");
  ASSERT_TRUE(graphs.ok()) << graphs.status().message();
  EXPECT_EQ(graphs->front().nodes[0].attributes.Floats("values"), std::vector<double>{3});
}

TEST(Text, PrintsGraphsThatAreNotWellFormed) {
  Graph graph = ReadGraph(kTrainText);
  graph.nodes[0].inputs = {ValueId{99}, kNoValue};
  graph.nodes[1].attributes.Set("axes", "text");
  graph.nodes[2].outputs.clear();
  graph.outputs[0].value = ValueId{1000};
  const std::string text = Print(graph);
  EXPECT_NE(text.find("%logits = matmul(%?99, %?-1) : f32[n,5]"), std::string::npos) << text;
  EXPECT_NE(text.find("%logp = log_softmax(%logits) {axes=\"text\"} : f32[n,5]"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  mul(%label, %logp) : \n"), std::string::npos) << text;
  EXPECT_NE(text.find("output \"loss\" = %?1000"), std::string::npos) << text;
}

TEST(Text, PrintsOneNode) {
  const Graph graph = ReadGraph(kFusedText);
  EXPECT_EQ(PrintNode(graph, graph.nodes[3]),
            "%y = kernel(%flat) <generic> {\n  %y = softmax(%flat) : f32[n,16]\n} : f32[n,16]");
}

}  // namespace
}  // namespace brine::ir
