// Forward kernels that the strategy tests compile.
#include "tests/kernel/strategy_cases.h"

namespace brine::codegen {
namespace {

constexpr Row kRows[] = {
    {"conv_pool_relu", R"(
      input %x : f32[n,9,15,3] data
      input %w : f32[3,3,3,19] data
      input %b : f32[19] data
      %r, %i = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) : f32[n,7,13,19]
        %a = add(%c, %b) : f32[n,7,13,19]
        %p, %i = max_pool(%a) : f32[n,3,6,19], u8[n,3,6,19]
        %r = relu(%p) : f32[n,3,6,19]
      } : f32[n,3,6,19], u8[n,3,6,19])"},
    {"conv_pool_padded_wide", R"(
      input %x : f32[n,10,7,5] data
      input %w : f32[3,3,5,48] data
      input %b : f32[48] data
      %i, %p = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,10,7,48]
        %a = add(%c, %b) : f32[n,10,7,48]
        %p, %i = max_pool(%a) {strides=[3,2], window=[3,2]} : f32[n,3,3,48], u8[n,3,3,48]
      } : u8[n,3,3,48], f32[n,3,3,48])",
     6},
    {"conv_pool_mean_of_strided", R"(
      input %x : f32[n,13,12,4] data
      input %w : f32[2,3,4,5] data
      %r = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {dilations=[1,2], strides=[2,1]} : f32[n,6,8,5]
        %p = avg_pool(%c) {strides=[2,3], window=[2,3]} : f32[n,3,2,5]
        %r = tanh(%p) : f32[n,3,2,5]
      } : f32[n,3,2,5])"},
    {"conv_with_relu_avg_pool", R"(
      input %x : f32[n,10,14,3] data
      input %w : f32[3,3,3,19] data
      input %b : f32[19] data
      %i, %p = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) : f32[n,8,12,19]
        %a = add(%c, %b) : f32[n,8,12,19]
        %p, %i = relu_avg_pool(%a) {strides=[2,4], window=[2,4]} : f32[n,4,3,19], u8[n,4,3,19]
      } : u8[n,4,3,19], f32[n,4,3,19])"},
    {
        "conv_with_relu_avg_pool_by_winograd",
        R"(
      input %x : f32[n,11,9,16] data
      input %w : f32[3,3,16,24] data
      %p, %i = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) : f32[n,9,7,24]
        %p, %i = relu_avg_pool(%c) : f32[n,4,3,24], u8[n,4,3,24]
      } : f32[n,4,3,24], u8[n,4,3,24])",
    },
    {"conv_pool_of_overlapping_windows", R"(
      input %x : f32[n,8,8,3] data
      input %w : f32[3,3,3,8] data
      %p = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) : f32[n,6,6,8]
        %p, %j = max_pool(%c) {strides=[1,1]} : f32[n,5,5,8], u8[n,5,5,8]
      } : f32[n,5,5,8])"},
    {
        "conv_pool_by_winograd",
        R"(
      input %x : f32[n,11,17,16] data
      input %w : f32[3,3,16,19] data
      input %b : f32[19] data
      %r, %i = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) {pads=[1,0,1,1]} : f32[n,11,16,19]
        %a = add(%c, %b) : f32[n,11,16,19]
        %p, %i = max_pool(%a) : f32[n,5,8,19], u8[n,5,8,19]
        %r = relu(%p) : f32[n,5,8,19]
      } : f32[n,5,8,19], u8[n,5,8,19])",
    },
    {
        "conv_mean_by_winograd_in_tasks",
        R"(
      input %x : f32[n,36,36,40] data
      input %w : f32[3,3,40,24] data
      %p = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) : f32[n,34,34,24]
        %p = avg_pool(%c) : f32[n,17,17,24]
      } : f32[n,17,17,24])",
    },
    {
        "conv_pool_by_rows",
        R"(
      input %x : f32[n,15,17,3] data
      input %w : f32[3,3,3,64] data
      input %b : f32[64] data
      %r, %i = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) : f32[n,13,15,64]
        %a = add(%c, %b) : f32[n,13,15,64]
        %p, %i = max_pool(%a) : f32[n,6,7,64], u8[n,6,7,64]
        %r = relu(%p) : f32[n,6,7,64]
      } : f32[n,6,7,64], u8[n,6,7,64])",
    },
    {
        "conv_pool_by_rows_in_chunks",
        R"(
      input %x : f32[n,34,48,7] data
      input %w : f32[3,3,7,32] data
      %p, %i = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {pads=[1,0,0,2]} : f32[n,33,48,32]
        %p, %i = relu_avg_pool(%c) : f32[n,16,24,32], u8[n,16,24,32]
      } : f32[n,16,24,32], u8[n,16,24,32])",
    },
    {
        "conv_by_rows",
        R"(
      input %x : f32[n,10,13,3] data
      input %w : f32[3,3,3,32] data
      input %b : f32[32] data
      %r = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,10,13,32]
        %a = add(%c, %b) : f32[n,10,13,32]
        %r = relu(%a) : f32[n,10,13,32]
      } : f32[n,10,13,32])",
    },
    {
        "conv_by_rows_in_chunks",
        R"(
      input %x : f32[n,14,40,3] data
      input %w : f32[3,3,3,32] data
      %c = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,14,40,32]
      } : f32[n,14,40,32])",
    },
    {
        "conv_by_rows_of_one_channel",
        R"(
      input %x : f32[n,4,24,1] data
      input %w : f32[3,3,1,32] data
      %c = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) : f32[n,2,22,32]
      } : f32[n,2,22,32])",
    },
    {"depthwise_padded", R"(
      input %x : f32[n,9,13,37] data
      input %w : f32[3,3,1,37] data
      input %b : f32[37] data
      %r = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) {groups=37, pads=[1,1,1,1]} : f32[n,9,13,37]
        %a = add(%c, %b) : f32[n,9,13,37]
        %r = relu(%a) : f32[n,9,13,37]
      } : f32[n,9,13,37])"},
    {"depthwise_of_few_channels", R"(
      input %x : f32[n,8,9,3] data
      input %w : f32[3,3,1,3] data
      %c = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {groups=3} : f32[n,6,7,3]
      } : f32[n,6,7,3])"},
    {"depthwise_strided_with_two_filters_a_channel", R"(
      input %x : f32[n,16,15,10] data
      input %w : f32[5,3,1,20] data
      %c = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {groups=10, pads=[1,0,2,1], strides=[2,1]} : f32[n,8,14,20]
      } : f32[n,8,14,20])"},
    {"depthwise_in_chunks", R"(
      input %x : f32[n,38,40,80] data
      input %w : f32[5,5,1,80] data
      %c = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {groups=80, pads=[2,2,2,2]} : f32[n,38,40,80]
      } : f32[n,38,40,80])"},
    {"depthwise_pool", R"(
      input %x : f32[n,9,15,20] data
      input %w : f32[3,3,1,20] data
      input %b : f32[20] data
      %r, %i = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) {groups=20, pads=[0,1,0,1]} : f32[n,7,15,20]
        %a = add(%c, %b) : f32[n,7,15,20]
        %p, %i = max_pool(%a) : f32[n,3,7,20], u8[n,3,7,20]
        %r = relu(%p) : f32[n,3,7,20]
      } : f32[n,3,7,20], u8[n,3,7,20])"},
    {"conv_of_groups", R"(
      input %x : f32[n,6,7,24] data
      input %w : f32[3,3,8,33] data
      %c = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {groups=3, pads=[1,1,1,1]} : f32[n,6,7,33]
      } : f32[n,6,7,33])"},
    {
        "conv_by_winograd",
        R"(
      input %x : f32[n,9,12,17] data
      input %w : f32[3,3,17,24] data
      input %b : f32[24] data
      %r = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,9,12,24]
        %a = add(%c, %b) : f32[n,9,12,24]
        %r = relu(%a) : f32[n,9,12,24]
      } : f32[n,9,12,24])",
    },
    {
        "conv_by_winograd_of_small_images",
        R"(
      input %x : f32[n,5,4,16] data
      input %w : f32[3,3,16,40] data
      %r = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,5,4,40]
        %r = relu(%c) : f32[n,5,4,40]
      } : f32[n,5,4,40])",
    },
    {"conv_of_strides", R"(
      input %x : f32[n,19,14,11] data
      input %w : f32[3,3,11,40] data
      input %b : f32[40] data
      %r = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) {pads=[0,1,0,1], strides=[2,2]} : f32[n,9,7,40]
        %a = add(%c, %b) : f32[n,9,7,40]
        %r = relu(%a) : f32[n,9,7,40]
      } : f32[n,9,7,40])"},
    {"conv_of_few_channels_strided", R"(
      input %x : f32[n,10,13,3] data
      input %w : f32[3,3,3,19] data
      input %b : f32[19] data
      %r = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) {pads=[0,0,1,1], strides=[2,2]} : f32[n,5,6,19]
        %a = add(%c, %b) : f32[n,5,6,19]
        %r = relu(%a) : f32[n,5,6,19]
      } : f32[n,5,6,19])"},
    {"conv_of_sparse", R"(
      input %d : f32[n,9,10,40] data
      input %w : f32[3,3,40,64] data
      input %b : f32[64] data
      %r = kernel(%d, %w, %b) <contraction sparse=[0]> {
        %c = conv2d(%d, %w) {pads=[0,1,1,0], strides=[2,2]} : f32[n,4,5,64]
        %a = add(%c, %b) : f32[n,4,5,64]
        %r = relu(%a) : f32[n,4,5,64]
      } : f32[n,4,5,64])"},
    {"conv_of_sparse_in_chunks", R"(
      input %d : f32[n,21,26,17] data
      input %w : f32[2,4,17,128] data
      %c = kernel(%d, %w) <contraction sparse=[0]> {
        %c = conv2d(%d, %w) {dilations=[3,1], pads=[2,0,2,3], strides=[1,2]} : f32[n,22,13,128]
      } : f32[n,22,13,128])"},
    {"conv_in_chunks", R"(
      input %x : f32[n,50,47,8] data
      input %w : f32[2,1,8,24] data
      %r = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {dilations=[4,1], strides=[1,3]} : f32[n,46,16,24]
        %r = tanh(%c) : f32[n,46,16,24]
      } : f32[n,46,16,24])"},
    {"conv_of_phases", R"(
      input %x : f32[n,11,9,16] data
      input %w : f32[3,3,16,24] data
      input %b : f32[24] data
      %r = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) {dilations=[2,2], pads=[2,2,2,2]} : f32[n,11,9,24]
        %a = add(%c, %b) : f32[n,11,9,24]
        %r = relu(%a) : f32[n,11,9,24]
      } : f32[n,11,9,24])"},
    {"conv_of_phases_pool", R"(
      input %x : f32[n,15,12,5] data
      input %w : f32[3,2,5,32] data
      input %b : f32[32] data
      %r, %i = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) {dilations=[3,2], pads=[1,0,4,2]} : f32[n,14,12,32]
        %a = add(%c, %b) : f32[n,14,12,32]
        %p, %i = max_pool(%a) : f32[n,7,6,32], u8[n,7,6,32]
        %r = relu(%p) : f32[n,7,6,32]
      } : f32[n,7,6,32], u8[n,7,6,32])"},
    {"depthwise_of_phases", R"(
      input %x : f32[n,10,13,24] data
      input %w : f32[3,3,1,24] data
      %r = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {dilations=[2,4], groups=24, pads=[2,4,2,4]} : f32[n,10,13,24]
        %r = tanh(%c) : f32[n,10,13,24]
      } : f32[n,10,13,24])"},
    {"conv_of_five_taps", R"(
      input %x : f32[n,9,14,17] data
      input %w : f32[5,5,17,24] data
      input %b : f32[24] data
      %r = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) {pads=[2,0,1,3]} : f32[n,8,13,24]
        %a = add(%c, %b) : f32[n,8,13,24]
        %r = relu(%a) : f32[n,8,13,24]
      } : f32[n,8,13,24])"},
    {"conv_of_five_taps_pool", R"(
      input %x : f32[n,12,9,16] data
      input %w : f32[5,5,16,40] data
      %p, %i = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {pads=[2,2,2,2]} : f32[n,12,9,40]
        %p, %i = max_pool(%c) : f32[n,6,4,40], u8[n,6,4,40]
      } : f32[n,6,4,40], u8[n,6,4,40])"},
    {"conv_of_groups_by_winograd", R"(
      input %x : f32[n,9,11,64] data
      input %w : f32[3,3,16,96] data
      input %b : f32[96] data
      %r = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) {groups=4, pads=[1,1,1,1]} : f32[n,9,11,96]
        %a = add(%c, %b) : f32[n,9,11,96]
        %r = relu(%a) : f32[n,9,11,96]
      } : f32[n,9,11,96])"},
    {"conv_of_two_groups", R"(
      input %x : f32[n,7,8,34] data
      input %w : f32[3,3,17,80] data
      %c = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {groups=2} : f32[n,5,6,80]
      } : f32[n,5,6,80])"},
    {"conv_of_few_filters", R"(
      input %x : f32[n,11,9,3] data
      input %w : f32[5,4,3,7] data
      input %b : f32[7] data
      %r, %s = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) {dilations=[2,1], pads=[4,2,3,1]} : f32[n,10,9,7]
        %a = add(%c, %b) : f32[n,10,9,7]
        %r = tanh(%a) : f32[n,10,9,7]
        %s = reduce_sum(%r) {axes=[0,1,2]} : f32[7]
      } : f32[n,10,9,7], f32[7])"},
    {"conv_of_few_filters_in_wide_rows", R"(
      input %x : f32[n,7,75,1] data
      input %w : f32[3,3,1,5] data
      %y = kernel(%x, %w) <contraction> {
        %y = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,7,75,5]
      } : f32[n,7,75,5])"},
    {"conv_of_groups_that_share_vectors", R"(
      input %x : f32[n,9,11,20] data
      input %w : f32[3,3,5,16] data
      input %b : f32[16] data
      %r = kernel(%x, %w, %b) <contraction> {
        %c = conv2d(%x, %w) {groups=4, pads=[1,1,1,1]} : f32[n,9,11,16]
        %a = add(%c, %b) : f32[n,9,11,16]
        %r = relu(%a) : f32[n,9,11,16]
      } : f32[n,9,11,16])"},
    {"conv_of_groups_in_strides", R"(
      input %x : f32[n,11,13,48] data
      input %w : f32[3,5,8,48] data
      %c = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {groups=6, pads=[1,0,2,1], strides=[2,3]} : f32[n,6,4,48]
      } : f32[n,6,4,48])"},
    {"conv_of_groups_of_twelve_filters", R"(
      input %x : f32[n,7,10,15] data
      input %w : f32[3,3,5,36] data
      %c = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {groups=3, pads=[1,1,1,1]} : f32[n,7,10,36]
      } : f32[n,7,10,36])"},
    {"conv_of_groups_into_pool", R"(
      input %x : f32[n,9,12,32] data
      input %w : f32[3,3,4,64] data
      %p, %i = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {groups=8, pads=[1,1,1,1]} : f32[n,9,12,64]
        %p, %i = max_pool(%c) : f32[n,4,6,64], u8[n,4,6,64]
      } : f32[n,4,6,64], u8[n,4,6,64])"},
    {"conv_of_dilated_groups", R"(
      input %x : f32[n,10,9,20] data
      input %w : f32[3,2,4,20] data
      %c = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {dilations=[1,3], groups=5} : f32[n,8,6,20]
      } : f32[n,8,6,20])"},
    {"conv_of_groups_of_an_image_larger_than_a_stack", R"(
      input %x : f32[n,15,15,512] data
      input %w : f32[2,2,128,16] data
      %c = kernel(%x, %w) <contraction> {
        %c = conv2d(%x, %w) {groups=4, pads=[1,1,0,0], strides=[3,3]} : f32[n,5,5,16]
      } : f32[n,5,5,16])"},
    {"dense_of_sparse", R"(
      input %d : f32[n,150] data
      input %w : f32[150,140] data
      input %b : f32[140] data
      %r = kernel(%d, %w, %b) <contraction sparse=[0]> {
        %m = matmul(%d, %w) : f32[n,140]
        %a = add(%m, %b) : f32[n,140]
        %r = relu(%a) : f32[n,140]
      } : f32[n,140])"},
    {"dense_deep", R"(
      input %x : f32[n,700] data
      input %w : f32[700,75] data
      input %b : f32[75] data
      %r = kernel(%x, %w, %b) <contraction> {
        %m = matmul(%x, %w) : f32[n,75]
        %a = add(%m, %b) : f32[n,75]
        %r = relu(%a) : f32[n,75]
      } : f32[n,75])"},
    {"two_products", R"(
      input %x : f32[n,600] data
      input %w : f32[600,40] data
      input %u : f32[40,20] data
      %m, %y = kernel(%x, %w, %u) <head> {
        %m = matmul(%x, %w) : f32[n,40]
        %y = matmul(%m, %u) : f32[n,20]
      } : f32[n,40], f32[n,20])"},
    {"dense_deep_in_whole_chunks", R"(
      input %x : f32[n,1536] data
      input %w : f32[1536,32] data
      %m = kernel(%x, %w) <contraction> {
        %m = matmul(%x, %w) : f32[n,32]
      } : f32[n,32])"},
    {"dense_deep_of_sparse", R"(
      input %x : f32[n,580] data
      input %w : f32[580,128] data
      %m = kernel(%x, %w) <contraction sparse=[0]> {
        %m = matmul(%x, %w) : f32[n,128]
      } : f32[n,128])"},
    {"dense_deep_of_sparse_in_strips", R"(
      input %x : f32[n,640] data
      input %w : f32[640,150] data
      input %b : f32[150] data
      %r = kernel(%x, %w, %b) <contraction sparse=[0]> {
        %m = matmul(%x, %w) : f32[n,150]
        %a = add(%m, %b) : f32[n,150]
        %r = relu(%a) : f32[n,150]
      } : f32[n,150])"},
};

}  // namespace

const absl::Span<const Row> kForwardRows = kRows;

}  // namespace brine::codegen
