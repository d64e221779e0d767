// Convolutions as the definition says, with all sums of a tile in registers: forward, and what the data gradient of a
// strided one shares with it.
#ifndef BRINE_CODEGEN_TEMPLATES_DIRECT_CONV_H_
#define BRINE_CODEGEN_TEMPLATES_DIRECT_CONV_H_

#include <functional>

#include "codegen/templates/frame.h"

namespace brine::codegen {

// A kernel's weights in the order in which tiles read them: those of one vector of filters are one run of memory,
// [taps, channels, lanes]. In the model they lie a row of filters apart, and so in the same few sets of a cache.
class PackedWeights {
 public:
  using Weight = std::function<Halide::Expr(const Halide::Expr& a, const Halide::Expr& b, const Halide::Expr& c,
                                            const Halide::Expr& f)>;

  // Copied at the top of the kernel.  `filters` is a multiple of the vector width.
  PackedWeights(int rows, int columns, int channels, int filters, const Weight& weight, const Machine& machine);

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
  void Schedule(Halide::Func& reader, const Halide::Var& at, const Tile& tile, int pixels, const Machine& machine);

  Halide::RDom r;  // channel, column, row
  Halide::Func sum{"sum"}, all{"all"};
};

// How a task is cut: into register tiles, and chunks of `lines` of a picture's lines.
struct ConvChunk {
  Tile tile;
  int lines;  // divides them all
};

// For `sums` pictures of the same size at once: their sums stay near, and there are tasks enough.
ConvChunk ChooseChunk(int filters, int lines, int width, int sums, const Machine& machine);

bool FitsDirectConv(const ir::Attributes& attributes, int channels, int filters, const Machine& machine);

// out[n, i, j, f] = epilogue(at, Σ over a, b, c of picture[n, i·stride + a·dilation − pad, j·…, c] · w[a, b, c, f]), of
// the shape given; scheduled.
Halide::Func DirectConv(Frame& frame, const Tensor& picture, const Tensor& w, const Window& window,
                        const ir::Shape& shape,
                        const std::function<Halide::Expr(const Picture& at, const Halide::Expr& sum)>& epilogue);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_DIRECT_CONV_H_
