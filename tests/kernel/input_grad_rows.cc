// Input gradients of convolutions that the strategy tests compile.
#include "tests/kernel/strategy_cases.h"

namespace brine::codegen {
namespace {

constexpr Row kRows[] = {
    {"input_grad_of_relu_avg_pool", R"(
      input %d : f32[n,4,3,24] data
      input %i : u8[n,4,3,24] data
      input %w : f32[3,3,16,24] data
      input %y : f32[n,11,9,16] data
      %g = kernel(%d, %i, %w, %y) <contraction> {
        %e = relu_avg_pool_grad(%d, %i) {input_size=[9,7]} : f32[n,9,7,24]
        %x = conv2d_input_grad(%e, %w) {input_size=[11,9]} : f32[n,11,9,16]
        %g = relu_grad(%x, %y) : f32[n,11,9,16]
      } : f32[n,11,9,16])",
     16},
    {"input_grad_of_relu_avg_pool_strided", R"(
      input %d : f32[n,2,3,8] data
      input %i : u8[n,2,3,8] data
      input %w : f32[3,3,16,8] data
      %x = kernel(%d, %i, %w) <contraction> {
        %e = relu_avg_pool_grad(%d, %i) {input_size=[5,7]} : f32[n,5,7,8]
        %x = conv2d_input_grad(%e, %w) {input_size=[11,15], strides=[2,2]} : f32[n,11,15,16]
      } : f32[n,11,15,16])",
     16},
    {
        "input_grad_by_winograd",
        R"(
      input %d : f32[n,7,10,16] data
      input %w : f32[3,3,19,16] data
      input %y : f32[n,9,11,19] data
      %g = kernel(%d, %w, %y) <contraction> {
        %x = conv2d_input_grad(%d, %w) {input_size=[9,11], pads=[0,0,0,1]} : f32[n,9,11,19]
        %g = relu_grad(%x, %y) : f32[n,9,11,19]
      } : f32[n,9,11,19])",
    },
    {"input_grad_of_strides", R"(
      input %d : f32[n,5,6,7] data
      input %w : f32[3,3,19,7] data
      %x = kernel(%d, %w) <contraction> {
        %x = conv2d_input_grad(%d, %w) {input_size=[9,12], pads=[1,1,1,0], strides=[2,2]} : f32[n,9,12,19]
      } : f32[n,9,12,19])"},
    {"input_grad_of_strides_beyond_the_kernel", R"(
      input %d : f32[n,4,5,19] data
      input %w : f32[1,1,32,19] data
      input %y : f32[n,8,9,32] data
      %g = kernel(%d, %w, %y) <contraction> {
        %x = conv2d_input_grad(%d, %w) {input_size=[8,9], strides=[2,2]} : f32[n,8,9,32]
        %g = relu_grad(%x, %y) : f32[n,8,9,32]
      } : f32[n,8,9,32])"},
    {"input_grad_of_strides_in_chunks", R"(
      input %d : f32[n,23,23,12] data
      input %w : f32[4,3,32,12] data
      %x = kernel(%d, %w) <contraction> {
        %x = conv2d_input_grad(%d, %w) {input_size=[46,46], pads=[1,0,1,1], strides=[2,2]} : f32[n,46,46,32]
      } : f32[n,46,46,32])"},
    {"input_grad_of_uneven_strides", R"(
      input %d : f32[n,3,4,5] data
      input %w : f32[3,2,16,5] data
      input %y : f32[n,11,9,16] data
      %g = kernel(%d, %w, %y) <contraction> {
        %x = conv2d_input_grad(%d, %w) {input_size=[11,9], strides=[3,2]} : f32[n,11,9,16]
        %g = relu_grad(%x, %y) : f32[n,11,9,16]
      } : f32[n,11,9,16])"},
    {"input_grad_of_max_pool", R"(
      input %d : f32[n,4,5,19] data
      input %i : u8[n,4,5,19] data
      input %w : f32[3,3,16,19] data
      input %y : f32[n,11,13,16] data
      %g = kernel(%d, %i, %w, %y) <contraction> {
        %e = max_pool_grad(%d, %i) {input_size=[9,11]} : f32[n,9,11,19]
        %x = conv2d_input_grad(%e, %w) {input_size=[11,13]} : f32[n,11,13,16]
        %g = relu_grad(%x, %y) : f32[n,11,13,16]
      } : f32[n,11,13,16])"},
    {"input_grad_padded", R"(
      input %d : f32[n,12,13,64] data
      input %i : u8[n,12,13,64] data
      input %w : f32[3,3,5,64] data
      %x = kernel(%d, %i, %w) <contraction> {
        %e = max_pool_grad(%d, %i) {input_size=[25,26]} : f32[n,25,26,64]
        %x = conv2d_input_grad(%e, %w) {input_size=[25,26], pads=[1,1,1,1]} : f32[n,25,26,5]
      } : f32[n,25,26,5])"},
    {"input_grad_of_many_filters", R"(
      input %d : f32[n,3,2,300] data
      input %i : u8[n,3,2,300] data
      input %w : f32[2,1,9,300] data
      %x = kernel(%d, %i, %w) <contraction> {
        %e = max_pool_grad(%d, %i) {input_size=[4,7], strides=[1,3], window=[1,3]} : f32[n,4,7,300]
        %x = conv2d_input_grad(%e, %w) {input_size=[5,7]} : f32[n,5,7,9]
      } : f32[n,5,7,9])",
     3},
    {"input_grad_of_sparse", R"(
      input %d : f32[n,5,4,40] data
      input %w : f32[3,3,19,40] data
      input %y : f32[n,11,7,19] data
      %g = kernel(%d, %w, %y) <contraction sparse=[0]> {
        %e = conv2d_input_grad(%d, %w) {input_size=[11,7], pads=[0,1,0,1], strides=[2,2]} : f32[n,11,7,19]
        %g = relu_grad(%e, %y) : f32[n,11,7,19]
      } : f32[n,11,7,19])"},
    {"input_grad_of_sparse_wide", R"(
      input %d : f32[n,6,3,260] data
      input %w : f32[2,5,8,260] data
      %x = kernel(%d, %w) <contraction sparse=[0]> {
        %x = conv2d_input_grad(%d, %w) {input_size=[7,9], pads=[0,1,0,1], strides=[1,3]} : f32[n,7,9,8]
      } : f32[n,7,9,8])"},
    {"input_grad_of_sparse_by_taps", R"(
      input %d : f32[n,6,5,72] data
      input %w : f32[3,4,64,72] data
      input %y : f32[n,11,14,64] data
      %g = kernel(%d, %w, %y) <contraction sparse=[0]> {
        %e = conv2d_input_grad(%d, %w) {input_size=[11,14], pads=[1,2,1,1], strides=[2,3]} : f32[n,11,14,64]
        %g = relu_grad(%e, %y) : f32[n,11,14,64]
      } : f32[n,11,14,64])"},
    {"input_grad_of_phases", R"(
      input %d : f32[n,9,8,24] data
      input %w : f32[3,3,16,24] data
      input %y : f32[n,9,8,16] data
      %g = kernel(%d, %w, %y) <contraction> {
        %x = conv2d_input_grad(%d, %w) {dilations=[2,2], input_size=[9,8], pads=[2,2,2,2]} : f32[n,9,8,16]
        %g = relu_grad(%x, %y) : f32[n,9,8,16]
      } : f32[n,9,8,16])"},
    {"input_grad_of_phases_of_sparse", R"(
      input %d : f32[n,10,11,20] data
      input %w : f32[2,3,17,20] data
      %x = kernel(%d, %w) <contraction sparse=[0]> {
        %x = conv2d_input_grad(%d, %w) {dilations=[3,1], input_size=[11,13], pads=[0,0,2,0]} : f32[n,11,13,17]
      } : f32[n,11,13,17])"},
    {"input_grad_of_five_taps", R"(
      input %d : f32[n,7,9,18] data
      input %w : f32[5,5,24,18] data
      %x = kernel(%d, %w) <contraction> {
        %x = conv2d_input_grad(%d, %w) {input_size=[9,10], pads=[1,0,1,3]} : f32[n,9,10,24]
      } : f32[n,9,10,24])"},
    {"input_grad_of_groups_by_winograd", R"(
      input %d : f32[n,9,8,64] data
      input %w : f32[3,3,24,64] data
      %x = kernel(%d, %w) <contraction> {
        %x = conv2d_input_grad(%d, %w) {groups=4, input_size=[9,8], pads=[1,1,1,1]} : f32[n,9,8,96]
      } : f32[n,9,8,96])"},
    {"input_grad_of_overlapping_pool", R"(
      input %d : f32[n,4,5,40] data
      input %i : u8[n,4,5,40] data
      input %w : f32[3,3,20,40] data
      input %y : f32[n,10,12,20] data
      %g = kernel(%d, %i, %w, %y) <contraction> {
        %m = max_pool_grad(%d, %i) {input_size=[10,12], strides=[2,2], window=[3,3]} : f32[n,10,12,40]
        %x = conv2d_input_grad(%m, %w) {input_size=[10,12], pads=[1,1,1,1]} : f32[n,10,12,20]
        %g = relu_grad(%x, %y) : f32[n,10,12,20]
      } : f32[n,10,12,20])",
     9},
    {"input_grad_of_padded_pool_and_five_taps", R"(
      input %d : f32[n,5,4,18] data
      input %i : u8[n,5,4,18] data
      input %w : f32[5,5,24,18] data
      %x = kernel(%d, %i, %w) <contraction> {
        %m = max_pool_grad(%d, %i) {input_size=[9,8], pads=[1,0,1,1], strides=[2,2], window=[3,3]} : f32[n,9,8,18]
        %x = conv2d_input_grad(%m, %w) {input_size=[9,9], pads=[2,1,2,2]} : f32[n,9,9,24]
      } : f32[n,9,9,24])",
     9},
    {"depthwise_input_grad", R"(
      input %d : f32[n,9,13,37] data
      input %w : f32[3,3,1,37] data
      input %y : f32[n,9,13,37] data
      %g = kernel(%d, %w, %y) <contraction> {
        %x = conv2d_input_grad(%d, %w) {groups=37, input_size=[9,13], pads=[1,1,1,1]} : f32[n,9,13,37]
        %g = relu_grad(%x, %y) : f32[n,9,13,37]
      } : f32[n,9,13,37])"},
    {"depthwise_input_grad_strided", R"(
      input %d : f32[n,8,9,16] data
      input %w : f32[3,3,1,16] data
      %x = kernel(%d, %w) <contraction> {
        %x = conv2d_input_grad(%d, %w) {groups=16, input_size=[16,17], pads=[0,1,1,1], strides=[2,2]} : f32[n,16,17,16]
      } : f32[n,16,17,16])"},
    {"depthwise_input_grad_of_two_filters_a_channel", R"(
      input %d : f32[n,4,8,20] data
      input %w : f32[2,3,1,20] data
      %x = kernel(%d, %w) <contraction> {
        %x = conv2d_input_grad(%d, %w) {groups=10, input_size=[14,14], dilations=[2,3], strides=[3,1]} : f32[n,14,14,10]
      } : f32[n,14,14,10])"},
    {"depthwise_input_grad_of_pool", R"(
      input %d : f32[n,4,4,16] data
      input %i : u8[n,4,4,16] data
      input %w : f32[3,3,1,16] data
      %x = kernel(%d, %i, %w) <contraction> {
        %m = max_pool_grad(%d, %i) {input_size=[8,8]} : f32[n,8,8,16]
        %x = conv2d_input_grad(%m, %w) {groups=16, input_size=[10,10]} : f32[n,10,10,16]
      } : f32[n,10,10,16])"},
    {"input_grad_of_groups_at_once", R"(
      input %d : f32[n,5,7,24] data
      input %w : f32[3,3,4,24] data
      %x = kernel(%d, %w) <contraction> {
        %x = conv2d_input_grad(%d, %w) {groups=8, input_size=[10,13], pads=[0,1,1,1], strides=[2,2]} : f32[n,10,13,32]
      } : f32[n,10,13,32])"},
    {"input_grad_of_groups_one_by_one", R"(
      input %d : f32[n,6,7,9] data
      input %w : f32[3,2,8,9] data
      %x = kernel(%d, %w) <contraction> {
        %x = conv2d_input_grad(%d, %w) {groups=3, input_size=[8,8]} : f32[n,8,8,24]
      } : f32[n,8,8,24])"},
    {"input_grad_of_groups_that_share_vectors", R"(
      input %d : f32[n,9,11,36] data
      input %w : f32[3,3,4,36] data
      %x = kernel(%d, %w) <contraction> {
        %x = conv2d_input_grad(%d, %w) {groups=12, input_size=[9,11], pads=[1,1,1,1]} : f32[n,9,11,48]
      } : f32[n,9,11,48])"},
    {"input_grad_of_groups_in_strides", R"(
      input %d : f32[n,5,4,40] data
      input %w : f32[3,5,8,40] data
      input %y : f32[n,10,13,64] data
      %g = kernel(%d, %w, %y) <contraction> {
        %x = conv2d_input_grad(%d, %w) {groups=8, input_size=[10,13], pads=[0,2,1,1], strides=[2,3]} : f32[n,10,13,64]
        %g = relu_grad(%x, %y) : f32[n,10,13,64]
      } : f32[n,10,13,64])"},
    {"input_grad_of_groups_of_twelve_channels", R"(
      input %d : f32[n,7,10,15] data
      input %w : f32[3,3,12,15] data
      %x = kernel(%d, %w) <contraction> {
        %x = conv2d_input_grad(%d, %w) {groups=3, input_size=[7,10], pads=[1,1,1,1]} : f32[n,7,10,36]
      } : f32[n,7,10,36])"},
    {"input_grad_of_groups_of_pool", R"(
      input %d : f32[n,4,5,64] data
      input %i : u8[n,4,5,64] data
      input %w : f32[3,3,4,64] data
      %x = kernel(%d, %i, %w) <contraction> {
        %m = max_pool_grad(%d, %i) {input_size=[9,10]} : f32[n,9,10,64]
        %x = conv2d_input_grad(%m, %w) {groups=8, input_size=[9,10], pads=[1,1,1,1]} : f32[n,9,10,32]
      } : f32[n,9,10,32])"},
    {"input_grad_of_few_channels", R"(
      input %d : f32[n,10,9,17] data
      input %w : f32[5,4,3,17] data
      input %y : f32[n,11,9,3] data
      %g = kernel(%d, %w, %y) <contraction> {
        %x = conv2d_input_grad(%d, %w) {dilations=[2,1], input_size=[11,9], pads=[4,2,3,1]} : f32[n,11,9,3]
        %g = relu_grad(%x, %y) : f32[n,11,9,3]
      } : f32[n,11,9,3])"},
};

}  // namespace

const absl::Span<const Row> kInputGradRows = kRows;

}  // namespace brine::codegen
