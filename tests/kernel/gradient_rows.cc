// Gradient kernels that the strategy tests compile.
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
    {"input_grad_of_strides", R"(
      input %d : f32[n,5,6,7] data
      input %w : f32[3,3,19,7] data
      %x = kernel(%d, %w) <contraction> {
        %x = conv2d_input_grad(%d, %w) {input_size=[9,12], pads=[1,1,1,0], strides=[2,2]} : f32[n,9,12,19]
      } : f32[n,9,12,19])"},
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
    {"input_grad_of_five_taps", R"(
      input %d : f32[n,7,9,18] data
      input %w : f32[5,5,24,18] data
      %x = kernel(%d, %w) <contraction> {
        %x = conv2d_input_grad(%d, %w) {input_size=[9,10], pads=[1,0,1,3]} : f32[n,9,10,24]
      } : f32[n,9,10,24])"},
    {"weight_grad_of_five_taps", R"(
      input %x : f32[n,9,11,20] data
      input %d : f32[n,8,11,24] data
      %g = kernel(%x, %d) <contraction> {
        %g = conv2d_weight_grad(%x, %d) {kernel_size=[5,5], pads=[2,2,1,2]} : f32[5,5,20,24]
      } : f32[5,5,20,24])"},
    {"input_grad_of_groups_by_winograd", R"(
      input %d : f32[n,9,8,64] data
      input %w : f32[3,3,24,64] data
      %x = kernel(%d, %w) <contraction> {
        %x = conv2d_input_grad(%d, %w) {groups=4, input_size=[9,8], pads=[1,1,1,1]} : f32[n,9,8,96]
      } : f32[n,9,8,96])"},
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
    {"input_grad_of_few_channels", R"(
      input %d : f32[n,10,9,17] data
      input %w : f32[5,4,3,17] data
      input %y : f32[n,11,9,3] data
      %g = kernel(%d, %w, %y) <contraction> {
        %x = conv2d_input_grad(%d, %w) {dilations=[2,1], input_size=[11,9], pads=[4,2,3,1]} : f32[n,11,9,3]
        %g = relu_grad(%x, %y) : f32[n,11,9,3]
      } : f32[n,11,9,3])"},
    {"weight_grad_by_winograd_in_blocks_of_rows", R"(
      input %x : f32[n,33,50,32] data
      input %d : f32[n,16,25,32] data
      input %i : u8[n,16,25,32] data
      %g = kernel(%x, %d, %i) <contraction> {
        %y = relu_avg_pool_grad(%d, %i) {input_size=[33,50]} : f32[n,33,50,32]
        %g = conv2d_weight_grad(%x, %y) {groups=2, kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,16,32]
      } : f32[3,3,16,32])",
     16},
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

const absl::Span<const Row> kGradientRows = kRows;

}  // namespace brine::codegen
