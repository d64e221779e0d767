#include "codegen/templates/winners_input.h"

#include <algorithm>

#include "codegen/templates/live_list.h"
#include "codegen/templates/pixel_lists.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;
using ir::Node;

constexpr int kTaskBytes = 128 << 10;  // of a task's lists, and of its sums: a quarter of a second-level cache each
constexpr int kMostCells = 4;          // of a window: each has a list
// Where each pixel is a window: with fewer, sums wait for each other, or a list costs more than it saves.
constexpr int kFewestTaps = 9, kFewestFilters = 32;

class InputGradient {
 public:
  InputGradient(Frame& frame, const Winners& winners)
      : frame_(frame),
        machine_(frame.machine()),
        winners_(winners),
        grad_(*frame.Find(ir::kConv2DGradInput)),
        type_(frame.graph().type(grad_.outputs[0])),
        w_(*frame.Parameter(grad_.inputs[1])),
        window_(MakeWindow(grad_.attributes, w_.type.shape[0], w_.type.shape[1])),
        channels_(static_cast<int>(w_.type.shape[2])),
        lanes_(machine_.lanes),
        reach_(window_.size[1] + winners.across - 1),
        blocks_(Parts(channels_, lanes_)),
        lists_(MakeLists()),
        height_(static_cast<int>(type_.shape[1]) + window_.before[0] + window_.after[0]),
        width_(static_cast<int>(type_.shape[2]) + window_.before[1] + window_.after[1]) {
    const bool pays =
        winners.pooled() || (window_.size[0] * window_.size[1] >= kFewestTaps && winners.filters >= kFewestFilters);
    fits_ = pays && winners.cells() <= kMostCells && winners.filters < 65536 &&
            reach_ * window_.size[0] <= machine_.registers - 2 &&
            lists_.Bytes(int64_t{winners.windows()} * winners.cells()) <= kTaskBytes &&
            int64_t{height_} * width_ * lanes_ * 4 <= kTaskBytes;
  }

  bool Fits() const { return fits_; }

  ScheduledKernel Build() {
    PackWeights();
    SumPatches();
    MakeResult();
    return frame_.Finish("lists");
  }

 private:
  // A vector of channels innermost and then a filter's taps: walking a list reads kh·kw vectors in a row.  Two vectors
  // would fit the registers of AVX-512, but all that is walked would not fit the first-level cache: 1.15 times as long.
  void PackWeights() {
    const Expr channel = h_ * lanes_ + l_, weight = w_({a_, b_, Halide::min(channel, channels_ - 1), f_});
    packed_(l_, b_, a_, f_, h_) = channels_ % lanes_ == 0 ? weight : Halide::select(channel < channels_, weight, 0.0f);
    packed_.compute_root()
        .bound(l_, 0, lanes_)
        .bound(h_, 0, blocks_)
        .reorder(l_, b_, a_, h_, f_)
        .vectorize(l_)
        .parallel(f_, std::min(16, winners_.filters));
  }

  Index At(const Expr& filter) const { return {n_, y_, x_, filter}; }

  // Of a window, each cell has a list of the filters that it has won.
  PixelLists MakeLists() const {
    return PixelLists(winners_.filters,
                      [this](const Expr& filter, const Var& cell, const Var& x, const Var& y, const Var& n) {
                        const Index at = {n, y, x, filter};
                        const Expr live = IsLive(winners_.d(at));
                        return winners_.pooled() ? live && winners_.index(at) == Halide::cast<uint8_t>(cell) : live;
                      });
  }

