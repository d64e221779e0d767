// Every template of codegen/templates against generic and the interpreter, on sizes that fill vectors, tiles and chunks unevenly.
#include <gtest/gtest.h>

#include <random>

#include "codegen/build_step.h"
#include "ir/text.h"
#include "passes/regions.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

constexpr int64_t kBatchSize = 70;

TEST(TemplateTable, HoldsTheRegions) {
  const std::vector<std::string> templates = {
#define BRINE_TEMPLATE(region, build) #region,
#include "codegen/templates/templates.def"
#undef BRINE_TEMPLATE
  };
  std::vector<std::string> regions;
  for (const passes::Region& region : passes::AllRegions()) regions.push_back(region.name);
  EXPECT_EQ(templates, regions);
}

// Inputs and the kernel; %i is the winner of a window of `cells`.  One that `rounds` divides by 3 on its way to whole numbers.
struct Row {
  const char* name;
  const char* text;
  int cells = 4;
  bool rounds = false;
};

constexpr Row kRows[] = {
    {"conv_pool_relu", R"(
      input %x : f32[n,9,15,3] data
      input %w : f32[3,3,3,19] data
      input %b : f32[19] data
      %r, %i = kernel(%x, %w, %b) <conv_pool> {
        %c = conv2d(%x, %w) : f32[n,7,13,19]
        %a = add(%c, %b) : f32[n,7,13,19]
        %p, %i = max_pool(%a) : f32[n,3,6,19], u8[n,3,6,19]
        %r = relu(%p) : f32[n,3,6,19]
      } : f32[n,3,6,19], u8[n,3,6,19])"},
    {"conv_pool_padded_wide", R"(
      input %x : f32[n,10,7,5] data
      input %w : f32[3,3,5,48] data
      input %b : f32[48] data
      %i, %p = kernel(%x, %w, %b) <conv_pool> {
        %c = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,10,7,48]
        %a = add(%c, %b) : f32[n,10,7,48]
        %p, %i = max_pool(%a) {strides=[3,2], window=[3,2]} : f32[n,3,3,48], u8[n,3,3,48]
      } : u8[n,3,3,48], f32[n,3,3,48])",
     6},
    {"conv_pool_mean_of_strided", R"(
      input %x : f32[n,13,12,4] data
      input %w : f32[2,3,4,5] data
      %r = kernel(%x, %w) <conv_pool> {
        %c = conv2d(%x, %w) {dilations=[1,2], strides=[2,1]} : f32[n,6,8,5]
        %p = avg_pool(%c) {strides=[2,3], window=[2,3]} : f32[n,3,2,5]
        %r = tanh(%p) : f32[n,3,2,5]
      } : f32[n,3,2,5])"},
    {"conv_pool_of_masked_means", R"(
      input %x : f32[n,10,14,3] data
      input %w : f32[3,3,3,19] data
      input %b : f32[19] data
      %i, %p = kernel(%x, %w, %b) <conv_pool> {
        %c = conv2d(%x, %w) : f32[n,8,12,19]
        %a = add(%c, %b) : f32[n,8,12,19]
        %p, %i = relu_avg_pool(%a) {strides=[2,4], window=[2,4]} : f32[n,4,3,19], u8[n,4,3,19]
      } : u8[n,4,3,19], f32[n,4,3,19])"},
    {"conv_pool_of_masked_means_by_winograd", R"(
      input %x : f32[n,11,9,16] data
      input %w : f32[3,3,16,24] data
      %p, %i = kernel(%x, %w) <conv_pool> {
        %c = conv2d(%x, %w) : f32[n,9,7,24]
        %p, %i = relu_avg_pool(%c) : f32[n,4,3,24], u8[n,4,3,24]
      } : f32[n,4,3,24], u8[n,4,3,24])",
     4, true},
    {"filter_of_masked_means", R"(
      input %x : f32[n,11,14,3] data
      input %d : f32[n,4,5,19] data
      input %i : u8[n,4,5,19] data
      %g, %b = kernel(%x, %d, %i) <conv_grad_filter> {
        %y = relu_avg_pool_grad(%d, %i) {input_size=[9,12]} : f32[n,9,12,19]
        %g = conv2d_grad_filter(%x, %y) {kernel_size=[3,3]} : f32[3,3,3,19]
        %b = reduce_sum(%y) {axes=[0,1,2]} : f32[19]
      } : f32[3,3,3,19], f32[19])",
     16},
    {"filter_of_masked_means_by_winograd", R"(
      input %x : f32[n,9,7,16] data
      input %d : f32[n,4,3,24] data
      input %i : u8[n,4,3,24] data
      %b, %g = kernel(%d, %i, %x) <conv_grad_filter> {
        %y = relu_avg_pool_grad(%d, %i) {input_size=[9,7]} : f32[n,9,7,24]
        %b = reduce_sum(%y) {axes=[0,1,2]} : f32[24]
        %g = conv2d_grad_filter(%x, %y) {kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,16,24]
      } : f32[24], f32[3,3,16,24])",
     16, true},
    {"input_of_masked_means", R"(
      input %d : f32[n,4,3,24] data
      input %i : u8[n,4,3,24] data
      input %w : f32[3,3,16,24] data
      input %y : f32[n,11,9,16] data
      %g = kernel(%d, %i, %w, %y) <conv_grad_input> {
        %e = relu_avg_pool_grad(%d, %i) {input_size=[9,7]} : f32[n,9,7,24]
        %x = conv2d_grad_input(%e, %w) {input_size=[11,9]} : f32[n,11,9,16]
        %g = relu_grad(%x, %y) : f32[n,11,9,16]
      } : f32[n,11,9,16])",
     16, true},
    {"input_of_masked_means_of_strides", R"(
      input %d : f32[n,2,3,8] data
      input %i : u8[n,2,3,8] data
      input %w : f32[3,3,16,8] data
      %x = kernel(%d, %i, %w) <conv_grad_input> {
        %e = relu_avg_pool_grad(%d, %i) {input_size=[5,7]} : f32[n,5,7,8]
        %x = conv2d_grad_input(%e, %w) {input_size=[11,15], strides=[2,2]} : f32[n,11,15,16]
      } : f32[n,11,15,16])",
     16},
    {"conv_pool_of_overlapping_windows", R"(
      input %x : f32[n,8,8,3] data
      input %w : f32[3,3,3,8] data
      %p = kernel(%x, %w) <conv_pool> {
        %c = conv2d(%x, %w) : f32[n,6,6,8]
        %p, %j = max_pool(%c) {strides=[1,1]} : f32[n,5,5,8], u8[n,5,5,8]
      } : f32[n,5,5,8])"},
    {"conv_pool_by_winograd", R"(
      input %x : f32[n,11,17,16] data
      input %w : f32[3,3,16,19] data
      input %b : f32[19] data
      %r, %i = kernel(%x, %w, %b) <conv_pool> {
        %c = conv2d(%x, %w) {pads=[1,0,1,1]} : f32[n,11,16,19]
        %a = add(%c, %b) : f32[n,11,16,19]
        %p, %i = max_pool(%a) : f32[n,5,8,19], u8[n,5,8,19]
        %r = relu(%p) : f32[n,5,8,19]
      } : f32[n,5,8,19], u8[n,5,8,19])",
     4, true},
    {"conv_mean_by_winograd_in_tasks", R"(
      input %x : f32[n,36,36,40] data
      input %w : f32[3,3,40,24] data
      %p = kernel(%x, %w) <conv_pool> {
        %c = conv2d(%x, %w) : f32[n,34,34,24]
        %p = avg_pool(%c) : f32[n,17,17,24]
      } : f32[n,17,17,24])",
     4, true},
    {"conv_pool_by_rows", R"(
      input %x : f32[n,15,17,3] data
      input %w : f32[3,3,3,64] data
      input %b : f32[64] data
      %r, %i = kernel(%x, %w, %b) <conv_pool> {
        %c = conv2d(%x, %w) : f32[n,13,15,64]
        %a = add(%c, %b) : f32[n,13,15,64]
        %p, %i = max_pool(%a) : f32[n,6,7,64], u8[n,6,7,64]
        %r = relu(%p) : f32[n,6,7,64]
      } : f32[n,6,7,64], u8[n,6,7,64])",
     4, true},
    {"conv_pool_by_rows_in_chunks", R"(
      input %x : f32[n,34,48,7] data
      input %w : f32[3,3,7,32] data
      %p, %i = kernel(%x, %w) <conv_pool> {
        %c = conv2d(%x, %w) {pads=[1,0,0,2]} : f32[n,33,48,32]
        %p, %i = relu_avg_pool(%c) : f32[n,16,24,32], u8[n,16,24,32]
      } : f32[n,16,24,32], u8[n,16,24,32])",
     4, true},
    {"conv_by_rows", R"(
      input %x : f32[n,10,13,3] data
      input %w : f32[3,3,3,32] data
      input %b : f32[32] data
      %r = kernel(%x, %w, %b) <conv_pool> {
        %c = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,10,13,32]
        %a = add(%c, %b) : f32[n,10,13,32]
        %r = relu(%a) : f32[n,10,13,32]
      } : f32[n,10,13,32])",
     4, true},
    {"conv_by_rows_in_chunks", R"(
      input %x : f32[n,14,40,3] data
      input %w : f32[3,3,3,32] data
      %c = kernel(%x, %w) <conv_pool> {
        %c = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,14,40,32]
      } : f32[n,14,40,32])",
     4, true},
    {"conv_by_rows_of_one_channel", R"(
      input %x : f32[n,4,24,1] data
      input %w : f32[3,3,1,32] data
      %c = kernel(%x, %w) <conv_pool> {
        %c = conv2d(%x, %w) : f32[n,2,22,32]
      } : f32[n,2,22,32])",
     4, true},
    {"conv_by_winograd", R"(
      input %x : f32[n,9,12,17] data
      input %w : f32[3,3,17,24] data
      input %b : f32[24] data
      %r = kernel(%x, %w, %b) <conv_pool> {
        %c = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,9,12,24]
        %a = add(%c, %b) : f32[n,9,12,24]
        %r = relu(%a) : f32[n,9,12,24]
      } : f32[n,9,12,24])",
     4, true},
    {"conv_by_winograd_of_small_pictures", R"(
      input %x : f32[n,5,4,16] data
      input %w : f32[3,3,16,40] data
      %r = kernel(%x, %w) <conv_pool> {
        %c = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,5,4,40]
        %r = relu(%c) : f32[n,5,4,40]
      } : f32[n,5,4,40])",
     4, true},
    {"conv_of_strides", R"(
      input %x : f32[n,19,14,11] data
      input %w : f32[3,3,11,40] data
      input %b : f32[40] data
      %r = kernel(%x, %w, %b) <conv_pool> {
        %c = conv2d(%x, %w) {pads=[0,1,0,1], strides=[2,2]} : f32[n,9,7,40]
        %a = add(%c, %b) : f32[n,9,7,40]
        %r = relu(%a) : f32[n,9,7,40]
      } : f32[n,9,7,40])"},
    {"conv_of_few_channels_strided", R"(
      input %x : f32[n,10,13,3] data
      input %w : f32[3,3,3,19] data
      input %b : f32[19] data
      %r = kernel(%x, %w, %b) <conv_pool> {
        %c = conv2d(%x, %w) {pads=[0,0,1,1], strides=[2,2]} : f32[n,5,6,19]
        %a = add(%c, %b) : f32[n,5,6,19]
        %r = relu(%a) : f32[n,5,6,19]
      } : f32[n,5,6,19])"},
    {"conv_of_live", R"(
      input %d : f32[n,9,10,40] data
      input %w : f32[3,3,40,64] data
      input %b : f32[64] data
      %r = kernel(%d, %w, %b) <conv_of_live> {
        %c = conv2d(%d, %w) {pads=[0,1,1,0], strides=[2,2]} : f32[n,4,5,64]
        %a = add(%c, %b) : f32[n,4,5,64]
        %r = relu(%a) : f32[n,4,5,64]
      } : f32[n,4,5,64])"},
    {"conv_of_live_in_chunks", R"(
      input %d : f32[n,21,26,17] data
      input %w : f32[2,4,17,128] data
      %c = kernel(%d, %w) <conv_of_live> {
        %c = conv2d(%d, %w) {dilations=[3,1], pads=[2,0,2,3], strides=[1,2]} : f32[n,22,13,128]
      } : f32[n,22,13,128])"},
    {"conv_in_chunks", R"(
      input %x : f32[n,50,47,8] data
      input %w : f32[2,1,8,24] data
      %r = kernel(%x, %w) <conv_pool> {
        %c = conv2d(%x, %w) {dilations=[4,1], strides=[1,3]} : f32[n,46,16,24]
        %r = tanh(%c) : f32[n,46,16,24]
      } : f32[n,46,16,24])"},
    {"input_by_winograd", R"(
      input %d : f32[n,7,10,16] data
      input %w : f32[3,3,19,16] data
      input %y : f32[n,9,11,19] data
      %g = kernel(%d, %w, %y) <conv_grad_input> {
        %x = conv2d_grad_input(%d, %w) {input_size=[9,11], pads=[0,0,0,1]} : f32[n,9,11,19]
        %g = relu_grad(%x, %y) : f32[n,9,11,19]
      } : f32[n,9,11,19])",
     4, true},
    {"filter_of_few_channels", R"(
      input %x : f32[n,11,13,3] data
      input %d : f32[n,4,5,19] data
      input %i : u8[n,4,5,19] data
      %g, %b = kernel(%x, %d, %i) <conv_grad_filter> {
        %y = max_pool_grad(%d, %i) {input_size=[9,11]} : f32[n,9,11,19]
        %g = conv2d_grad_filter(%x, %y) {kernel_size=[3,3]} : f32[3,3,3,19]
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[19]
      } : f32[3,3,3,19], f32[19])"},
    {"filter_in_chunks", R"(
      input %x : f32[n,20,18,16] data
      input %d : f32[n,9,8,18] data
      input %i : u8[n,9,8,18] data
      %b, %g = kernel(%d, %i, %x) <conv_grad_filter> {
        %y = max_pool_grad(%d, %i) {input_size=[18,16]} : f32[n,18,16,18]
        %b = reduce_sum(%y) {axes=[0,1,2]} : f32[18]
        %g = conv2d_grad_filter(%x, %y) {kernel_size=[3,3]} : f32[3,3,16,18]
      } : f32[18], f32[3,3,16,18])"},
    {"filter_padded", R"(
      input %x : f32[n,9,7,32] data
      input %d : f32[n,3,3,7] data
      input %i : u8[n,3,3,7] data
      %g = kernel(%d, %i, %x) <conv_grad_filter> {
        %y = max_pool_grad(%d, %i) {input_size=[9,7], strides=[3,2], window=[3,2]} : f32[n,9,7,7]
        %g = conv2d_grad_filter(%x, %y) {kernel_size=[5,3], pads=[2,1,2,1]} : f32[5,3,32,7]
      } : f32[5,3,32,7])",
     6},
    {"filter_of_one_channel", R"(
      input %x : f32[n,11,9,1] data
      input %d : f32[n,3,2,6] data
      input %i : u8[n,3,2,6] data
      %g = kernel(%d, %i, %x) <conv_grad_filter> {
        %y = max_pool_grad(%d, %i) {input_size=[7,5]} : f32[n,7,5,6]
        %g = conv2d_grad_filter(%x, %y) {kernel_size=[5,5]} : f32[5,5,1,6]
      } : f32[5,5,1,6])"},
    {"filter_of_every_pixel", R"(
      input %x : f32[n,11,9,5] data
      input %d : f32[n,11,9,19] data
      %b, %g = kernel(%d, %x) <conv_grad_filter> {
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[19]
        %g = conv2d_grad_filter(%x, %d) {kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,5,19]
      } : f32[19], f32[3,3,5,19])"},
    {"filter_by_winograd", R"(
      input %x : f32[n,5,6,60] data
      input %d : f32[n,5,6,136] data
      %b, %g = kernel(%d, %x) <conv_grad_filter> {
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[136]
        %g = conv2d_grad_filter(%x, %d) {kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,60,136]
      } : f32[136], f32[3,3,60,136])",
     4, true},
    {"filter_by_winograd_in_groups", R"(
      input %x : f32[n,19,22,16] data
      input %d : f32[n,18,20,24] data
      %g = kernel(%d, %x) <conv_grad_filter> {
        %g = conv2d_grad_filter(%x, %d) {kernel_size=[3,3], pads=[1,0,0,0]} : f32[3,3,16,24]
      } : f32[3,3,16,24])",
     4, true},
    {"filter_of_every_pixel_strided", R"(
      input %x : f32[n,23,21,1] data
      input %d : f32[n,11,10,16] data
      %g = kernel(%d, %x) <conv_grad_filter> {
        %g = conv2d_grad_filter(%x, %d) {kernel_size=[2,3], dilations=[2,1], strides=[2,2]} : f32[2,3,1,16]
      } : f32[2,3,1,16])"},
    {"filter_of_few_channels_strided", R"(
      input %x : f32[n,10,13,3] data
      input %d : f32[n,5,6,19] data
      %g = kernel(%d, %x) <conv_grad_filter> {
        %g = conv2d_grad_filter(%x, %d) {kernel_size=[3,3], pads=[0,0,1,1], strides=[2,2]} : f32[3,3,3,19]
      } : f32[3,3,3,19])"},
    {"input_of_strides", R"(
      input %d : f32[n,5,6,7] data
      input %w : f32[3,3,19,7] data
      %x = kernel(%d, %w) <conv_grad_input> {
        %x = conv2d_grad_input(%d, %w) {input_size=[9,12], pads=[1,1,1,0], strides=[2,2]} : f32[n,9,12,19]
      } : f32[n,9,12,19])"},
    {"input_of_strides_in_chunks", R"(
      input %d : f32[n,23,23,12] data
      input %w : f32[4,3,32,12] data
      %x = kernel(%d, %w) <conv_grad_input> {
        %x = conv2d_grad_input(%d, %w) {input_size=[46,46], pads=[1,0,1,1], strides=[2,2]} : f32[n,46,46,32]
      } : f32[n,46,46,32])"},
    {"input_of_uneven_strides", R"(
      input %d : f32[n,3,4,5] data
      input %w : f32[3,2,16,5] data
      input %y : f32[n,11,9,16] data
      %g = kernel(%d, %w, %y) <conv_grad_input> {
        %x = conv2d_grad_input(%d, %w) {input_size=[11,9], strides=[3,2]} : f32[n,11,9,16]
        %g = relu_grad(%x, %y) : f32[n,11,9,16]
      } : f32[n,11,9,16])"},
    {"input_masked", R"(
      input %d : f32[n,4,5,19] data
      input %i : u8[n,4,5,19] data
      input %w : f32[3,3,16,19] data
      input %y : f32[n,11,13,16] data
      %g = kernel(%d, %i, %w, %y) <conv_grad_input> {
        %e = max_pool_grad(%d, %i) {input_size=[9,11]} : f32[n,9,11,19]
        %x = conv2d_grad_input(%e, %w) {input_size=[11,13]} : f32[n,11,13,16]
        %g = relu_grad(%x, %y) : f32[n,11,13,16]
      } : f32[n,11,13,16])"},
    {"input_padded", R"(
      input %d : f32[n,12,13,64] data
      input %i : u8[n,12,13,64] data
      input %w : f32[3,3,5,64] data
      %x = kernel(%d, %i, %w) <conv_grad_input> {
        %e = max_pool_grad(%d, %i) {input_size=[25,26]} : f32[n,25,26,64]
        %x = conv2d_grad_input(%e, %w) {input_size=[25,26], pads=[1,1,1,1]} : f32[n,25,26,5]
      } : f32[n,25,26,5])"},
    {"input_of_many_filters", R"(
      input %d : f32[n,3,2,300] data
      input %i : u8[n,3,2,300] data
      input %w : f32[2,1,9,300] data
      %x = kernel(%d, %i, %w) <conv_grad_input> {
        %e = max_pool_grad(%d, %i) {input_size=[4,7], strides=[1,3], window=[1,3]} : f32[n,4,7,300]
        %x = conv2d_grad_input(%e, %w) {input_size=[5,7]} : f32[n,5,7,9]
      } : f32[n,5,7,9])",
     3},
    {"input_of_live", R"(
      input %d : f32[n,5,4,40] data
      input %w : f32[3,3,19,40] data
      input %y : f32[n,11,7,19] data
      %g = kernel(%d, %w, %y) <conv_grad_input_of_live> {
        %e = conv2d_grad_input(%d, %w) {input_size=[11,7], pads=[0,1,0,1], strides=[2,2]} : f32[n,11,7,19]
        %g = relu_grad(%e, %y) : f32[n,11,7,19]
      } : f32[n,11,7,19])"},
    {"input_of_live_wide", R"(
      input %d : f32[n,6,3,260] data
      input %w : f32[2,5,8,260] data
      %x = kernel(%d, %w) <conv_grad_input_of_live> {
        %x = conv2d_grad_input(%d, %w) {input_size=[7,9], pads=[0,1,0,1], strides=[1,3]} : f32[n,7,9,8]
      } : f32[n,7,9,8])"},
    {"input_of_live_by_taps", R"(
      input %d : f32[n,6,5,72] data
      input %w : f32[3,4,64,72] data
      input %y : f32[n,11,14,64] data
      %g = kernel(%d, %w, %y) <conv_grad_input_of_live> {
        %e = conv2d_grad_input(%d, %w) {input_size=[11,14], pads=[1,2,1,1], strides=[2,3]} : f32[n,11,14,64]
        %g = relu_grad(%e, %y) : f32[n,11,14,64]
      } : f32[n,11,14,64])"},
    {"filter_of_live", R"(
      input %x : f32[n,7,10,24] data
      input %d : f32[n,7,10,19] data
      %b, %g = kernel(%d, %x) <conv_grad_filter_of_live> {
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[19]
        %g = conv2d_grad_filter(%x, %d) {kernel_size=[5,3], pads=[2,1,2,1]} : f32[5,3,24,19]
      } : f32[19], f32[5,3,24,19])"},
    {"filter_of_every_pixel_large", R"(
      input %x : f32[n,5,6,60] data
      input %d : f32[n,5,2,136] data
      %b, %g = kernel(%d, %x) <conv_grad_filter> {
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[136]
        %g = conv2d_grad_filter(%x, %d) {kernel_size=[3,5], pads=[1,0,1,0]} : f32[3,5,60,136]
      } : f32[136], f32[3,5,60,136])"},
    {"filter_of_live_with_few_filters", R"(
      input %x : f32[n,32,32,16] data
      input %d : f32[n,32,32,2] data
      %g = kernel(%d, %x) <conv_grad_filter_of_live> {
        %g = conv2d_grad_filter(%x, %d) {kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,16,2]
      } : f32[3,3,16,2])"},
    {"filter_of_live_strided", R"(
      input %x : f32[n,12,9,32] data
      input %d : f32[n,6,3,7] data
      %g = kernel(%d, %x) <conv_grad_filter_of_live> {
        %g = conv2d_grad_filter(%x, %d) {kernel_size=[3,3], pads=[0,0,1,0], strides=[2,3]} : f32[3,3,32,7]
      } : f32[3,3,32,7])"},
    {"filter_of_live_in_shared_lists", R"(
      input %x : f32[n,6,6,64] data
      input %d : f32[n,3,3,24] data
      %b, %g = kernel(%d, %x) <conv_grad_filter_of_live> {
        %b = reduce_sum(%d) {axes=[0,1,2]} : f32[24]
        %g = conv2d_grad_filter(%x, %d) {kernel_size=[3,3], pads=[0,0,1,1], strides=[2,2]} : f32[3,3,64,24]
      } : f32[24], f32[3,3,64,24])"},
    {"dense_of_live", R"(
      input %d : f32[n,150] data
      input %w : f32[150,140] data
      input %b : f32[140] data
      %r = kernel(%d, %w, %b) <dense_of_live> {
        %m = matmul(%d, %w) : f32[n,140]
        %a = add(%m, %b) : f32[n,140]
        %r = relu(%a) : f32[n,140]
      } : f32[n,140])"},
    {"dense_deep", R"(
      input %x : f32[n,700] data
      input %w : f32[700,75] data
      input %b : f32[75] data
      %r = kernel(%x, %w, %b) <dense> {
        %m = matmul(%x, %w) : f32[n,75]
        %a = add(%m, %b) : f32[n,75]
        %r = relu(%a) : f32[n,75]
      } : f32[n,75])"},
    {"dense_deep_in_whole_chunks", R"(
      input %x : f32[n,1536] data
      input %w : f32[1536,32] data
      %m = kernel(%x, %w) <dense> {
        %m = matmul(%x, %w) : f32[n,32]
      } : f32[n,32])"},
    {"dense_deep_of_live", R"(
      input %x : f32[n,580] data
      input %w : f32[580,128] data
      %m = kernel(%x, %w) <dense_of_live> {
        %m = matmul(%x, %w) : f32[n,128]
      } : f32[n,128])"},
    {"dense_deep_of_live_in_strips", R"(
      input %x : f32[n,640] data
      input %w : f32[640,150] data
      input %b : f32[150] data
      %r = kernel(%x, %w, %b) <dense_of_live> {
        %m = matmul(%x, %w) : f32[n,150]
        %a = add(%m, %b) : f32[n,150]
        %r = relu(%a) : f32[n,150]
      } : f32[n,150])"},
    {"dense_grad_input_of_live", R"(
      input %d : f32[n,75] data
      input %w : f32[150,75] data
      input %y : f32[n,150] data
      %g = kernel(%d, %w, %y) <dense_grad_input_of_live> {
        %m = matmul(%d, %w) {transpose_b=true} : f32[n,150]
        %g = relu_grad(%m, %y) : f32[n,150]
      } : f32[n,150])"},
    {"dense_grad_filter_of_live_input", R"(
      input %d : f32[n,75] data
      input %y : f32[n,140] data
      %b, %g = kernel(%y, %d) <dense_grad_filter_of_live_input> {
        %b = reduce_sum(%y) {axes=[0]} : f32[140]
        %g = matmul(%d, %y) {transpose_a=true} : f32[75,140]
      } : f32[140], f32[75,140])"},
    {"dense_grad_filter_of_live", R"(
      input %x : f32[n,140] data
      input %d : f32[n,75] data
      %b, %g = kernel(%d, %x) <dense_grad_filter_of_live> {
        %b = reduce_sum(%d) {axes=[0]} : f32[75]
        %g = matmul(%x, %d) {transpose_a=true} : f32[140,75]
      } : f32[75], f32[140,75])"},
    {"dense_grad_input_masked", R"(
      input %d : f32[n,80] data
      input %w : f32[150,80] data
      input %y : f32[n,150] data
      %g = kernel(%d, %w, %y) <dense_grad_input> {
        %m = matmul(%d, %w) {transpose_b=true} : f32[n,150]
        %g = relu_grad(%m, %y) : f32[n,150]
      } : f32[n,150])"},
};

