#include "codegen/templates/winners_filter.h"

#include <algorithm>

#include "codegen/templates/live_list.h"
#include "codegen/templates/set_bits.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;
using ir::Node;

constexpr int kShortestRun = 4;  // floats: half a vector on AVX2
constexpr int kFilterBlock = 16;
constexpr int kMostEntries = 256;      // of a list: their numbers are bytes
constexpr int kSliceBytes = 32 << 10;  // of the picture under a chunk's rows: a first-level cache
constexpr int kCopiedBlock = 64;       // of filters that share the copied taps
constexpr int kCopiedBytes = 8 << 10;  // of a task's copied taps: a quarter of a first-level cache
// Vectors that a winner costs, from which on winners without gradient are left out first: with fewer, sums of one
// filter would wait for each other, and walks of two filters at once, which need no list, take less.
constexpr int kWorthList = 9;

// How the sums of one filter lie in registers.
struct RunTile {
  int run, lanes, vectors;    // vectors: of a run
  int across, rows, filters;  // of a register tile: vectors, kernel rows, filters
};

RunTile ChooseRunTile(int run, int kernel_rows, int filters, const Machine& machine) {
  RunTile tile = {run, machine.lanes, 0, 1, 1, 1};
  while (tile.lanes > run) tile.lanes /= 2;
  tile.vectors = (run + tile.lanes - 1) / tile.lanes;
  const int most = machine.registers - 3;
  for (int across = 1; across <= tile.vectors; ++across) {
    if (tile.vectors % across == 0 && across <= most) tile.across = across;
  }
  for (int rows = 1; rows <= kernel_rows; ++rows) {
    if (tile.across == tile.vectors && kernel_rows % rows == 0 && rows * tile.across <= most) tile.rows = rows;
  }
  const int sums = tile.across * tile.rows;
  if (tile.vectors * kernel_rows == sums && 2 * sums <= most && filters % 2 == 0) tile.filters = 2;
  return tile;
}

// The same for taps that were copied behind each other.
RunTile ChooseCopiedTile(int taps, int filters, const Machine& machine) {
  const int vectors = (taps + machine.lanes - 1) / machine.lanes;
  RunTile tile = {vectors * machine.lanes, machine.lanes, vectors, vectors, 1, 1};
  if (2 * vectors <= machine.registers - 3 && filters % 2 == 0) tile.filters = 2;
  return tile;
}

class FilterGradient {
 public:
  FilterGradient(Frame& frame, const Winners& winners)
      : frame_(frame),
        machine_(frame.machine()),
        winners_(winners),
        grad_(*frame.Find(ir::kConv2DGradFilter)),
        shape_(frame.graph().type(grad_.outputs[0]).shape),
        window_(MakeWindow(grad_.attributes, shape_[0], shape_[1])),
        channels_(static_cast<int>(shape_[2])),
        run_(window_.size[1] * channels_),
        copied_(Copies()),
        tile_(copied_ ? ChooseCopiedTile(run_ * window_.size[0], winners.filters, machine_)
                      : ChooseRunTile(run_, window_.size[0], winners.filters, machine_)),
        kernel_rows_(copied_ ? 1 : window_.size[0]),
        listed_(tile_.vectors * kernel_rows_ >= kWorthList),
        block_(std::min(copied_ ? kCopiedBlock : kFilterBlock, winners.filters)) {
    const int blocks = (winners.filters + block_ - 1) / block_, batch = static_cast<int>(machine_.batch_size);
    const int most_parts = (static_cast<int>(kTasks) + blocks - 1) / blocks;
    each_ = (batch + most_parts - 1) / most_parts;
    parts_ = (batch + each_ - 1) / each_;
    chunk_rows_ = std::clamp(kListBytes / (winners.columns * kEntryBytes * block_), 1, winners.rows);
    if (!copied_) {
      const int row_bytes = static_cast<int>(frame.Parameter(grad_.inputs[0])->type.shape[2]) * channels_ * 4;
      const int lines = kSliceBytes / row_bytes - window_.size[0];
      chunk_rows_ = std::clamp(lines / (winners.down * window_.stride[0]), 1, chunk_rows_);
      chunk_rows_ = Parts(winners.rows, Parts(winners.rows, chunk_rows_));
    }
    if (listed_) chunk_rows_ = std::clamp(kMostEntries / winners.columns, 1, chunk_rows_);
    if (copied_)
      chunk_rows_ = std::clamp(kCopiedBytes / (winners.columns * winners.cells() * tile_.run * 4), 1, chunk_rows_);
    chunks_ = (winners.rows + chunk_rows_ - 1) / chunk_rows_;
    if (listed_ && !copied_ && chunks_ == 1) chunk_pictures_ = ChoosePictures();
  }

