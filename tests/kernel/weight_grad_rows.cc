// Weight gradients of convolutions that the strategy tests compile.
#include "tests/kernel/strategy_cases.h"

namespace brine::codegen {
namespace {

constexpr Row kRows[] = {
    {"weight_grad_of_relu_avg_pool", R"(
      input %x : f32[n,11,14,3] data
      input %d : f32[n,4,5,19] data
      input %i : u8[n,4,5,19] data
      %g, %b = kernel(%x, %d, %i) <contraction> {
        %y = relu_avg_pool_grad(%d, %i) {input_size=[9,12]} : f32[n,9,12,19]
        %g = conv2d_weight_grad(%x, %y) {kernel_size=[3,3]} : f32[3,3,3,19]
        %b = reduce_sum(%y) {axes=[0,1,2]} : f32[19]
      } : f32[3,3,3,19], f32[19])",
     16},
    {"weight_grad_of_relu_avg_pool_by_winograd", R"(
      input %x : f32[n,9,7,16] data
      input %d : f32[n,4,3,24] data
      input %i : u8[n,4,3,24] data
      %b, %g = kernel(%d, %i, %x) <contraction> {
        %y = relu_avg_pool_grad(%d, %i) {input_size=[9,7]} : f32[n,9,7,24]
        %b = reduce_sum(%y) {axes=[0,1,2]} : f32[24]
        %g = conv2d_weight_grad(%x, %y) {kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,16,24]
      } : f32[24], f32[3,3,16,24])",
     16},
    {"weight_grad_of_few_channels", R"(
      input %x : f32[n,11,13,3] data
      input %d : f32[n,4,5,19] data
      input %i : u8[n,4,5,19] data
      %g, %b = kernel(%x, %d, %i) <contraction> {
        %y = max_pool_grad(%d, %i) {input_size=[9,11]} : f32[n,9,11,19]
        %g = conv2d_weight_grad(%x, %y) {kernel_size=[3,3]} : f32[3,3,3,19]
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[19]
      } : f32[3,3,3,19], f32[19])"},
    {"weight_grad_in_chunks", R"(
      input %x : f32[n,20,18,16] data
      input %d : f32[n,9,8,18] data
      input %i : u8[n,9,8,18] data
      %b, %g = kernel(%d, %i, %x) <contraction> {
        %y = max_pool_grad(%d, %i) {input_size=[18,16]} : f32[n,18,16,18]
        %b = reduce_sum(%y) {axes=[0,1,2]} : f32[18]
        %g = conv2d_weight_grad(%x, %y) {kernel_size=[3,3]} : f32[3,3,16,18]
      } : f32[18], f32[3,3,16,18])"},
    {"weight_grad_padded", R"(
      input %x : f32[n,9,7,32] data
      input %d : f32[n,3,3,7] data
      input %i : u8[n,3,3,7] data
      %g = kernel(%d, %i, %x) <contraction> {
        %y = max_pool_grad(%d, %i) {input_size=[9,7], strides=[3,2], window=[3,2]} : f32[n,9,7,7]
        %g = conv2d_weight_grad(%x, %y) {kernel_size=[5,3], pads=[2,1,2,1]} : f32[5,3,32,7]
      } : f32[5,3,32,7])",
     6},
    {"weight_grad_of_one_channel", R"(
      input %x : f32[n,11,9,1] data
      input %d : f32[n,3,2,6] data
      input %i : u8[n,3,2,6] data
      %g = kernel(%d, %i, %x) <contraction> {
        %y = max_pool_grad(%d, %i) {input_size=[7,5]} : f32[n,7,5,6]
        %g = conv2d_weight_grad(%x, %y) {kernel_size=[5,5]} : f32[5,5,1,6]
      } : f32[5,5,1,6])"},
    {"weight_grad_of_every_pixel", R"(
      input %x : f32[n,11,9,5] data
      input %d : f32[n,11,9,19] data
      %b, %g = kernel(%d, %x) <contraction> {
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[19]
        %g = conv2d_weight_grad(%x, %d) {kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,5,19]
      } : f32[19], f32[3,3,5,19])"},
    {
        "weight_grad_by_winograd",
        R"(
      input %x : f32[n,5,6,60] data
      input %d : f32[n,5,6,136] data
      %b, %g = kernel(%d, %x) <contraction> {
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[136]
        %g = conv2d_weight_grad(%x, %d) {kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,60,136]
      } : f32[136], f32[3,3,60,136])",
    },
    {
        "weight_grad_by_winograd_in_groups",
        R"(
      input %x : f32[n,19,22,16] data
      input %d : f32[n,18,20,24] data
      %g = kernel(%d, %x) <contraction> {
        %g = conv2d_weight_grad(%x, %d) {kernel_size=[3,3], pads=[1,0,0,0]} : f32[3,3,16,24]
      } : f32[3,3,16,24])",
    },
    {"weight_grad_of_every_pixel_strided", R"(
      input %x : f32[n,23,21,1] data
      input %d : f32[n,11,10,16] data
      %g = kernel(%d, %x) <contraction> {
        %g = conv2d_weight_grad(%x, %d) {kernel_size=[2,3], dilations=[2,1], strides=[2,2]} : f32[2,3,1,16]
      } : f32[2,3,1,16])"},
    {"weight_grad_of_few_channels_strided", R"(
      input %x : f32[n,10,13,3] data
      input %d : f32[n,5,6,19] data
      %g = kernel(%d, %x) <contraction> {
        %g = conv2d_weight_grad(%x, %d) {kernel_size=[3,3], pads=[0,0,1,1], strides=[2,2]} : f32[3,3,3,19]
      } : f32[3,3,3,19])"},
    {"weight_grad_of_sparse", R"(
      input %x : f32[n,7,10,24] data
      input %d : f32[n,7,10,19] data
      %b, %g = kernel(%d, %x) <contraction sparse=[0]> {
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[19]
        %g = conv2d_weight_grad(%x, %d) {kernel_size=[5,3], pads=[2,1,2,1]} : f32[5,3,24,19]
      } : f32[19], f32[5,3,24,19])"},
    {"weight_grad_of_every_pixel_large", R"(
      input %x : f32[n,5,6,60] data
      input %d : f32[n,5,2,136] data
      %b, %g = kernel(%d, %x) <contraction> {
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[136]
        %g = conv2d_weight_grad(%x, %d) {kernel_size=[3,5], pads=[1,0,1,0]} : f32[3,5,60,136]
      } : f32[136], f32[3,5,60,136])"},
    {"weight_grad_of_sparse_with_few_filters", R"(
      input %x : f32[n,32,32,16] data
      input %d : f32[n,32,32,2] data
      %g = kernel(%d, %x) <contraction sparse=[0]> {
        %g = conv2d_weight_grad(%x, %d) {kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,16,2]
      } : f32[3,3,16,2])"},
    {"weight_grad_of_sparse_strided", R"(
      input %x : f32[n,12,9,32] data
      input %d : f32[n,6,3,7] data
      %g = kernel(%d, %x) <contraction sparse=[0]> {
        %g = conv2d_weight_grad(%x, %d) {kernel_size=[3,3], pads=[0,0,1,0], strides=[2,3]} : f32[3,3,32,7]
      } : f32[3,3,32,7])"},
    {"weight_grad_of_sparse_in_shared_lists", R"(
      input %x : f32[n,6,6,64] data
      input %d : f32[n,3,3,24] data
      %b, %g = kernel(%d, %x) <contraction sparse=[0]> {
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[24]
        %g = conv2d_weight_grad(%x, %d) {kernel_size=[3,3], pads=[0,0,1,1], strides=[2,2]} : f32[3,3,64,24]
      } : f32[24], f32[3,3,64,24])"},
    {"weight_grad_of_phases", R"(
      input %x : f32[n,9,13,16] data
      input %d : f32[n,9,13,32] data
      %b, %g = kernel(%x, %d) <contraction> {
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[32]
        %g = conv2d_weight_grad(%x, %d) {dilations=[2,2], kernel_size=[3,3], pads=[2,2,2,2]} : f32[3,3,16,32]
      } : f32[32], f32[3,3,16,32])"},
    {"weight_grad_of_phases_of_pool", R"(
      input %x : f32[n,11,10,18] data
      input %d : f32[n,4,4,40] data
      input %i : u8[n,4,4,40] data
      %g = kernel(%x, %d, %i) <contraction> {
        %m = max_pool_grad(%d, %i) {input_size=[8,8]} : f32[n,8,8,40]
        %g = conv2d_weight_grad(%x, %m) {dilations=[3,2], kernel_size=[2,2]} : f32[2,2,18,40]
      } : f32[2,2,18,40])"},
    {"weight_grad_of_five_taps", R"(
      input %x : f32[n,9,11,20] data
      input %d : f32[n,8,11,24] data
      %g = kernel(%x, %d) <contraction> {
        %g = conv2d_weight_grad(%x, %d) {kernel_size=[5,5], pads=[2,2,1,2]} : f32[5,5,20,24]
      } : f32[5,5,20,24])"},
    {"weight_grad_of_groups_by_winograd", R"(
      input %x : f32[n,9,8,51] data
      input %d : f32[n,9,8,96] data
      %g = kernel(%x, %d) <contraction> {
        %g = conv2d_weight_grad(%x, %d) {groups=3, kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,17,96]
      } : f32[3,3,17,96])"},
    {"weight_grad_of_groups_of_few_filters", R"(
      input %x : f32[n,7,8,64] data
      input %d : f32[n,7,8,96] data
      %g = kernel(%x, %d) <contraction> {
        %g = conv2d_weight_grad(%x, %d) {groups=4, kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,16,96]
      } : f32[3,3,16,96])"},
    {"weight_grad_of_overlapping_pool", R"(
      input %x : f32[n,11,9,20] data
      input %d : f32[n,5,4,24] data
      input %i : u8[n,5,4,24] data
      %b, %g = kernel(%x, %d, %i) <contraction> {
        %m = max_pool_grad(%d, %i) {input_size=[11,9], strides=[2,2], window=[3,3]} : f32[n,11,9,24]
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[24]
        %g = conv2d_weight_grad(%x, %m) {kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,20,24]
      } : f32[24], f32[3,3,20,24])",
     9},
    {"weight_grad_of_padded_pool", R"(
      input %x : f32[n,14,17,16] data
      input %d : f32[n,7,9,32] data
      input %i : u8[n,7,9,32] data
      %g = kernel(%x, %d, %i) <contraction> {
        %m = max_pool_grad(%d, %i) {input_size=[14,17], pads=[0,1,1,1], strides=[2,2], window=[3,3]} : f32[n,14,17,32]
        %g = conv2d_weight_grad(%x, %m) {kernel_size=[5,5], pads=[2,2,2,2]} : f32[5,5,16,32]
      } : f32[5,5,16,32])",
     9},
    {"weight_grad_of_pool_padded_at_the_end", R"(
      input %x : f32[n,9,11,8] data
      input %d : f32[n,5,6,32] data
      input %i : u8[n,5,6,32] data
      %g = kernel(%x, %d, %i) <contraction> {
        %m = max_pool_grad(%d, %i) {input_size=[9,11], pads=[0,0,2,2], strides=[2,2], window=[3,3]} : f32[n,9,11,32]
        %g = conv2d_weight_grad(%x, %m) {kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,8,32]
      } : f32[3,3,8,32])",
     9},
    {"weight_grad_of_one_tap_with_dilation", R"(
      input %x : f32[n,9,11,20] data
      input %d : f32[n,9,9,24] data
      %g = kernel(%x, %d) <contraction> {
        %g = conv2d_weight_grad(%x, %d) {dilations=[3,2], kernel_size=[1,2]} : f32[1,2,20,24]
      } : f32[1,2,20,24])"},
    {"weight_grad_of_padded_pool_and_few_channels", R"(
      input %x : f32[n,14,15,3] data
      input %d : f32[n,7,8,64] data
      input %i : u8[n,7,8,64] data
      %g = kernel(%x, %d, %i) <contraction> {
        %m = max_pool_grad(%d, %i) {input_size=[14,15], pads=[1,1,0,1], strides=[2,2], window=[3,3]} : f32[n,14,15,64]
        %g = conv2d_weight_grad(%x, %m) {kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,3,64]
      } : f32[3,3,3,64])",
     9},
    {"weight_grad_of_groups_that_share_vectors", R"(
      input %x : f32[n,9,14,48] data
      input %d : f32[n,9,14,48] data
      %b, %g = kernel(%x, %d) <contraction> {
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[48]
        %g = conv2d_weight_grad(%x, %d) {groups=12, kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,4,48]
      } : f32[48], f32[3,3,4,48])"},
    {"weight_grad_of_groups_in_strides", R"(
      input %x : f32[n,13,12,64] data
      input %d : f32[n,7,6,64] data
      %g = kernel(%x, %d) <contraction> {
        %g = conv2d_weight_grad(%x, %d) {groups=8, kernel_size=[3,3], pads=[1,0,1,1], strides=[2,2]} : f32[3,3,8,64]
      } : f32[3,3,8,64])"},
    {"weight_grad_of_groups_of_twelve_filters", R"(
      input %x : f32[n,7,11,15] data
      input %d : f32[n,7,11,36] data
      %g = kernel(%x, %d) <contraction> {
        %g = conv2d_weight_grad(%x, %d) {groups=3, kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,5,36]
      } : f32[3,3,5,36])"},
    {"weight_grad_of_groups_by_taps", R"(
      input %x : f32[n,10,9,57] data
      input %d : f32[n,8,5,48] data
      %g = kernel(%x, %d) <contraction> {
        %g = conv2d_weight_grad(%x, %d) {dilations=[1,2], groups=3, kernel_size=[3,3]} : f32[3,3,19,48]
      } : f32[3,3,19,48])"},
    {"weight_grad_of_large_groups", R"(
      input %x : f32[n,5,6,128] data
      input %d : f32[n,2,4,256] data
      %g = kernel(%x, %d) <contraction> {
        %g = conv2d_weight_grad(%x, %d) {groups=2, kernel_size=[4,3]} : f32[4,3,64,256]
      } : f32[4,3,64,256])"},
    {"weight_grad_of_groups_of_pool", R"(
      input %x : f32[n,9,10,32] data
      input %d : f32[n,4,5,64] data
      input %i : u8[n,4,5,64] data
      %g = kernel(%x, %d, %i) <contraction> {
        %m = max_pool_grad(%d, %i) {input_size=[9,10]} : f32[n,9,10,64]
        %g = conv2d_weight_grad(%x, %m) {groups=8, kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,4,64]
      } : f32[3,3,4,64])"},
    {"depthwise_weight_grad", R"(
      input %x : f32[n,9,13,37] data
      input %d : f32[n,9,13,37] data
      %b, %g = kernel(%x, %d) <contraction> {
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[37]
        %g = conv2d_weight_grad(%x, %d) {groups=37, kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,1,37]
      } : f32[37], f32[3,3,1,37])"},
    {"depthwise_weight_grad_of_many_taps", R"(
      input %x : f32[n,20,24,80] data
      input %d : f32[n,20,24,80] data
      %g = kernel(%x, %d) <contraction> {
        %g = conv2d_weight_grad(%x, %d) {groups=80, kernel_size=[5,5], pads=[2,2,2,2]} : f32[5,5,1,80]
      } : f32[5,5,1,80])"},
    {"depthwise_weight_grad_of_two_filters_a_channel", R"(
      input %x : f32[n,16,15,10] data
      input %d : f32[n,7,9,20] data
      %g = kernel(%x, %d) <contraction> {
        %g = conv2d_weight_grad(%x, %d) {dilations=[1,3], groups=10, kernel_size=[3,3], strides=[2,1]} : f32[3,3,1,20]
      } : f32[3,3,1,20])"},
    {"depthwise_weight_grad_of_pool", R"(
      input %x : f32[n,10,10,5] data
      input %d : f32[n,4,4,5] data
      input %i : u8[n,4,4,5] data
      %g = kernel(%x, %d, %i) <contraction> {
        %m = max_pool_grad(%d, %i) {input_size=[8,8]} : f32[n,8,8,5]
        %g = conv2d_weight_grad(%x, %m) {groups=5, kernel_size=[3,3]} : f32[3,3,1,5]
      } : f32[3,3,1,5])"},
    {"weight_grad_of_few_filters", R"(
      input %x : f32[n,11,19,3] data
      input %d : f32[n,10,19,7] data
      %b, %g = kernel(%d, %x) <contraction> {
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[7]
        %g = conv2d_weight_grad(%x, %d) {dilations=[2,1], kernel_size=[5,4], pads=[4,2,3,1]} : f32[5,4,3,7]
      } : f32[7], f32[5,4,3,7])"},
    {"weight_grad_by_winograd_in_blocks_of_rows", R"(
      input %x : f32[n,33,50,32] data
      input %d : f32[n,16,25,32] data
      input %i : u8[n,16,25,32] data
      %g = kernel(%x, %d, %i) <contraction> {
        %y = relu_avg_pool_grad(%d, %i) {input_size=[33,50]} : f32[n,33,50,32]
        %g = conv2d_weight_grad(%x, %y) {groups=2, kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,16,32]
      } : f32[3,3,16,32])",
     16},
};

}  // namespace

const absl::Span<const Row> kWeightGradRows = kRows;

}  // namespace brine::codegen
