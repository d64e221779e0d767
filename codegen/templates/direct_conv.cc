#include "codegen/templates/direct_conv.h"

#include <algorithm>

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int64_t kChunkBytes = 32 << 10;  // of sums: a first-level cache, from which each is read once

}  // namespace

PackedWeights::PackedWeights(int rows, int columns, int channels, int filters, const Weight& weight,
                             const Machine& machine)
    : lanes_(machine.lanes) {
  const Var l("l"), c("c"), b("b"), a("a"), v("v");
  packed_(l, c, b, a, v) = weight(a, b, c, v * lanes_ + l);
  packed_.compute_root()
      .bound(l, 0, lanes_)
      .bound(c, 0, channels)
      .bound(b, 0, columns)
      .bound(a, 0, rows)
      .bound(v, 0, filters / lanes_);
  Var task;
  packed_.vectorize(l)
      .fuse(a, v, task)
      .parallel(task, std::max(1, rows * filters / lanes_ / static_cast<int>(kTasks)), TailStrategy::GuardWithIf);
}

Expr PackedWeights::operator()(const Expr& a, const Expr& b, const Expr& c, const Expr& f) const {
  return packed_(f % lanes_, c, b, a, f / lanes_);
}

ChunkSum::ChunkSum(const RDom& domain, const Product& product) : r(domain) {
  const Var f("f"), p("p"), chunk("chunk"), n("n");
  sum(f, p, chunk, n) = 0.0f;
  sum(f, p, chunk, n) += product(f, p, chunk, n);
  all(f, p, chunk, n) = sum(f, p, chunk, n);
}

void ChunkSum::Schedule(Func& reader, const Var& at, const Tile& tile, int pixels, const Machine& machine) {
  const Var f = all.args()[0], p = all.args()[1];  // of sum, too
  Var first, i;
  all.compute_at(reader, at).store_in(kOnStack).bound_extent(f, machine.lanes * tile.vectors).bound(p, 0, pixels);
  all.split(p, first, i, tile.rows).reorder(f, i, first).vectorize(f, machine.lanes).unroll(f).unroll(i);
  sum.compute_at(all, first).vectorize(f, machine.lanes).unroll(f).unroll(p);
  sum.update().reorder(f, p, r.x, r.y, r.z).vectorize(f, machine.lanes).unroll(f).unroll(p);
}

ConvChunk ChooseChunk(int filters, int lines, int width, int sums, const Machine& machine) {
  const auto choose = [&](int each) {
    return ChooseTile(filters, int64_t{each} * width, machine.lanes, machine.registers);
  };
  const int across = machine.lanes * choose(lines).vectors;
  const int64_t line_bytes = int64_t{sums} * width * across * 4, tasks = machine.batch_size * Parts(filters, across);
  int best = 1;
  for (int each = 2; each <= lines; ++each) {
    if (lines % each == 0 && each * line_bytes <= kChunkBytes && tasks * (lines / each) >= kTasks) best = each;
  }
  return {choose(best), best};
}

bool FitsDirectConv(const ir::Attributes& attributes, int channels, int filters, const Machine& machine) {
  return attributes.Int("groups") == 1 && filters % machine.lanes == 0 && channels >= machine.lanes;
}

Func DirectConv(Frame& frame, const Tensor& picture, const Tensor& w, const Window& window, const ir::Shape& shape,
                const std::function<Expr(const Picture& at, const Expr& sum)>& epilogue) {
  const Machine& machine = frame.machine();
  const int height = static_cast<int>(shape[1]), width = static_cast<int>(shape[2]),
            filters = static_cast<int>(shape[3]), channels = static_cast<int>(w.type.shape[2]);
  const Tensor image = frame.Bordered(picture, window);
  const PackedWeights weights(
      window.size[0], window.size[1], channels, filters,
      [&](const Expr& a, const Expr& b, const Expr& c, const Expr& f) {
        return w({a, b, c, f});
      },
      machine);
  const auto [tile, lines] = ChooseChunk(filters, height, width, 1, machine);
  const int across = machine.lanes * tile.vectors;
  const RDom r(0, channels, 0, window.size[1], 0, window.size[0], "r");
  ChunkSum sums(r, [&, lines = lines](const Var& f, const Var& p, const Var& chunk, const Var& n) {
    return weights(r.z, r.y, r.x, f) *
           image({n, (chunk * lines + p / width) * window.stride[0] + r.z * window.dilation[0],
                  p % width * window.stride[1] + r.y * window.dilation[1], r.x});
  });
  const Picture at = PictureAxes();
  Func out = MakeFunc("out", Axes(4), {epilogue(at, sums.all(at.c, at.y % lines * width + at.x, at.y / lines, at.n))});

  Var chunk, y, block, c;
  out.bound(at.c, 0, filters).bound(at.x, 0, width).bound(at.y, 0, height).bound(at.n, 0, machine.rows);
  out.split(at.y, chunk, y, lines).split(at.c, block, c, across, TailStrategy::ShiftInwards);
  out.reorder(c, at.x, y, chunk, block, at.n).vectorize(c, machine.lanes).unroll(c);
  const std::vector<Loop> loops = {
      {at.n, machine.batch_size}, {block, Parts(filters, across)}, {chunk, height / lines}};
  const Task task = Parallel(out, loops);
  sums.Schedule(out, task.At(loops, 2), tile, lines * width, machine);
  return out;
}

}  // namespace brine::codegen