  // Where each element is listed, a gradient that visits them all must be slower.
  bool Fits() const {
    return (winners_.pooled() || listed_) && (!listed_ || winners_.columns <= kMostEntries) &&
           tile_.run >= kShortestRun && winners_.columns * kEntryBytes * block_ <= 4 * kListBytes;
  }

  ScheduledKernel Build() {
    MakeEntries();
    MakeSums();
    MakeResults();
    ScheduleSums();
    return frame_.Finish(listed_ ? "lists" : "winners");
  }

 private:
  static constexpr int kEntryBytes = 8;

  int entries() const { return chunk_pictures_ * chunk_rows_ * winners_.columns; }
  int bytes() const { return Parts(entries(), kFlags); }  // of flags
  bool shared() const { return chunk_pictures_ > 1; }     // a list is of several pictures, and of all of their rows

  Expr FirstPicture() const { return shared() ? n_ * chunk_pictures_ : Expr(n_); }

  // Small pictures share a list, as many as fit the first-level cache with the rows that a walk reads.
  int ChoosePictures() const {
    const int apart = winners_.down * window_.stride[0],
              read = winners_.rows * std::min(tile_.rows + winners_.down - 1, apart);
    const int rows = std::min(read, height());
    const int most = std::min(kSliceBytes / (rows * width() * channels_ * 4), kMostEntries / winners_.windows());
    int pictures = std::clamp(most, 1, each_);
    while (each_ % pictures != 0) --pictures;
    return pictures;
  }

  // A copy is worth its stores where it saves more loads than that: it is made once a pixel, and a winner of each
  // filter reads one of them.
  bool Copies() const {
    const int lanes = machine_.lanes, vectors = (run_ * window_.size[0] + lanes - 1) / lanes,
              in_place = window_.size[0] * ((run_ + lanes - 1) / lanes);
    return winners_.pooled() && run_ <= 2 * lanes && 2 * vectors <= machine_.registers - 3 &&
           (in_place - vectors) * winners_.filters > 2 * vectors * winners_.cells();
  }

  // taps(t, x, y): what the kernel sees at pixel (y, x) of a chunk, t = (a·kw + b)·C + c; where vectors have room left,
  // 1 and then zeros.
  void CopyTaps() {
    const Expr y = Halide::min(chunk_ * chunk_rows_ * winners_.down + y_, winners_.rows * winners_.down - 1);
    taps_(t_, x_, y_, chunk_, n_) = Halide::undef<float>();
    tap_ = RDom(0, run_, 0, window_.size[0], "tap");
    const Expr column = channels_ == 1 ? x_ + tap_.x : Expr(x_),
               channel = channels_ == 1 ? Expr(0) : Halide::unsafe_promise_clamped(tap_.x, 0, channels_ - 1);
    taps_(tap_.x + tap_.y * run_, x_, y_, chunk_, n_) = image_({n_, y + tap_.y, column, channel});
    if (room() == 0) return;
    rest_ = RDom(0, room(), "rest");
    taps_(taps() + rest_, x_, y_, chunk_, n_) = Halide::select(rest_ == 0, 1.0f, 0.0f);
  }

  void ScheduleTaps() {
    taps_.compute_at(part_sum_, pictures_.x).store_in(kOnStack);
    taps_.bound(t_, 0, tile_.run)
        .bound(x_, 0, winners_.columns * winners_.across)
        .bound(y_, 0, chunk_rows_ * winners_.down);
    // No two of x + y·run are the same, which Halide does not see.
    taps_.update(0).allow_race_conditions().reorder(tap_.x, tap_.y, x_, y_).vectorize(tap_.x).unroll(tap_.y);
    if (room() > 0) taps_.update(1).reorder(rest_, x_, y_).vectorize(rest_);
  }

