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

void ExpectMovement(const Movement& movement, int64_t read, int64_t written, int64_t written_far) {
  EXPECT_EQ(movement.read, read);
  EXPECT_EQ(movement.written, written);
  EXPECT_EQ(movement.written_far, written_far);
}

// A step moves 6 MiB.  The place of %c was touched one step ago.
TEST(Movement, APlaceIsInTheCacheIfLittleWasMovedSince) {
  const ir::Graph graph = Parsed(kGraph);
  ASSERT_EQ(graph.nodes.size(), 3u);
  const std::vector<Movement> large = FindMovements(graph, 8 * kValue), small = FindMovements(graph, 3 * kValue);
  for (const std::vector<Movement>* movements : {&large, &small})
    ExpectMovement((*movements)[1], 2 * kValue, 0, 0);  // in place
  ExpectMovement(large[2], kValue, kValue, 0);
  ExpectMovement(small[2], kValue, 0, kValue);
  // Between %c and the next %a, nothing but %a's own operands is moved.
  ExpectMovement(large[0], kValue, kValue, 0);
  ExpectMovement(small[0], kValue, kValue, 0);
}

TEST(Movement, WithoutAPlanNothingIsInTheCache) {
  const ir::Graph graph = Parsed(
      "graph \"g\" stage=fused function=predict batch=4 {\n  input %x : f32[n,8] data\n  %y = relu(%x) : f32[n,8]\n  "
      "output \"y\" = %y\n}\n");
  ASSERT_EQ(graph.nodes.size(), 1u);
  ExpectMovement(FindMovements(graph, kValue)[0], 128, 0, 128);
}

TEST(Movement, EachKindHasARateOfItsOwn) {
  Machine machine = {};
  machine.read_gigabytes_per_second = 10;
  machine.write_gigabytes_per_second = 5;
  machine.far_write_gigabytes_per_second = 2;
  EXPECT_DOUBLE_EQ(MovementMilliseconds({20'000'000, 0, 0}, machine), 2);
  EXPECT_DOUBLE_EQ(MovementMilliseconds({0, 20'000'000, 0}, machine), 4);
  EXPECT_DOUBLE_EQ(MovementMilliseconds({10'000'000, 5'000'000, 2'000'000}, machine), 3);
}

}  // namespace
}  // namespace brine::codegen
