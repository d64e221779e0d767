// Convolutions computed from the definition, with all sums of a tile in registers, and the parts that the direct input
// gradient shares with them.
#ifndef BRINE_CODEGEN_HALIDE_CONV_DIRECT_H_
#define BRINE_CODEGEN_HALIDE_CONV_DIRECT_H_

#include <functional>
#include <string>

#include "codegen/halide/conv/problem.h"
#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// The forward convolution.  A register tile is some vectors of filters by some pixels of a row, or by all pixels in the
// windows of some pooled pixels.  The pool is applied to the sums while they are in registers.
std::string CanDirect(const KernelSpec& spec, const Machine& machine);
Work CostDirect(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildDirect(KernelBuilder& builder);

// The forward convolution for a number of filters that is a multiple of the vector width.  The weights are copied into
// contiguous runs, and the sums of some rows of the image lie on the task's stack.
std::string CanDirectPacked(const KernelSpec& spec, const Machine& machine);
Work CostDirectPacked(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildDirectPacked(KernelBuilder& builder);

// The input gradient.
std::string CanDirectInputGrad(const KernelSpec& spec, const Machine& machine);
Work CostDirectInputGrad(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildDirectInputGrad(KernelBuilder& builder);

// ---- Shared

// The weights of a kernel in the order in which tiles read them: those of one vector of filters are contiguous, [taps,
// channels, lanes].  In the model their stride is a row of filters, which would put them into the same few sets of a
// cache.
class PackedWeights {
 public:
  using Weight = std::function<Halide::Expr(const Halide::Expr& a, const Halide::Expr& b, const Halide::Expr& c,
                                            const Halide::Expr& f)>;

  // The copy is made at the top of the kernel.  `filters` is a multiple of the vector width.
  PackedWeights(int rows, int columns, int channels, int filters, const Weight& weight, const LoopContext& context);

  Halide::Expr operator()(const Halide::Expr& a, const Halide::Expr& b, const Halide::Expr& c,
                          const Halide::Expr& f) const;

 private:
  const int lanes_;
  Halide::Func packed_{"packed"};
};

// The sums of a chunk of pixels, all(f, p, chunk, n) = Σ over `r` of product(f, p, chunk, n).  p counts the pixels of
// all rows of the chunk, so that a register tile may continue in the next row.  The sums lie on the task's stack until
// they are read.
struct ChunkSum {
  using Product = std::function<Halide::Expr(const Halide::Var& f, const Halide::Var& p, const Halide::Var& chunk,
                                             const Halide::Var& n)>;

  ChunkSum(const Halide::RDom& domain, const Product& product);

  // Computes the `pixels` pixels of a chunk in loop `loop` of `reader`.
  void Schedule(Halide::Func& reader, const Halide::Var& loop, const Tile& tile, int pixels,
                const LoopContext& context);

  Halide::RDom r;  // channel, column, row
  Halide::Func sum{"sum"}, all{"all"};
};

// How a task is cut into register tiles, and into chunks of `lines` rows of an image.
struct ConvChunk {
  Tile tile;
  int lines;  // a divisor of the number of rows
};

// The largest chunk whose sums, for `sums` images of the same size, fit the first-level cache, and that leaves enough
// tasks.
ConvChunk ChooseChunk(int filters, int lines, int width, int sums, const LoopContext& context);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_DIRECT_H_