  int taps() const { return run_ * window_.size[0]; }
  int room() const { return tile_.run - taps(); }  // lanes of a pixel's copied taps that are left

  // For each window of some rows (a chunk) and each filter of a block: the winner's place in the picture, y·width + x,
  // and its gradient.
  void MakeEntries() {
    image_ = frame_.Bordered(*frame_.Parameter(grad_.inputs[0]), window_);
    const Expr row = shared() ? s_ / winners_.columns % winners_.rows : chunk_ * chunk_rows_ + s_ / winners_.columns,
               column = s_ % winners_.columns;
    const Expr picture = shared() ? s_ / winners_.windows() : Expr(0);
    // Behind the last filter, row and picture stand these again: those filters are not used, and those gradients are 0.
    const Expr filter =
        winners_.filters % block_ == 0 ? of_ * block_ + k_ : Halide::min(of_ * block_ + k_, winners_.filters - 1);
    const Index at = {shared() ? Halide::min(FirstPicture() + picture, machine_.rows - 1) : Expr(n_),
                      Halide::min(row, winners_.rows - 1), column, filter};
    Expr y = (copied_ ? s_ / winners_.columns : at[1]) * winners_.down * window_.stride[0] + picture * height(),
         x = column * winners_.across * window_.stride[1];
    if (winners_.pooled()) {
      const Expr cell = Halide::cast<int>(winners_.index(at));
      y += cell / winners_.across;
      x += cell % winners_.across;
    }
    place_(k_, s_, of_, chunk_, n_) = y * (copied_ ? winners_.columns * winners_.across : width()) + x;
    const bool ragged = winners_.rows % chunk_rows_ != 0;
    const Expr exists = shared() ? FirstPicture() + picture < machine_.rows : row < winners_.rows;
    value_(k_, s_, of_, chunk_, n_) =
        ragged || shared() ? Halide::select(exists, winners_.d(at), 0.0f) : winners_.d(at);
    if (listed_) MakeList();
    if (copied_) CopyTaps();
  }

  // The live entries behind each other, by their numbers.
  void MakeList() {
    bits_(k_, b_, of_, chunk_, n_) = Bits([&](int flag) {
      const Expr s = b_ * kFlags + flag;
      if (entries() % kFlags == 0) return IsLive(value_(k_, s, of_, chunk_, n_));
      return s < entries() && IsLive(value_(k_, Halide::min(s, entries() - 1), of_, chunk_, n_));
    });
    step_ = RDom(0, bytes(), "step");
    count_(k_, b_, of_, chunk_, n_) = 0;
    count_(k_, step_ + 1, of_, chunk_, n_) =
        count_(k_, step_, of_, chunk_, n_) + Halide::popcount(bits_(k_, step_, of_, chunk_, n_));
    put_ = RDom(0, kFlags, 0, bytes(), "put");
    const Expr slot = Halide::unsafe_promise_clamped(count_(k_, put_.y, of_, chunk_, n_), 0, (bytes() - 1) * kFlags);
    list_(s_, k_, of_, chunk_, n_) = Halide::undef<uint8_t>();
    list_(slot + put_.x, k_, of_, chunk_, n_) =
        SetBit(bits_(k_, put_.y, of_, chunk_, n_), put_.x) + Halide::cast<uint8_t>(put_.y * kFlags);
  }