// The rows as one graph, each kernel once by its template and once by generic: every row's values begin with its name.
struct Cases {
  std::string text;
  ir::Graph graph;

  explicit Cases(int64_t batch_size) {
    for (const Row& row : kRows) {
      std::string named = row.text;
      for (size_t at = named.find('%'); at != std::string::npos; at = named.find('%', at + 1)) named.insert(at + 1, absl::StrCat(row.name, "."));
      inputs += named.substr(0, named.find("kernel(") - (named.find("kernel(") - named.rfind('\n', named.find("kernel("))));
      kernels += named.substr(named.rfind('\n', named.find("kernel(")));
    }
    text = absl::StrCat("graph \"cases\" stage=fused function=train batch=", batch_size, " {", inputs, kernels, "\n}\n");
    auto graphs = ir::Parse(text, "cases");
    EXPECT_TRUE(graphs.ok()) << graphs.status();
    graph = graphs->front();
    const std::vector<ir::Node> nodes = graph.nodes;
    for (ir::Node node : nodes) {
      node.region = "generic";
      for (ir::ValueId& output : node.outputs) {
        const ir::ValueId copy = graph.AddValue(absl::StrCat(graph.value(output).name, ".generic"), graph.type(output));
        for (ir::Node& inner : node.body) {
          for (std::vector<ir::ValueId>* values : {&inner.inputs, &inner.outputs}) std::replace(values->begin(), values->end(), output, copy);
        }
        output = copy;
      }
      for (ir::Node& inner : node.body) {
        for (ir::ValueId& output : inner.outputs) {
          if (std::find(node.outputs.begin(), node.outputs.end(), output) != node.outputs.end()) continue;
          const ir::ValueId copy = graph.AddValue(absl::StrCat(graph.value(output).name, ".generic"), graph.type(output)), original = output;
          for (ir::Node& other : node.body) {
            for (std::vector<ir::ValueId>* values : {&other.inputs, &other.outputs}) std::replace(values->begin(), values->end(), original, copy);
          }
        }
      }
      graph.nodes.push_back(node);
    }
  }

