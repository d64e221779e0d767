// Compares the initial contents of variables with those of the interpreter's states, which another implementation
// computes.
#include "runtime/core/initialize.h"

#include <gtest/gtest.h>

#include <cstring>

#include "ir/interpret.h"
#include "runtime/core/philox.h"

namespace brine {
namespace {

struct Row {
  brine_initializer initializer;
  ir::InitializerKind kind;
  std::vector<int64_t> shape;
  double argument, mean;
};

TEST(Initialize, GivesTheBitsOfTheInterpreter) {
  const Row rows[] = {
      {BRINE_CONSTANT, ir::InitializerKind::kConstant, {3, 5}, 0.1, 0},
      {BRINE_UNIFORM, ir::InitializerKind::kUniform, {31, 7}, 0.3, 0.7},
      {BRINE_TRUNCATED_NORMAL, ir::InitializerKind::kTruncatedNormal, {3, 3, 5, 7}, 0.3, -0.1},
      {BRINE_NORMAL, ir::InitializerKind::kNormal, {61}, 0.3, 0},
      {BRINE_IDENTITY, ir::InitializerKind::kIdentity, {5, 3}, 0.3, 0},
      {BRINE_DATA_MEAN, ir::InitializerKind::kDataMean, {3}, 0, 0},
      {BRINE_DATA_VARIANCE, ir::InitializerKind::kDataVariance, {3}, 1, 0},
      {BRINE_ORTHOGONAL, ir::InitializerKind::kOrthogonal, {5, 5}, 0.3, 0},
      {BRINE_ORTHOGONAL, ir::InitializerKind::kOrthogonal, {3, 3, 5, 7}, 1, 0},
      {BRINE_ORTHOGONAL, ir::InitializerKind::kOrthogonal, {13, 40}, -2, 0},
  };
  constexpr uint64_t kSeed = 0x0000000500000003;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.initializer);
    ir::Graph graph;
    const ir::ValueId value = graph.AddValue("conv2d/kernel", {ir::DType::kF32, row.shape});
    graph.states.push_back({value, ir::Role::kParameter, {row.kind, row.argument, row.mean}, {}});
    const std::vector<float> wanted = ir::InitialStates<float>(graph, kSeed).at("conv2d/kernel").real;

    brine_variable variable = {};
    variable.initializer = static_cast<uint8_t>(row.initializer);
    variable.rank = static_cast<uint8_t>(row.shape.size());
    for (size_t axis = 0; axis < row.shape.size(); ++axis) variable.dims[axis] = static_cast<int32_t>(row.shape[axis]);
    variable.argument = row.argument;
    variable.mean = row.mean;
    variable.id = brine_random_id("conv2d/kernel");
    ASSERT_EQ(brine_variable_elements(&variable), static_cast<int64_t>(wanted.size()));
    std::vector<float> got(wanted.size());
    brine_initialize(&variable, kSeed, got.data());
    EXPECT_EQ(std::memcmp(got.data(), wanted.data(), got.size() * sizeof(float)), 0);
  }
}

}  // namespace
}  // namespace brine