  void MakeSums() {
    const Expr k = f_ % block_, of = f_ / block_;
    walk_ = RDom(0, entries(), "walk");
    if (listed_) walk_.where(walk_ < count_(k, bytes(), of, chunk_, n_));  // becomes the loop's bound
    const Expr entry =
        listed_ ? Halide::unsafe_promise_clamped(Halide::cast<int>(list_(walk_, k, of, chunk_, n_)), 0, entries() - 1)
                : Expr(walk_);
    const Expr place = place_(k, entry, of, chunk_, n_), value = value_(k, entry, of, chunk_, n_);

    // Pictures follow each other without a gap, so do the rows of one and the pixels of a row: a place serves as a
    // column of row 0, and a run passes from one pixel's channels to the next one's.
    const Expr offset = Halide::min(v_ * tile_.lanes, tile_.run - tile_.lanes) + l_;
    const Expr column = Halide::unsafe_promise_clamped(channels_ == 1 ? place + offset : place, 0, width() - 1);
    const Expr channel = channels_ == 1 ? Expr(0) : Halide::unsafe_promise_clamped(offset, 0, channels_ - 1);
    picture_sum_(l_, v_, a_, f_, chunk_, n_) = 0.0f;
    picture_sum_(l_, v_, a_, f_, chunk_, n_) +=
        value *
        (copied_ ? Expr(taps_(offset, Halide::unsafe_promise_clamped(place, 0, winners_.columns * winners_.across - 1),
                              0, chunk_, n_))
                 : image_({FirstPicture(), a_, column, channel}));

    const int groups = each_ / chunk_pictures_;
    pictures_ = RDom(0, chunks_, 0, groups, "pictures");
    const Expr all_groups = shared() ? (machine_.rows + chunk_pictures_ - 1) / chunk_pictures_ : machine_.rows;
    const Expr group = part_ * groups + pictures_.y;
    pictures_.where(group < all_groups);
    part_sum_(l_, v_, a_, f_, part_) = Halide::undef<float>();
    const Expr before = Halide::select(pictures_.x == 0 && pictures_.y == 0, 0.0f, part_sum_(l_, v_, a_, f_, part_));
    part_sum_(l_, v_, a_, f_, part_) =
        before + picture_sum_(l_, v_, a_, f_, pictures_.x, Halide::min(group, all_groups - 1));

    Expr all = part_sum_(l_, v_, a_, f_, 0);
    for (int part = 1; part < parts_; ++part) {
      all = all + Halide::select(part * each_ < machine_.rows, part_sum_(l_, v_, a_, f_, part),
                                 0.0f);  // nothing was written to one without pictures
    }
    total_(l_, v_, a_, f_) = all;
  }

  void MakeResults() {
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    const Expr in_run = (copied_ ? a * run_ : Expr(0)) + b * channels_ + c, vector = in_run / tile_.lanes;
    const Expr first = Halide::min(vector * tile_.lanes, tile_.run - tile_.lanes);
    Func out = MakeFunc(
        "out", Axes(4),
        {total_(Halide::unsafe_promise_clamped(in_run - first, 0, tile_.lanes - 1), vector, copied_ ? Expr(0) : a, f)});
    frame_.AddOutput(out, {grad_.outputs[0]});
    Var tap;
    out.compute_root()
        .bound(f, 0, winners_.filters)
        .bound(c, 0, channels_)
        .bound(b, 0, window_.size[1])
        .bound(a, 0, window_.size[0]);
    out.vectorize(f, std::min(machine_.lanes, winners_.filters), TailStrategy::GuardWithIf)
        .fuse(a, b, tap)
        .parallel(tap);

    // Σ dy = Σ d: each window gives its gradient to one pixel.
    if (!copied_ || room() == 0) return frame_.AddSum(winners_.d);
    for (const Node& node : frame_.kernel().body) {
      if (node.op != &ir::kReduceSum) continue;
      Func bias = MakeFunc("bias", Axes(1), {total_(taps() % tile_.lanes, taps() / tile_.lanes, 0, Axis(0))});
      bias.compute_root().bound(Axis(0), 0, winners_.filters);
      frame_.AddOutput(bias, {node.outputs[0]});
    }
  }