 private:
  std::string inputs, kernels;
};

const Cases& AllCases() {
  static const Cases* const cases = new Cases(kBatchSize);
  return *cases;
}

enum class Numbers { kReal, kWhole };  // whole numbers are summed exactly, and have many ties

const Row& RowOf(const std::string& value) {
  return *std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& row) { return value.rfind(absl::StrCat(row.name, "."), 0) == 0; });
}

// Of the elements of %d, the share `live` is not zero.
ir::Tensors<float> Draw(uint32_t seed, int64_t n, Numbers numbers, double live) {
  ir::Tensors<float> given;
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<double> uniform;
  const ir::Graph& graph = AllCases().graph;
  for (const ir::Input& input : graph.inputs) {
    const std::string& name = graph.value(input.value).name;
    ir::Tensor<float> tensor = ir::MakeTensor<float>(graph.type(input.value), n);
    const bool gradient = name.substr(name.rfind('.')) == ".d";
    for (float& element : tensor.real) {
      element = numbers == Numbers::kReal ? normal(random) : static_cast<float>(static_cast<int>(random() % 5) - 2);
      if (gradient && uniform(random) >= live) element = 0;
    }
    for (int64_t& element : tensor.whole) element = random() % RowOf(name).cells;
    given[name] = tensor;
  }
  return given;
}

