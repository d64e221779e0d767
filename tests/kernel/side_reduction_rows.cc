// Kernels that also reduce what they store, as a batch normalization's convolution does: for every strategy of a
// contraction whose results have rows, before and after a pool.
#include "tests/kernel/strategy_cases.h"

namespace brine::codegen {
namespace {

constexpr Row kRows[] = {
    {"conv_with_sums_of_its_result", R"(
      input %x : f32[n,8,9,16] data
      input %w : f32[3,3,16,16] data
      input %b : f32[16] data
      %a, %s = kernel(%x, %w, %b) <contraction sparse=[0]> {
        %c = conv2d(%x, %w) : f32[n,6,7,16]
        %a = add(%c, %b) : f32[n,6,7,16]
        %s = reduce_sum(%a) {axes=[0,1,2]} : f32[16]
      } : f32[n,6,7,16], f32[16])"},
    {"conv_with_sums_of_two_results", R"(
      input %x : f32[n,8,8,16] data
      input %w : f32[3,3,16,32] data
      input %k : f32[32] data
      %s, %y, %c, %t = kernel(%x, %w, %k) <contraction> {
        %c = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,8,8,32]
        %s = reduce_sum(%c) {axes=[0,1,2]} : f32[32]
        %y = mul(%c, %k) : f32[n,8,8,32]
        %t = reduce_sum(%y) {axes=[0,1,2], keep_dims=true} : f32[1,1,1,32]
      } : f32[32], f32[n,8,8,32], f32[n,8,8,32], f32[1,1,1,32])"},
    {"conv_of_few_channels_with_sums", R"(
      input %x : f32[n,10,16,3] data
      input %w : f32[3,3,3,32] data
      %c, %s = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) : f32[n,8,14,32]
        %s = reduce_sum(%c) {axes=[0,1,2]} : f32[32]
      } : f32[n,8,14,32], f32[32])"},
    {"conv_with_sums_of_its_pool", R"(
      input %x : f32[n,10,10,16] data
      input %w : f32[3,3,16,19] data
      %i, %p, %s = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) : f32[n,8,8,19]
        %p, %i = max_pool(%c) : f32[n,4,4,19], u8[n,4,4,19]
        %s = reduce_sum(%p) {axes=[0,1,2]} : f32[19]
      } : u8[n,4,4,19], f32[n,4,4,19], f32[19])"},
    {"conv_with_sums_of_images", R"(
      input %x : f32[n,6,6,4] data
      input %w : f32[3,3,4,8] data
      %c, %s = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) : f32[n,4,4,8]
        %s = reduce_sum(%c) {axes=[1,2]} : f32[n,8]
      } : f32[n,4,4,8], f32[n,8])"},
    {"input_grad_with_sums", R"(
      input %d : f32[n,6,6,32] data
      input %w : f32[3,3,16,32] data
      input %y : f32[n,8,8,16] data
      %g, %s = kernel(%d, %w, %y) <contraction sparse=[0]> {
        %c = conv2d_input_grad(%d, %w) {input_size=[8,8]} : f32[n,8,8,16]
        %g = relu_grad(%c, %y) : f32[n,8,8,16]
        %s = reduce_sum(%g) {axes=[0,1,2]} : f32[16]
      } : f32[n,8,8,16], f32[16])"},
    {"input_grad_of_max_pool_with_sums", R"(
      input %d : f32[n,4,4,16] data
      input %i : u8[n,4,4,16] data
      input %w : f32[3,3,16,16] data
      %g, %s = kernel(%d, %i, %w) <contraction> {
        %m = max_pool_grad(%d, %i) {input_size=[8,8]} : f32[n,8,8,16]
        %g = conv2d_input_grad(%m, %w) {input_size=[10,10]} : f32[n,10,10,16]
        %s = reduce_sum(%g) {axes=[0,1,2]} : f32[16]
      } : f32[n,10,10,16], f32[16])"},
    {"dense_with_sums", R"(
      input %x : f32[n,80] data
      input %w : f32[80,72] data
      input %b : f32[72] data
      %y, %s = kernel(%x, %w, %b) <contraction sparse=[0]> {
        %m = matmul(%x, %w) : f32[n,72]
        %y = add(%m, %b) : f32[n,72]
        %s = reduce_sum(%y) {axes=[0]} : f32[72]
      } : f32[n,72], f32[72])"},
    {"dense_input_grad_with_sums", R"(
      input %d : f32[n,270] data
      input %w : f32[150,270] data
      input %y : f32[n,150] data
      %g, %s = kernel(%d, %w, %y) <contraction sparse=[0]> {
        %m = matmul(%d, %w) {transpose_b=true} : f32[n,150]
        %g = relu_grad(%m, %y) : f32[n,150]
        %s = reduce_sum(%g) {axes=[0]} : f32[150]
      } : f32[n,150], f32[150])"},
    {"weight_grad_of_means_with_sum", R"(
      input %x : f32[n,10,10,16] data
      input %d : f32[n,4,4,16] data
      %g, %b = kernel(%x, %d) <contraction> {
        %m = avg_pool_grad(%d) {input_size=[8,8]} : f32[n,8,8,16]
        %g = conv2d_weight_grad(%x, %m) {kernel_size=[3,3]} : f32[3,3,16,16]
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[16]
      } : f32[3,3,16,16], f32[16])"},
    {"weight_grad_with_two_sums", R"(
      input %x : f32[n,8,8,16] data
      input %d : f32[n,6,6,16] data
      %g, %b, %t = kernel(%x, %d) <contraction sparse=[1]> {
        %g = conv2d_weight_grad(%x, %d) {kernel_size=[3,3]} : f32[3,3,16,16]
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[16]
        %t = reduce_sum(%g) {axes=[0,1,2]} : f32[16]
      } : f32[3,3,16,16], f32[16], f32[16])"},
    // The backward sums of a batch normalization: Σ dy and Σ dy·x.
    {"input_grad_with_sums_of_products", R"(
      input %d : f32[n,6,6,32] data
      input %w : f32[3,3,16,32] data
      input %y : f32[n,8,8,16] data
      input %x : f32[n,8,8,16] data
      %g, %b, %k = kernel(%d, %w, %y, %x) <contraction sparse=[0]> {
        %c = conv2d_input_grad(%d, %w) {input_size=[8,8]} : f32[n,8,8,16]
        %g = relu_grad(%c, %y) : f32[n,8,8,16]
        %b = reduce_sum(%g) {axes=[0,1,2]} : f32[16]
        %m = mul(%g, %x) : f32[n,8,8,16]
        %k = reduce_sum(%m) {axes=[0,1,2]} : f32[16]
      } : f32[n,8,8,16], f32[16], f32[16])"},
    {"dense_with_sums_of_squares_from_a_mean", R"(
      input %x : f32[n,80] data
      input %w : f32[80,72] data
      input %m : f32[72] data
      %y, %s = kernel(%x, %w, %m) <contraction> {
        %y = matmul(%x, %w) : f32[n,72]
        %d = sub(%y, %m) : f32[n,72]
        %q = mul(%d, %d) : f32[n,72]
        %s = reduce_sum(%q) {axes=[0]} : f32[72]
      } : f32[n,72], f32[72])"},
    {"depthwise_with_sums_of_its_result", R"(
      input %x : f32[n,8,10,32] data
      input %w : f32[3,3,1,32] data
      %c, %s = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {groups=32, pads=[0,0,1,1], strides=[2,2]} : f32[n,4,5,32]
        %s = reduce_sum(%c) {axes=[0,1,2]} : f32[32]
      } : f32[n,4,5,32], f32[32])"},
    {"depthwise_input_grad_with_sums_of_products", R"(
      input %d : f32[n,4,5,32] data
      input %w : f32[3,3,1,32] data
      input %y : f32[n,8,10,32] data
      input %x : f32[n,8,10,32] data
      %g, %b, %k = kernel(%d, %w, %y, %x) <contraction> {
        %c = conv2d_input_grad(%d, %w) {groups=32, input_size=[8,10], pads=[0,0,1,1], strides=[2,2]} : f32[n,8,10,32]
        %g = relu_grad(%c, %y) : f32[n,8,10,32]
        %b = reduce_sum(%g) {axes=[0,1,2]} : f32[32]
        %m = mul(%g, %x) : f32[n,8,10,32]
        %k = reduce_sum(%m) {axes=[0,1,2]} : f32[32]
      } : f32[n,8,10,32], f32[32], f32[32])"},
    // Sums of images, which are no bias gradient.
    {"weight_grad_of_pooled_with_sums_of_images", R"(
      input %x : f32[n,10,10,3] data
      input %d : f32[n,4,4,32] data
      input %i : u8[n,4,4,32] data
      %g, %s = kernel(%x, %d, %i) <contraction sparse=[1]> {
        %m = max_pool_grad(%d, %i) {input_size=[8,8]} : f32[n,8,8,32]
        %g = conv2d_weight_grad(%x, %m) {kernel_size=[3,3]} : f32[3,3,3,32]
        %s = reduce_sum(%d) {axes=[1,2,3]} : f32[n]
      } : f32[3,3,3,32], f32[n])"},
};

}  // namespace

const absl::Span<const Row> kSideReductionRows = kRows;

}  // namespace brine::codegen
