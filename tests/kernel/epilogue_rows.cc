// Prologues and epilogues of a contraction: constants of any shape, several operands, operands and sums that are used
// twice, and several results.
#include "tests/kernel/strategy_cases.h"

namespace brine::codegen {
namespace {

constexpr Row kRows[] = {
    {"conv_with_constant_bias", R"(
      input %x : f32[n,8,8,16] data
      input %w : f32[3,3,16,16] data
      %y = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) : f32[n,6,6,16]
        %b = constant() {dtype="f32", shape=[16], values=[0.5]} : f32[16]
        %y = add(%c, %b) : f32[n,6,6,16]
      } : f32[n,6,6,16])"},
    {"conv_with_constants_of_other_shapes", R"(
      input %x : f32[n,8,6,16] data
      input %w : f32[3,3,16,32] data
      %y = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) : f32[n,6,4,32]
        %h = constant() {dtype="f32", shape=[6,4,32], values=[0.25]} : f32[6,4,32]
        %a = mul(%h, %c) : f32[n,6,4,32]
        %k = constant() {dtype="f32", shape=[4,1], values=[1.0,2.0,-3.0,4.0]} : f32[4,1]
        %b = sub(%a, %k) : f32[n,6,4,32]
        %s = constant() {dtype="f32", shape=[], values=[2.0]} : f32[]
        %y = div(%b, %s) : f32[n,6,4,32]
      } : f32[n,6,4,32])"},
    {"conv_with_residual", R"(
      input %x : f32[n,9,10,16] data
      input %w : f32[3,3,16,32] data
      input %b : f32[32] data
      input %r : f32[n,9,10,32] data
      %y = kernel(%x, %w, %b, %r) <contraction> {
        %c = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,9,10,32]
        %a = add(%c, %b) : f32[n,9,10,32]
        %s = add(%r, %a) : f32[n,9,10,32]
        %y = relu(%s) : f32[n,9,10,32]
      } : f32[n,9,10,32])"},
    {"conv_of_few_channels_with_residual", R"(
      input %x : f32[n,10,16,3] data
      input %w : f32[3,3,3,32] data
      input %r : f32[n,8,14,32] data
      %y = kernel(%x, %w, %r) <contraction> {
        %c = conv2d(%x, %w) : f32[n,8,14,32]
        %y = add(%c, %r) : f32[n,8,14,32]
      } : f32[n,8,14,32])"},
    {"conv_with_sums_used_twice", R"(
      input %x : f32[n,8,9,16] data
      input %w : f32[3,3,16,16] data
      %y = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) : f32[n,6,7,16]
        %s = sigmoid(%c) : f32[n,6,7,16]
        %y = mul(%c, %s) : f32[n,6,7,16]
      } : f32[n,6,7,16])"},
    {"transposed_conv_with_pool", R"(
      input %d : f32[n,8,8,32] data
      input %w : f32[3,3,16,32] data
      %y = kernel(%d, %w) <contraction> {
        %c = conv2d_input_grad(%d, %w) {input_size=[10,10]} : f32[n,10,10,16]
        %y = avg_pool(%c) {strides=[2,2],window=[2,2]} : f32[n,5,5,16]
      } : f32[n,5,5,16])"},
    {"conv_grad_into_pool_grad", R"(
      input %d : f32[n,6,6,16] data
      input %w : f32[3,3,16,16] data
      input %i : u8[n,6,6,16] data
      %y = kernel(%d, %w, %i) <contraction> {
        %c = conv2d_input_grad(%d, %w) {input_size=[6,6],pads=[1,1,1,1]} : f32[n,6,6,16]
        %y = max_pool_grad(%c, %i) {input_size=[6,6],pads=[1,1,1,1],strides=[1,1],window=[3,3]} : f32[n,6,6,16]
      } : f32[n,6,6,16])",
     9},
    {"conv_added_to_itself", R"(
      input %x : f32[n,7,7,16] data
      input %w : f32[3,3,16,16] data
      %y = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) : f32[n,5,5,16]
        %y = add(%c, %c) : f32[n,5,5,16]
      } : f32[n,5,5,16])"},
    {"conv_with_two_results", R"(
      input %x : f32[n,8,8,16] data
      input %w : f32[3,3,16,16] data
      input %b : f32[16] data
      %y, %a = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) : f32[n,6,6,16]
        %a = add(%b, %c) : f32[n,6,6,16]
        %y = tanh(%a) : f32[n,6,6,16]
      } : f32[n,6,6,16], f32[n,6,6,16])"},
    {"conv_with_residual_before_its_pool", R"(
      input %x : f32[n,10,10,16] data
      input %w : f32[3,3,16,16] data
      input %b : f32[16] data
      input %r : f32[n,8,8,16] data
      %y, %i = kernel(%x, %w, %b, %r) <contraction> {
        %c = conv2d(%x, %w) : f32[n,8,8,16]
        %a = add(%c, %b) : f32[n,8,8,16]
        %s = add(%a, %r) : f32[n,8,8,16]
        %p, %i = max_pool(%s) : f32[n,4,4,16], u8[n,4,4,16]
        %k = constant() {dtype="f32", shape=[16], values=[1.5]} : f32[16]
        %y = mul(%p, %k) : f32[n,4,4,16]
      } : f32[n,4,4,16], u8[n,4,4,16])"},
    {"conv_of_scaled_input", R"(
      input %x : f32[n,8,8,16] data
      input %w : f32[3,3,16,16] data
      %y = kernel(%x, %w) <contraction> {
        %k = constant() {dtype="f32", shape=[8,1,1], values=[2.0]} : f32[8,1,1]
        %s = mul(%x, %k) : f32[n,8,8,16]
        %y = conv2d(%s, %w) : f32[n,6,6,16]
      } : f32[n,6,6,16])"},
    {"conv_of_its_own_product", R"(
      input %x : f32[n,6,6,4] data
      %y = kernel(%x) <contraction> {
        %k = constant() {dtype="f32", shape=[3,3,4,16], values=[0.5]} : f32[3,3,4,16]
        %y = conv2d(%x, %k) : f32[n,4,4,16]
      } : f32[n,4,4,16])"},
    {"dense_with_residual_and_two_results", R"(
      input %x : f32[n,80] data
      input %w : f32[80,72] data
      input %b : f32[72] data
      input %r : f32[n,72] data
      %y, %s = kernel(%x, %w, %b, %r) <contraction sparse=[0]> {
        %m = matmul(%x, %w) : f32[n,72]
        %a = add(%m, %b) : f32[n,72]
        %s = add(%a, %r) : f32[n,72]
        %y = relu(%s) : f32[n,72]
      } : f32[n,72], f32[n,72])"},
    {"dense_of_its_own_square", R"(
      input %x : f32[n,40] data
      %y = kernel(%x) <contraction> {
        %y = matmul(%x, %x) {transpose_a=true} : f32[40,40]
      } : f32[40,40])"},
    {"dense_with_constant_weights", R"(
      input %x : f32[n,64] data
      %y = kernel(%x) <contraction> {
        %w = constant() {dtype="f32", shape=[64,64], values=[0.25]} : f32[64,64]
        %y = matmul(%x, %w) : f32[n,64]
      } : f32[n,64])"},
    {"depthwise_with_residual", R"(
      input %x : f32[n,12,14,48] data
      input %w : f32[3,3,1,48] data
      input %k : f32[48] data
      input %r : f32[n,12,14,48] data
      %m, %y = kernel(%x, %w, %k, %r) <contraction> {
        %c = conv2d(%x, %w) {dilations=[2,2], groups=48, pads=[2,2,2,2]} : f32[n,12,14,48]
        %m = mul(%c, %k) : f32[n,12,14,48]
        %a = add(%m, %r) : f32[n,12,14,48]
        %y = relu(%a) : f32[n,12,14,48]
      } : f32[n,12,14,48], f32[n,12,14,48])"},
    {"input_grad_with_another_branch", R"(
      input %d : f32[n,6,6,32] data
      input %w : f32[3,3,16,32] data
      input %r : f32[n,8,8,16] data
      input %y : f32[n,8,8,16] data
      %g = kernel(%d, %w, %r, %y) <contraction> {
        %c = conv2d_input_grad(%d, %w) {input_size=[8,8]} : f32[n,8,8,16]
        %s = add(%c, %r) : f32[n,8,8,16]
        %g = relu_grad(%s, %y) : f32[n,8,8,16]
      } : f32[n,8,8,16])"},
    {"input_grad_of_overlapping_windows", R"(
      input %d : f32[n,4,4,16] data
      input %i : u8[n,4,4,16] data
      input %w : f32[3,3,16,16] data
      %g = kernel(%d, %i, %w) <contraction> {
        %m = max_pool_grad(%d, %i) {input_size=[9,9], strides=[2,2], window=[3,3]} : f32[n,9,9,16]
        %g = conv2d_input_grad(%m, %w) {input_size=[11,11]} : f32[n,11,11,16]
      } : f32[n,11,11,16])",
     9},
    {"input_grad_of_means", R"(
      input %d : f32[n,4,4,16] data
      input %w : f32[3,3,16,16] data
      %g = kernel(%d, %w) <contraction> {
        %m = avg_pool_grad(%d) {input_size=[8,8]} : f32[n,8,8,16]
        %g = conv2d_input_grad(%m, %w) {input_size=[10,10]} : f32[n,10,10,16]
      } : f32[n,10,10,16])"},
    {"weight_grad_with_decay", R"(
      input %x : f32[n,8,8,16] data
      input %d : f32[n,6,6,16] data
      input %w : f32[3,3,16,16] data
      %g, %b = kernel(%x, %d, %w) <contraction sparse=[1]> {
        %c = conv2d_weight_grad(%x, %d) {kernel_size=[3,3]} : f32[3,3,16,16]
        %k = constant() {dtype="f32", shape=[], values=[0.125]} : f32[]
        %l = mul(%w, %k) : f32[3,3,16,16]
        %g = add(%c, %l) : f32[3,3,16,16]
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[16]
      } : f32[3,3,16,16], f32[16])"},
    {"dense_input_grad_with_another_branch", R"(
      input %d : f32[n,96] data
      input %w : f32[40,96] data
      input %y : f32[n,40] data
      input %r : f32[n,40] data
      %g = kernel(%d, %w, %y, %r) <contraction> {
        %m = matmul(%d, %w) {transpose_b=true} : f32[n,40]
        %k = relu_grad(%m, %y) : f32[n,40]
        %g = add(%k, %r) : f32[n,40]
      } : f32[n,40])"},
};

}  // namespace

const absl::Span<const Row> kEpilogueRows = kRows;

}  // namespace brine::codegen
