// Tests Dot, the table of memory, and the suggestions in messages.
#include "gtest/gtest.h"
#include "ir/names.h"
#include "ir/text/dot.h"
#include "ir/text/memory_table.h"
#include "tests/ir/test_graphs.h"

namespace brine::ir {
namespace {

TEST(Dot, DrawsKernelsStatesAndUpdates) {
  Graph graph = ReadGraph(R"(graph "tiny" stage=fused function=train {
  input %x : f32[n,3] data
  input %rate : f32[] scalar 0.1
  state %a/w : f32[3,3] parameter constant(0.0)
  %g = kernel(%x) <generic> {
    %g = matmul(%x, %x) {transpose_a=true} : f32[3,3]
  } : f32[3,3]
  %w1 = kernel(%a/w, %g, %rate) <optimizer> {
    %w1 = sgd(%a/w, %g, %rate) : f32[3,3]
  } : f32[3,3]
  update %a/w = %w1
  output "gradient" = %g
})");
  graph.name = "a \"quoted\" name";
  EXPECT_EQ(Dot(graph), R"(digraph "a \"quoted\" name" {
  node [fontname="Helvetica"];
  n0 [shape=box, label="x\ndata"];
  n1 [shape=box, label="rate\nscalar"];
  n2 [shape=box, style=filled, fillcolor=lightgrey, label="a/w\nparameter"];
  subgraph cluster_0 {
    label="generic";
    n3 [label="matmul"];
  }
  subgraph cluster_1 {
    label="optimizer";
    n4 [label="sgd"];
  }
  n5 [shape=box, style=rounded, label="gradient"];
  n0 -> n3 [label="x\nf32[n,3]"];
  n0 -> n3 [label="x\nf32[n,3]"];
  n2 -> n4 [label="a/w\nf32[3,3]"];
  n3 -> n4 [label="g\nf32[3,3]"];
  n1 -> n4 [label="rate\nf32[]"];
  n4 -> n2 [label="w1\nf32[3,3]", style=dashed, constraint=false];
  n3 -> n5 [label="g\nf32[3,3]"];
}
)");
}

TEST(Dot, DrawsPenalties) {
  EXPECT_EQ(Dot(ReadGraph(R"(graph "tiny" stage=graph function=model {
  input %x : f32[n,3] data
  %sum = reduce_sum(%x) {axes=[0,1]} : f32[]
  penalty %sum
  output "output" = %x
})")),
            R"(digraph "tiny" {
  node [fontname="Helvetica"];
  n0 [shape=box, label="x\ndata"];
  n1 [label="reduce_sum"];
  n2 [shape=box, style=rounded, label="penalty"];
  n3 [shape=box, style=rounded, label="output"];
  n0 -> n1 [label="x\nf32[n,3]"];
  n1 -> n2 [label="sum\nf32[]"];
  n0 -> n3 [label="x\nf32[n,3]"];
}
)");
}

TEST(MemoryTable, ListsPlacesAndLifetimes) {
  EXPECT_EQ(MemoryTable(ReadGraph(kPlannedText)), R"(value  bytes  place         first  last
%x       256  inputs+0      start  5
%rate      4  inputs+256    start  6
%w      1024  parameters+0  start  6
%m      1024  slots+0       start  start
%h       256  arena+0           0  1
%r       256  arena+0           1  3
%l         4  outputs+0         1  end
%view    256  arena+0           2  3      view of %r
%s       256  arena+256         3  4
%t       256  arena+0           4  5
%g      1024  gradients+0       5  6
%w1     1024  parameters+0      6  end
arena: 512 bytes
inputs: 320 bytes
parameters: 1024 bytes
gradients: 1024 bytes
slots: 1024 bytes
outputs: 64 bytes
)");
}

TEST(Names, TheClosestNameIsSuggestedIfItIsNear) {
  const std::vector<absl::string_view> known = {"relu", "conv2d", "categorical_crossentropy"};
  EXPECT_EQ(ClosestName("rleu", known), "relu");
  EXPECT_EQ(ClosestName("Conv2d", known), "conv2d");
  EXPECT_EQ(ClosestName("categorical_crosentropy", known), "categorical_crossentropy");
  EXPECT_EQ(ClosestName("gelu_tanh", known), "");
  EXPECT_EQ(ClosestName("x", known), "");
  EXPECT_EQ(ClosestName(std::string(1000, 'a'), known), "");
}

TEST(Names, LegalNamesAndWordsAreRecognized) {
  for (const char* name : {"a", "conv2d/kernel", "x.grad", "3", "-", "a:b"}) EXPECT_TRUE(IsName(name)) << name;
  for (const char* name : {"", "a b", "a\n", "%a", "\xc3\xa9"}) EXPECT_FALSE(IsName(name)) << name;
  EXPECT_FALSE(IsName(std::string(257, 'a')));
  EXPECT_FALSE(IsName(absl::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace brine::ir