// On this machine's target and, where that is AVX-512, on AVX2 as well: register tiles and lists differ.
class Templates : public testing::TestWithParam<const char*> {
 protected:
  static absl::StatusOr<Step> Build(bool asserts) {
    BuildOptions options = TestOptions();
    options.asserts = asserts;
    options.target = GetParam();
    return BuildStep(AllCases().graph, options);
  }
};

std::vector<const char*> Targets() {
  std::vector<const char*> targets = {""};
  if (__builtin_cpu_supports("avx512f")) targets.push_back("x86-64-linux-avx-avx2-f16c-fma-sse41");
  return targets;
}
INSTANTIATE_TEST_SUITE_P(EachTarget, Templates, testing::ValuesIn(Targets()), [](const auto& info) { return *info.param == '\0' ? "Host" : "Avx2"; });

void Compare(Step& step, int64_t n, double live, int draws) {
  const ir::Graph& graph = AllCases().graph;
  std::map<std::string, Errors> errors;
  for (int draw = 0; draw < draws; ++draw) {
    const ir::Tensors<float> given = Draw(static_cast<uint32_t>(draw), n, Numbers::kReal, live);
    const auto kernel = step.Run(given, n, 2);
    ASSERT_TRUE(kernel.ok()) << kernel.status();
    const auto float_loop = ir::Interpret<float>(graph, given, n);
    const auto exact = ir::Interpret<double>(graph, ToDouble(given), n);
    const auto absolute = ir::Interpret<double>(graph, ToDouble(given, true), n);
    ASSERT_TRUE(float_loop.ok() && exact.ok() && absolute.ok()) << exact.status();
    for (const ir::Node& node : graph.nodes) {
      for (ir::ValueId output : node.outputs) {
        const std::string& name = graph.value(output).name;
        AddErrors(name, *kernel, *float_loop, *exact, *absolute, errors[name]);
      }
    }
  }
  for (auto& [name, error] : errors) EXPECT_LE(error.Rmse(), error.Bound()) << name << " with n = " << n << ", " << live << " live";
}