  void ScheduleSums() {
    for (Func* sum : {&total_, &part_sum_}) {
      sum->compute_root()
          .bound(l_, 0, tile_.lanes)
          .bound(v_, 0, tile_.vectors)
          .bound(a_, 0, kernel_rows_)
          .bound(f_, 0, winners_.filters);
    }
    total_.vectorize(l_).parallel(f_, block_, TailStrategy::GuardWithIf);
    // What is read for some of the kernel's rows is a part of the pictures: each filter walks that before the next rows
    // are looked at.
    const bool row_by_row = shared() && tile_.rows < kernel_rows_;
    Var fo, fi, ft, fu, vo, vi, ao, ai, task;
    part_sum_.update()
        .split(f_, fo, fi, block_, TailStrategy::GuardWithIf)
        .split(fi, ft, fu, tile_.filters)
        .split(v_, vo, vi, tile_.across)
        .split(a_, ao, ai, tile_.rows)
        .reorder({l_, vi, ai, fu, vo, row_by_row ? ft : ao, row_by_row ? ao : ft, pictures_.x, pictures_.y, fo, part_})
        .vectorize(l_)
        .unroll(vi)
        .unroll(ai)
        .unroll(fu)
        .fuse(fo, part_, task)
        .parallel(task);
    picture_sum_.compute_at(part_sum_, vo).vectorize(l_).unroll(v_).unroll(a_).unroll(f_);
    picture_sum_.update().reorder(l_, v_, a_, f_, walk_).vectorize(l_).unroll(v_).unroll(a_).unroll(f_);

    const int vector = std::min(machine_.lanes, block_);
    for (Func* entry : {&place_, &value_})
      entry->compute_at(part_sum_, pictures_.x).bound_extent(k_, block_).vectorize(k_, vector).store_in(kOnStack);
    if (copied_) ScheduleTaps();
    if (!listed_) return;
    for (Func* func : {&bits_, &count_})
      func->compute_at(part_sum_, pictures_.x).bound_extent(k_, block_).vectorize(k_, vector).store_in(kOnStack);
    count_.update().reorder(k_, step_).vectorize(k_, vector);
    list_.compute_at(part_sum_, pictures_.x).bound_extent(k_, block_).store_in(kOnStack);
    list_.update()
        .allow_race_conditions()
        .reorder(put_.x, put_.y, k_)
        .vectorize(put_.x)
        .unroll(put_.y, std::min(8, bytes()), TailStrategy::GuardWithIf);
  }

  // Of the picture with its border.
  int Extent(int axis) const {
    return static_cast<int>(frame_.Parameter(grad_.inputs[0])->type.shape[static_cast<size_t>(axis) + 1]) +
           window_.before[axis] + window_.after[axis];
  }
  int height() const { return Extent(0); }
  int width() const { return Extent(1); }

  Frame& frame_;
  const Machine& machine_;
  const Winners winners_;
  const Node& grad_;
  const ir::Shape shape_;
  const Window window_;
  const int channels_, run_;  // run: floats of a kernel's row
  const bool copied_;         // taps
  const RunTile tile_;
  const int kernel_rows_;  // that are walked one by one
  const bool listed_;
  const int block_;          // filters of a task
  int each_, parts_;         // pictures of a task, and how many such parts the batch has
  int chunk_rows_, chunks_;  // rows of windows whose entries a task holds at a time
  int chunk_pictures_ = 1;   // whose rows they are
  Tensor image_;             // with its border
  const Var k_{"k"}, s_{"s"}, b_{"b"}, of_{"of"}, chunk_{"chunk"},
      n_{"n"};  // filter of a block, window of a chunk, byte, block, chunk, picture or as many as share a list
  const Var l_{"l"}, v_{"v"}, a_{"a"}, f_{"f"}, part_{"part"};  // lane, vector of a run, kernel row, filter, part
  const Var t_{"t"}, x_{"x"}, y_{"y"};                          // tap, pixel of a chunk
  Func taps_{"taps"}, place_{"place"}, value_{"value"}, bits_{"bits"}, count_{"count"}, list_{"list"};
  Func picture_sum_{"picture_sum"}, part_sum_{"part_sum"}, total_{"total"};
  RDom tap_, rest_, step_, put_, walk_, pictures_;
};

}  // namespace

// Of the tutorial CNN's second convolution on 2 cores of Zen 4, half of the winners live: 0.15 ms; at their peak the
// dense gradient takes 0.85 ms.
std::optional<ScheduledKernel> BuildWinnersFilter(Frame& frame, const Winners& winners) {
  FilterGradient gradient(frame, winners);
  return gradient.Fits() ? std::optional(gradient.Build()) : std::nullopt;
}

}  // namespace brine::codegen
