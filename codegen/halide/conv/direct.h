// Convolutions that are computed from the definition, and what the direct input gradient shares with them:
//   y[n, i, j, f] = Σ over taps a, b and channels c of x[n, i·stride + a·dilation − pad, j·…, c] · w[a, b, c, f]
// A register tile of sums runs through all taps and channels.
#ifndef BRINE_CODEGEN_HALIDE_CONV_DIRECT_H_
#define BRINE_CODEGEN_HALIDE_CONV_DIRECT_H_

#include <functional>
#include <string>

#include "codegen/halide/conv/groups.h"
#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// *direct*, the forward convolution.  A register tile is some vectors of filters by some pixels of a row.  If a pool
// follows, the tile has all pixels in the windows of some pooled pixels, and the pool is applied to the sums while they
// are in registers.
std::string CanDirect(const KernelSpec& spec, const Machine& machine);
Work CostDirect(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildDirect(KernelBuilder& builder);

// *direct-packed*, the forward convolution if the number of filters is a multiple of the vector width.  The weights are
// copied into contiguous memory first (PackedWeights), and the sums of some rows of the image lie on the task's stack
// (ChunkSum).
std::string CanDirectPacked(const KernelSpec& spec, const Machine& machine);
Work CostDirectPacked(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildDirectPacked(KernelBuilder& builder);

// *direct*, the input gradient; see direct_input_grad.cc.
std::string CanDirectInputGrad(const KernelSpec& spec, const Machine& machine);
Work CostDirectInputGrad(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildDirectInputGrad(KernelBuilder& builder);

// ---- Shared by direct-packed and the input gradient

// A copy of the weights in the order in which tiles read them, [vector of filters, tap row, tap column, channel, lane]:
// the weights of one vector of filters are contiguous.  In the model, consecutive channels of a vector of filters are
// as far apart as a row of all filters, which would put them into the same few sets of a cache.
//
// For the input gradient, the channels are the filters of the convolution, and the other way round.
class PackedWeights {
 public:
  // The weight of tap (tap_row, tap_column).
  using Weight = std::function<Halide::Expr(const Halide::Expr& tap_row, const Halide::Expr& tap_column,
                                            const Halide::Expr& channel, const Halide::Expr& filter)>;

  // Schedules the copy at the top of the kernel.  `filters` is a multiple of the vector width, and `channels` are those
  // of a group.
  PackedWeights(int tap_rows, int tap_columns, int channels, int filters, const Weight& weight,
                const LoopContext& context);

  Halide::Expr operator()(const Halide::Expr& tap_row, const Halide::Expr& tap_column, const Halide::Expr& channel,
                          const Halide::Expr& filter) const;

 private:
  const int lanes_, tasks_;
  Halide::Func packed_{"packed"};
};

// The sums of a chunk, which is some rows of an image:
//   sums(filter, pixel, chunk, n) = Σ over `domain` of product(filter, pixel, chunk, n)
// `pixel` counts the pixels of all rows of the chunk, so a register tile may continue in the next row.  The sums lie on
// the task's stack until they are read.
struct ChunkSum {
  using Product = std::function<Halide::Expr(const Halide::Var& filter, const Halide::Var& pixel,
                                             const Halide::Var& chunk, const Halide::Var& n)>;

  ChunkSum(const Halide::RDom& domain, const Product& product);

  // Computes the sums of a chunk of `pixels` pixels in loop `loop` of `reader`, in register tiles `tile`.
  void Schedule(Halide::Func& reader, const Halide::Var& loop, const Tile& tile, int pixels,
                const FilterVectors& vectors, const LoopContext& context);

  Halide::RDom domain;  // x: channel, y: tap column, z: tap row
  Halide::Func tile_sum{"tile_sum"}, sums{"sums"};
};

// How the sums of an image are cut: into chunks of `rows` rows, and these into register tiles.
struct ConvChunk {
  Tile tile;
  int rows;  // a divisor of the number of rows of the image
};

// The largest chunk whose sums fit the first-level cache and which leaves as many tasks as the machine wants.  A chunk
// has sums for `sums_per_pixel` images of `rows` × `columns` pixels, such as the phases of a strided input gradient.
ConvChunk ChooseChunk(const FilterVectors& vectors, int rows, int columns, int sums_per_pixel,
                      const LoopContext& context);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_DIRECT_H_