// With fewer pictures than tasks, loops over what a picture consists of become parallel, too.
TEST(SmallBatches, AgreeWithTheInterpreter) {
  constexpr int64_t kFewPictures = 5;
  auto step = BuildStep(Cases(kFewPictures).graph, TestOptions());
  ASSERT_TRUE(step.ok()) << step.status();
  for (int64_t n : {kFewPictures, kFewPictures - 3}) Compare(*step, n, 0.6, 8);
}

TEST_P(Templates, AgreeWithTheInterpreter) {
  auto step = Build(false);
  ASSERT_TRUE(step.ok()) << step.status();
  for (int64_t n : {1, 3, 5, 7}) Compare(*step, n, 0.6, 8);
  Compare(*step, kBatchSize, 0.6, 1);
  Compare(*step, 3, 0, 1);
  Compare(*step, 3, 1, 8);
}

TEST_P(Templates, StayInsideTheirBuffersWithChecksOn) {
  auto step = Build(true);
  ASSERT_TRUE(step.ok()) << step.status();
  for (int64_t n : {1, 3, 5}) Compare(*step, n, 0.6, 2);
}

// Small whole numbers are summed without rounding: every bit must agree, and the first of equal winners wins.  Where a kernel rounds, it is
// by little.
TEST_P(Templates, AreExactOnWholeNumbers) {
  auto step = Build(false);
  ASSERT_TRUE(step.ok()) << step.status();
  const ir::Graph& graph = AllCases().graph;
  for (double live : {0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0}) {
    const ir::Tensors<float> given = Draw(7, 4, Numbers::kWhole, live);
    const auto kernel = step->Run(given, 4, 2);
    const auto exact = ir::Interpret<double>(graph, ToDouble(given), 4);
    ASSERT_TRUE(kernel.ok() && exact.ok()) << kernel.status() << exact.status();
    for (const ir::Node& node : graph.nodes) {
      if (node.body.back().op->name == "tanh") continue;
      for (ir::ValueId output : node.outputs) {
        const std::string& name = graph.value(output).name;
        std::vector<float> got = kernel->at(name).real;
        if (RowOf(name).rounds) {
          // Means of four are multiples of a quarter.  Equal values may differ by a rounding, so that another one of them wins.
          for (float& element : got) element = std::nearbyint(element * 4) / 4;
        } else {
          EXPECT_EQ(kernel->at(name).whole, exact->at(name).whole) << name;
        }
        EXPECT_EQ(std::vector<double>(got.begin(), got.end()), exact->at(name).real) << name << ", " << live << " live";
      }
    }
  }
}

