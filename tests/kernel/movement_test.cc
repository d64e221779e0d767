// What kernels move, by where their operands lie and by what ran before.
#include "codegen/driver/movement.h"

#include <gtest/gtest.h>

#include "ir/text/text.h"

namespace brine::codegen {
namespace {

// Values of 1 MiB.  %b overwrites %a, and nothing else touches the place of %c.
constexpr char kGraph[] = R"(graph "chain" stage=planned function=predict batch=1024 {
  input %x : f32[n,256] @arena+0 data
  %a = kernel(%x) <loop> {
    %a = relu(%x) : f32[n,256]
  } : f32[n,256] @arena+1048576
  %b = kernel(%a) <loop> {
    %b = relu(%a) : f32[n,256]
  } : f32[n,256] @arena+1048576
  %c = kernel(%b) <loop> {
    %c = relu(%b) : f32[n,256]
  } : f32[n,256] @outputs+0
  output "c" = %c
}
)";

constexpr int64_t kValue = 1 << 20;

ir::Graph Parsed(const char* text) {
  auto graphs = ir::Parse(text, "chain.ir");
  EXPECT_TRUE(graphs.ok()) << graphs.status();
  return graphs.ok() ? graphs->front() : ir::Graph{};
}

void ExpectMovement(const Movement& movement, int64_t near, int64_t read, int64_t written) {
  EXPECT_EQ(movement.near, near);
  EXPECT_EQ(movement.read, read);
  EXPECT_EQ(movement.written, written);
}

// A step moves 6 MiB, 2 in each kernel.  The places of %c and of %x were touched one step ago.
TEST(Movement, APlaceIsInTheCacheIfLittleWasMovedSince) {
  const ir::Graph graph = Parsed(kGraph);
  ASSERT_EQ(graph.nodes.size(), 3u);
  const std::vector<Movement> large = FindMovements(graph, 6 * kValue), small = FindMovements(graph, 2 * kValue);
  for (const Movement& movement : large) ExpectMovement(movement, 2 * kValue, 0, 0);
  ExpectMovement(small[0], kValue, kValue, 0);  // the place of %a was touched one kernel ago, as %b
  ExpectMovement(small[1], 2 * kValue, 0, 0);   // in place
  ExpectMovement(small[2], kValue, 0, kValue);
}

// What the kernel before has read or written is gone if that kernel alone moves more than the cache holds.
TEST(Movement, AKernelThatMovesMuchPushesOutItsOwnOperands) {
  const ir::Graph graph = Parsed(kGraph);
  ASSERT_EQ(graph.nodes.size(), 3u);
  ExpectMovement(FindMovements(graph, kValue)[1], kValue, kValue, 0);
}

TEST(Movement, WithoutAPlanNothingIsInTheCache) {
  const ir::Graph graph = Parsed(
      "graph \"g\" stage=fused function=predict batch=4 {\n  input %x : f32[n,8] data\n  %y = relu(%x) : f32[n,8]\n  "
      "output \"y\" = %y\n}\n");
  ASSERT_EQ(graph.nodes.size(), 1u);
  ExpectMovement(FindMovements(graph, kValue)[0], 0, 128, 128);
}

TEST(Movement, EachKindHasARateOfItsOwn) {
  Machine machine = {};
  machine.near_gigabytes_per_second = 10;
  machine.read_gigabytes_per_second = 5;
  machine.write_gigabytes_per_second = 2;
  EXPECT_DOUBLE_EQ(MovementMilliseconds({20'000'000, 0, 0}, machine), 2);
  EXPECT_DOUBLE_EQ(MovementMilliseconds({0, 20'000'000, 0}, machine), 4);
  EXPECT_DOUBLE_EQ(MovementMilliseconds({10'000'000, 5'000'000, 2'000'000}, machine), 3);
}

}  // namespace
}  // namespace brine::codegen
