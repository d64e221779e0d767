// Gradients of dense layers that the strategy tests compile.
#include "tests/kernel/strategy_cases.h"

namespace brine::codegen {
namespace {

constexpr Row kRows[] = {
    {"dense_input_grad_of_sparse", R"(
      input %d : f32[n,75] data
      input %w : f32[150,75] data
      input %y : f32[n,150] data
      %g = kernel(%d, %w, %y) <contraction sparse=[0]> {
        %m = matmul(%d, %w) {transpose_b=true} : f32[n,150]
        %g = relu_grad(%m, %y) : f32[n,150]
      } : f32[n,150])"},
    {"dense_weight_grad_with_sparse_input", R"(
      input %d : f32[n,75] data
      input %y : f32[n,140] data
      %b, %g = kernel(%y, %d) <contraction sparse=[0]> {
        %b = reduce_sum(%y) {axes=[0]} : f32[140]
        %g = matmul(%d, %y) {transpose_a=true} : f32[75,140]
      } : f32[140], f32[75,140])"},
    {"dense_weight_grad_of_sparse", R"(
      input %x : f32[n,140] data
      input %d : f32[n,75] data
      %b, %g = kernel(%d, %x) <contraction sparse=[0]> {
        %b = reduce_sum(%d) {axes=[0]} : f32[75]
        %g = matmul(%x, %d) {transpose_a=true} : f32[140,75]
      } : f32[75], f32[140,75])"},
    {"dense_input_grad_with_relu_grad", R"(
      input %d : f32[n,80] data
      input %w : f32[150,80] data
      input %y : f32[n,150] data
      %g = kernel(%d, %w, %y) <contraction> {
        %m = matmul(%d, %w) {transpose_b=true} : f32[n,150]
        %g = relu_grad(%m, %y) : f32[n,150]
      } : f32[n,150])"},
    {"dense_input_grad_with_relu_grad_over_many_units", R"(
      input %d : f32[n,270] data
      input %w : f32[150,270] data
      input %y : f32[n,150] data
      %g = kernel(%d, %w, %y) <contraction> {
        %m = matmul(%d, %w) {transpose_b=true} : f32[n,150]
        %g = relu_grad(%m, %y) : f32[n,150]
      } : f32[n,150])"},
    {"dense_input_grad_over_many_units", R"(
      input %d : f32[n,270] data
      input %w : f32[150,270] data
      %g = kernel(%d, %w) <contraction> {
        %g = matmul(%d, %w) {transpose_b=true} : f32[n,150]
      } : f32[n,150])"},
    {"dense_input_grad_of_sparse_over_many_units", R"(
      input %d : f32[n,256] data
      input %w : f32[33,256] data
      %g = kernel(%d, %w) <contraction sparse=[0]> {
        %g = matmul(%d, %w) {transpose_b=true} : f32[n,33]
      } : f32[n,33])"},
};

}  // namespace

const absl::Span<const Row> kDenseGradRows = kRows;

}  // namespace brine::codegen
