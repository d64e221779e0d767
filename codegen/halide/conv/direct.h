// Convolutions as the definition says, with all sums of a tile in registers; and what the gradient of the input shares
// with them.
#ifndef BRINE_CODEGEN_HALIDE_CONV_DIRECT_H_
#define BRINE_CODEGEN_HALIDE_CONV_DIRECT_H_

#include <functional>
#include <string>

#include "codegen/halide/conv/problem.h"
#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// Forward: a register tile is some pixels of a line, or the windows of some pooled pixels, times some vectors of
// filters; it is pooled where it stands.
std::string CanDirect(const KernelSpec& spec, const Machine& machine);
Work CostDirect(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildDirect(KernelBuilder& builder);

// Forward, for filters that fill vectors: the weights are copied into runs, and the sums of some lines wait on the
// stack.
std::string CanDirectPacked(const KernelSpec& spec, const Machine& machine);
Work CostDirectPacked(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildDirectPacked(KernelBuilder& builder);

// The gradient of the input.
std::string CanDirectInputGrad(const KernelSpec& spec, const Machine& machine);
Work CostDirectInputGrad(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildDirectInputGrad(KernelBuilder& builder);

// ---- Shared

// A kernel's weights in the order in which tiles read them: those of one vector of filters are one run of memory,
// [taps, channels, lanes].  In the model they lie a row of filters apart, and so in the same few sets of a cache.
class PackedWeights {
 public:
  using Weight = std::function<Halide::Expr(const Halide::Expr& a, const Halide::Expr& b, const Halide::Expr& c,
                                            const Halide::Expr& f)>;

  // Copied at the top of the kernel.  `filters` is a multiple of the vector width.
  PackedWeights(int rows, int columns, int channels, int filters, const Weight& weight, const LoopContext& context);

  Halide::Expr operator()(const Halide::Expr& a, const Halide::Expr& b, const Halide::Expr& c,
                          const Halide::Expr& f) const;

 private:
  const int lanes_;
  Halide::Func packed_{"packed"};
};

// The sums of a chunk of pixels, all(f, p, chunk, n) = Σ over `r` of product(f, p, chunk, n).  Pixels p are counted
// through the lines of the chunk, so that a register tile need not end where a line does; the sums lie on the task's
// stack until they are read.
struct ChunkSum {
  using Product = std::function<Halide::Expr(const Halide::Var& f, const Halide::Var& p, const Halide::Var& chunk,
                                             const Halide::Var& n)>;

  ChunkSum(const Halide::RDom& domain, const Product& product);

  // `pixels` of a chunk, computed in loop `at` of `reader`.
  void Schedule(Halide::Func& reader, const Halide::Var& at, const Tile& tile, int pixels, const LoopContext& context);

  Halide::RDom r;  // channel, column, row
  Halide::Func sum{"sum"}, all{"all"};
};

// How a task is cut: into register tiles, and chunks of `lines` of an image's lines.
struct ConvChunk {
  Tile tile;
  int lines;  // divides them all
};

// For `sums` images of the same size at once: their sums stay near, and there are tasks enough.
ConvChunk ChooseChunk(int filters, int lines, int width, int sums, const LoopContext& context);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_DIRECT_H_