  // patch: what the winners in row `row` of a window give to the pixels under it; picture: all patches of a picture.
  void SumPatches() {
    patch_(l_, px_, py_, row_, x_, y_, n_, h_) = 0.0f;
    for (int column = 0; column < winners_.across; ++column) {
      RDom r(0, window_.size[1], 0, window_.size[0], 0, winners_.filters, "walk" + std::to_string(column));
      const Expr cell = row_ * winners_.across + column;
      r.where(r.z < lists_.Count(cell, x_, y_, n_));  // becomes the loop's bound
      const Expr filter = lists_.Entry(r.z, cell, x_, y_, n_);
      patch_(l_, column + r.x, r.y, row_, x_, y_, n_, h_) += winners_.d(At(filter)) * packed_(l_, r.x, r.y, filter, h_);
      patch_.update(column).reorder(l_, r.x, r.y, r.z).vectorize(l_).unroll(r.x).unroll(r.y);
    }
    // Over: pixel of a patch (x, y), row of a window, window.
    to_ = RDom(0, reach_, 0, window_.size[0], 0, winners_.down, 0, winners_.columns, 0, winners_.rows, "to");
    picture_(l_, x_, y_, n_, h_) = 0.0f;
    const int across = winners_.across * window_.stride[1], down = winners_.down * window_.stride[0];
    picture_(l_, to_[3] * across + to_[0], to_[4] * down + to_[2] + to_[1], n_, h_) +=
        patch_(l_, to_[0], to_[1], to_[2], to_[3], to_[4], n_, h_);
  }

  void MakeResult() {
    const Picture at = PictureAxes();
    Func out =
        MakeFunc("dx", Axes(4),
                 {picture_(at.c % lanes_, at.x + window_.before[1], at.y + window_.before[0], at.n, at.c / lanes_)});
    ir::ValueId result = grad_.outputs[0];
    if (const Node* relu = frame_.Find(ir::kReluGrad)) {
      const Func masked = frame_.Lower(*relu, {{type_, out, -1}, *frame_.Parameter(relu->inputs[1])}).func;
      out = MakeFunc("out", Axes(4), {masked(at.c, at.x, at.y, at.n)});
      result = relu->outputs[0];
    }
    frame_.AddOutput(out, {result});
    out.bound(at.c, 0, channels_)
        .bound(at.x, 0, static_cast<int>(type_.shape[2]))
        .bound(at.y, 0, static_cast<int>(type_.shape[1]))
        .bound(at.n, 0, machine_.rows);
    Var h, l;
    out.split(at.c, h, l, lanes_, Halide::TailStrategy::GuardWithIf).reorder(l, at.x, at.y, h, at.n);
    // Pixels are written with all of their channels behind each other, where that leaves tasks enough.
    const bool whole = machine_.batch_size >= kTasks && int64_t{height_} * width_ * blocks_ * lanes_ * 4 <= kTaskBytes;
    if (whole) out.reorder(l, h, at.x, at.y, at.n);
    if (channels_ % lanes_ == 0) out.vectorize(l);
    const std::vector<Loop> loops = {{at.n, machine_.batch_size}, {h, blocks_}};
    const Task task = Parallel(out, loops);
    lists_.Schedule(out, task.At(loops, 0));

    picture_.compute_at(out, task.At(loops, whole ? 0 : 1)).store_in(kOnStack).vectorize(l_);
    picture_.bound_extent(l_, lanes_).bound_extent(x_, width_).bound_extent(y_, height_);
    picture_.update().reorder(l_, to_[0], to_[1], to_[2], to_[3], to_[4]).vectorize(l_).unroll(to_[0]).unroll(to_[1]);
    patch_.compute_at(picture_, to_[2]).vectorize(l_).unroll(px_).unroll(py_);
  }

  Frame& frame_;
  const Machine& machine_;
  const Winners winners_;
  const Node& grad_;
  const ir::Type type_;
  const Tensor w_;
  const Window window_;
  const int channels_, lanes_;
  const int reach_;   // columns of pixels that the winners of a window can touch
  const int blocks_;  // vectors of channels
  PixelLists lists_;
  const int height_, width_;  // with the border
  bool fits_;
  const Var f_{"f"}, x_{"x"}, y_{"y"}, n_{"n"};  // filter, window, picture
  const Var l_{"l"}, b_{"b"}, a_{"a"}, h_{"h"}, px_{"px"}, py_{"py"},
      row_{"row"};  // lane, tap, vector of channels, pixel of a patch
  Func packed_{"packed"}, patch_{"patch"}, picture_{"picture"};
  RDom to_;
};

}  // namespace

// Of the tutorial CNN's second convolution on 2 cores of Zen 4, half of the winners live: 0.18 ms; at their peak the
// dense gradient takes 0.85 ms.
std::optional<ScheduledKernel> BuildWinnersInput(Frame& frame, const Winners& winners) {
  InputGradient gradient(frame, winners);
  return gradient.Fits() ? std::optional(gradient.Build()) : std::nullopt;
}

}  // namespace brine::codegen