TEST_P(Templates, GiveTheSameBitsOnAnyNumberOfThreads) {
  auto step = Build(false);
  ASSERT_TRUE(step.ok()) << step.status();
  const ir::Tensors<float> given = Draw(1, kBatchSize, Numbers::kReal, 0.6);
  const auto one = step->Run(given, kBatchSize, 1);
  ASSERT_TRUE(one.ok()) << one.status();
  for (int threads : {2, 3, 4, 2, 3, 4}) {
    const auto many = step->Run(given, kBatchSize, threads);
    ASSERT_TRUE(many.ok()) << many.status();
    for (const auto& [name, tensor] : *one) {
      const std::vector<float>& other = many->at(name).real;
      EXPECT_EQ(std::memcmp(tensor.real.data(), other.data(), other.size() * sizeof(float)), 0) << name << " on " << threads << " threads";
    }
  }
}

// A gradient that is not a number reaches what it is added to, whatever fast-math makes of comparisons.
TEST_P(Templates, VisitGradientsThatAreNoNumbers) {
  auto step = Build(false);
  ASSERT_TRUE(step.ok()) << step.status();
  ir::Tensors<float> given = Draw(1, 2, Numbers::kReal, 0.6);
  for (auto& [name, tensor] : given) {
    if (name.substr(name.rfind('.')) == ".d") tensor.real[5] = std::nanf("");
  }
  const auto kernel = step->Run(given, 2);
  ASSERT_TRUE(kernel.ok()) << kernel.status();
  for (const char* name : {"filter_of_few_channels.g", "filter_in_chunks.g", "filter_padded.g", "input_padded.x", "input_of_many_filters.x", "input_of_live_wide.x", "filter_of_live.g", "conv_of_live_in_chunks.c", "input_of_live_by_taps.g",
                           "dense_grad_input_of_live.g", "dense_grad_filter_of_live_input.g", "dense_grad_filter_of_live.g"}) {
    const std::vector<float>& got = kernel->at(name).real;
    EXPECT_TRUE(std::any_of(got.begin(), got.end(), [](float element) { return std::isnan(element); })) << name;
  }
}

}  // namespace
}  // namespace brine::codegen
