// conv_grad_input: the data gradient of a convolution, from the winners of the max-pool behind it.
//
// The windows of a pool do not overlap, and of a window only one pixel of each filter has a gradient.  So for every window the live filters
// are listed by the cell that won; then, for one vector of channels, the pixels that the cells of one window row can reach stay in registers
// while those lists are walked, and are added to the picture's gradient.
#include <algorithm>

#include "codegen/templates/winners.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;
using ir::Node;

constexpr int kPictureBytes = 128 << 10;  // of a task's sums: a quarter of a second-level cache
constexpr int kMostCounters = 4;            // of a window: each has a counter of 8 or 16 bits in one word

}  // namespace

ScheduledKernel BuildConvGradInput(const KernelRequest& request) {
  Frame frame(request);
  const Node& grad = *frame.Find(ir::kConv2DGradInput);
  const Machine& machine = frame.machine();
  const ir::Type& type = frame.graph().type(grad.outputs[0]);
  Winners winners;
  if (!FindWinners(frame, grad, grad.inputs[0], &winners) || winners.cells() > kMostCounters) return BuildGeneric(request);
  const Tensor& w = *frame.Parameter(grad.inputs[1]);
  const Window window = MakeWindow(grad.attributes, w.type.shape[0], w.type.shape[1]);
  const int channels = static_cast<int>(w.type.shape[2]), lanes = machine.lanes, blocks = (channels + lanes - 1) / lanes;
  const int reach = window.size[1] + winners.across - 1;  // columns that the winners of a window can touch
  const int height = static_cast<int>(type.shape[1]) + window.before[0] + window.after[0];
  const int width = static_cast<int>(type.shape[2]) + window.before[1] + window.after[1];
  const int64_t picture_bytes = int64_t{height} * width * blocks * lanes * 4;
  const int entry_bytes = winners.filters <= 256 ? 1 : 2;
  const bool too_wide = winners.columns * winners.filters * entry_bytes > 4 * kListBytes;
  if (winners.filters > 65535 || reach * window.size[0] > machine.registers - 2 || too_wide || picture_bytes > kPictureBytes) return BuildGeneric(request);

  const Var f("f"), x("x"), y("y"), chunk("chunk"), n("n"), l("l"), h("h"), px("px"), py("py"), row("row"), cell("cell"), s("s"), b("b"), a("a");

  // Weights with one vector of channels innermost and then a filter's taps: a vector of channels is kh·kw·filters vectors in a row.
  Func packed("packed");
  const Expr channel = h * lanes + l;
  const Expr weight = w({a, b, Halide::min(channel, channels - 1), f});
  packed(l, b, a, f, h) = channels % lanes == 0 ? weight : Halide::select(channel < channels, weight, 0.0f);

  // Lists are made for some rows of windows at a time; y counts within them, and behind the last row stands that row again.
  const int chunk_rows = std::clamp(2 * kListBytes / (winners.columns * winners.filters * (entry_bytes + 4)), 1, winners.rows);
  const int chunks = (winners.rows + chunk_rows - 1) / chunk_rows;
  const Expr window_row = Halide::min(chunk * chunk_rows + y, winners.rows - 1);

  // How many winners each cell has among the filters before f, all cells in one word.
  const Halide::Type word = winners.filters < 256 ? Halide::UInt(32) : Halide::UInt(64);
  const int bits = word.bits() / kMostCounters;
  const Expr mask = Halide::cast(word, (1 << bits) - 1);
  const auto won = [&](const Expr& filter) { return Halide::cast(word, winners.index({n, window_row, x, filter})); };
  const auto gradient = [&](const Expr& filter) { return winners.d({n, window_row, x, filter}); };
  Func one("one"), count("count"), first("first"), slot("slot"), list("list");
  one(f, x, y, chunk, n) = Halide::select(IsLive(gradient(f)), Halide::cast(word, 1) << (won(f) * Halide::cast(word, bits)), Halide::cast(word, 0));
  const RDom each(0, winners.filters, "each"), place(0, winners.filters, "place");
  count(f, x, y, chunk, n) = Halide::undef(word);
  count(0, x, y, chunk, n) = Halide::cast(word, 0);
  count(each + 1, x, y, chunk, n) = count(each, x, y, chunk, n) + one(each, x, y, chunk, n);
  // Where each cell's list begins: the lists of one window lie behind each other.
  const auto total = [&](int of) { return Halide::cast<int>((count(winners.filters, x, y, chunk, n) >> Halide::cast(word, bits * of)) & mask); };
  Expr begin = 0;
  first(cell, x, y, chunk, n) = Halide::undef<int>();
  for (int of = 0; of < winners.cells(); ++of) {
    first(of, x, y, chunk, n) = begin;
    begin = begin + total(of);
  }
  first(winners.cells(), x, y, chunk, n) = begin;
  // A filter without gradient is put where the next one of its cell will be, or behind the lists.
  const Expr own = Halide::cast<int>((count(f, x, y, chunk, n) >> (won(f) * Halide::cast(word, bits))) & mask);
  slot(f, x, y, chunk, n) = Halide::select(IsLive(gradient(f)), own + first(Halide::unsafe_promise_clamped(Halide::cast<int>(won(f)), 0, winners.cells() - 1), x, y, chunk, n), winners.filters);
  const Halide::Type entry = Halide::UInt(8 * entry_bytes);
  list(s, x, y, chunk, n) = Halide::undef(entry);
  list(Halide::unsafe_promise_clamped(slot(place, x, y, chunk, n), 0, winners.filters), x, y, chunk, n) = Halide::cast(entry, place);

  // The pixels under the cells of one window row.
  Func patch("patch"), picture("picture");
  patch(l, px, py, row, x, y, chunk, n, h) = 0.0f;
  std::vector<RDom> walks;
  for (int column = 0; column < winners.across; ++column) {
    RDom r(0, window.size[1], 0, window.size[0], 0, winners.filters, "r" + std::to_string(column));
    const Expr won_cell = row * winners.across + column;
    const Expr from = first(won_cell, x, y, chunk, n);
    r.where(r.z < first(won_cell + 1, x, y, chunk, n) - from);  // becomes the loop's bound
    const Expr filter = Halide::unsafe_promise_clamped(Halide::cast<int>(list(Halide::unsafe_promise_clamped(from + r.z, 0, winners.filters), x, y, chunk, n)), 0, winners.filters - 1);
    patch(l, column + r.x, r.y, row, x, y, chunk, n, h) += gradient(filter) * packed(l, r.x, r.y, filter, h);
    walks.push_back(r);
  }

  RDom to(0, reach, 0, window.size[0], 0, winners.down, 0, winners.columns, 0, chunk_rows, 0, chunks, "to");
  if (winners.rows % chunk_rows != 0) to.where(to[5] * chunk_rows + to[4] < winners.rows);
  const Expr to_row = Halide::min(to[5] * chunk_rows + to[4], winners.rows - 1) * winners.down + to[2] + to[1];
  picture(l, h, x, y, n) = 0.0f;
  picture(l, h, to[3] * winners.across + to[0], to_row, n) += patch(l, to[0], to[1], to[2], to[3], to[4], to[5], n, h);

  const Picture at = PictureAxes();
  Func dx = MakeFunc("dx", Axes(4), {picture(at.c % lanes, at.c / lanes, at.x + window.before[1], at.y + window.before[0], at.n)});
  Func out = dx;
  ir::ValueId result = grad.outputs[0];
  if (const Node* relu = frame.Find(ir::kReluGrad)) {
    const Func masked = frame.Lower(*relu, {{type, dx, -1}, *frame.Parameter(relu->inputs[1])}).func;
    out = MakeFunc("out", Axes(4), {masked(at.c, at.x, at.y, at.n)});
    result = relu->outputs[0];
  }
  frame.AddOutput(out, {result});

  // ---- schedule
  out.bound(at.c, 0, channels).bound(at.x, 0, static_cast<int>(type.shape[2])).bound(at.y, 0, static_cast<int>(type.shape[1])).bound(at.n, 0, machine.rows);
  if (channels % lanes == 0) out.vectorize(at.c, lanes);
  out.parallel(at.n);
  packed.compute_root().bound(l, 0, lanes).bound(h, 0, blocks).reorder(l, b, a, h, f).vectorize(l).parallel(f, 16);
  picture.compute_at(out, at.n).store_in(kOnStack).bound_extent(l, lanes).bound_extent(h, blocks).bound_extent(x, width).bound_extent(y, height).vectorize(l);
  picture.update().reorder(l, to[0], to[1], to[2], to[3], to[4], h, to[5], n).vectorize(l).unroll(to[0]).unroll(to[1]);
  patch.compute_at(picture, to[2]).vectorize(l).unroll(px).unroll(py);
  for (size_t column = 0; column < walks.size(); ++column) {
    const RDom& r = walks[column];
    patch.update(static_cast<int>(column)).reorder(l, r.x, r.y, r.z).vectorize(l).unroll(r.x).unroll(r.y);
  }
  const int vector = std::min(lanes, winners.filters);
  list.compute_at(picture, to[5]).store_in(kOnStack).update().reorder(place, x, y).unroll(place, std::min(16, winners.filters));
  first.compute_at(picture, to[5]).store_in(kOnStack);
  slot.compute_at(list, x).vectorize(f, vector).store_in(kOnStack);
  count.compute_at(picture, to[5]).store_in(kOnStack);
  count.update(0).unscheduled();
  count.update(1).reorder(each, x, y).unroll(each, std::min(16, winners.filters));
  one.compute_at(count, x).vectorize(f, vector).store_in(kOnStack);
  for (int of = 0; of <= winners.cells(); ++of) first.update(of).unscheduled();
  return frame.Finish();
}

}  // namespace brine::codegen
