// conv_grad_input: the data gradient of a convolution, from the winners of the max-pool behind it.
//
// The windows of a pool do not overlap, and of a window only one cell of each filter has a gradient.  So the live filters of every window are
// listed by the cell that won; then, for one vector of channels, the pixels that the cells of one row of the window can reach stay in
// registers while those lists are walked, and are added to the picture's gradient, which lies on the task's stack.  A task is a picture.
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
constexpr int kMostCounters = 4;          // cells of a window: each has a counter of 8 or 16 bits in one word

class InputGradient {
 public:
  InputGradient(Frame& frame, const Winners& winners)
      : frame_(frame), machine_(frame.machine()), winners_(winners), grad_(*frame.Find(ir::kConv2DGradInput)), type_(frame.graph().type(grad_.outputs[0])),
        w_(*frame.Parameter(grad_.inputs[1])), window_(MakeWindow(grad_.attributes, w_.type.shape[0], w_.type.shape[1])),
        channels_(static_cast<int>(w_.type.shape[2])), lanes_(machine_.lanes), blocks_((channels_ + lanes_ - 1) / lanes_),
        reach_(window_.size[1] + winners.across - 1), height_(static_cast<int>(type_.shape[1]) + window_.before[0] + window_.after[0]),
        width_(static_cast<int>(type_.shape[2]) + window_.before[1] + window_.after[1]), entry_(Halide::UInt(winners.filters <= 256 ? 8 : 16)),
        word_(Halide::UInt(winners.filters < 256 ? 32 : 64)) {
    const int row_bytes = winners.columns * winners.filters * (entry_.bytes() + word_.bytes());
    chunk_rows_ = std::clamp(2 * kListBytes / row_bytes, 1, winners.rows);
    chunks_ = (winners.rows + chunk_rows_ - 1) / chunk_rows_;
    fits_ = winners.cells() <= kMostCounters && winners.filters < 65536 && reach_ * window_.size[0] <= machine_.registers - 2 && row_bytes <= 8 * kListBytes &&
            int64_t{height_} * width_ * blocks_ * lanes_ * 4 <= kPictureBytes;
  }

  bool Fits() const { return fits_; }

  ScheduledKernel Build() {
    PackWeights();
    CountWinners();
    ListWinners();
    SumPatches();
    MakeResult();
    ScheduleLists();
    return frame_.Finish();
  }

 private:
  // One vector of channels innermost and then a filter's taps: walking a list reads kh·kw vectors in a row.
  void PackWeights() {
    const Expr channel = h_ * lanes_ + l_, weight = w_({a_, b_, Halide::min(channel, channels_ - 1), f_});
    packed_(l_, b_, a_, f_, h_) = channels_ % lanes_ == 0 ? weight : Halide::select(channel < channels_, weight, 0.0f);
    packed_.compute_root().bound(l_, 0, lanes_).bound(h_, 0, blocks_).reorder(l_, b_, a_, h_, f_).vectorize(l_).parallel(f_, std::min(16, winners_.filters));
  }

  // Rows of windows in chunks; y counts within a chunk, and behind the last row stands that one again.
  Index At(const Expr& filter) const { return {n_, Halide::min(chunk_ * chunk_rows_ + y_, winners_.rows - 1), x_, filter}; }
  Expr Shift(const Expr& cell) const { return Halide::cast(word_, cell) * Halide::cast(word_, Bits()); }
  int Bits() const { return word_.bits() / kMostCounters; }
  Expr Counter(const Expr& word, const Expr& shift) const { return Halide::cast<int>((word >> shift) & Halide::cast(word_, (1 << Bits()) - 1)); }

  // count(f): how many filters before f each cell has won, all cells in one word.
  void CountWinners() {
    one_(f_, x_, y_, chunk_, n_) = Halide::select(IsLive(winners_.d(At(f_))), Halide::cast(word_, 1) << Shift(winners_.index(At(f_))), Halide::cast(word_, 0));
    each_ = RDom(0, winners_.filters, "each");
    count_(f_, x_, y_, chunk_, n_) = Halide::undef(word_);
    count_(0, x_, y_, chunk_, n_) = Halide::cast(word_, 0);
    count_(each_ + 1, x_, y_, chunk_, n_) = count_(each_, x_, y_, chunk_, n_) + one_(each_, x_, y_, chunk_, n_);
  }

  // The cells' lists of a window lie behind each other; first(cell) is where each begins.
  void ListWinners() {
    first_(cell_, x_, y_, chunk_, n_) = Halide::undef<int>();
    Expr begin = 0;
    for (int cell = 0; cell <= winners_.cells(); ++cell) {
      first_(cell, x_, y_, chunk_, n_) = begin;
      begin = begin + Counter(count_(winners_.filters, x_, y_, chunk_, n_), Shift(cell));
    }
    const Expr won = winners_.index(At(f_)), own = Counter(count_(f_, x_, y_, chunk_, n_), Shift(won));
    const Expr cell = Halide::unsafe_promise_clamped(Halide::cast<int>(won), 0, winners_.cells() - 1);
    slot_(f_, x_, y_, chunk_, n_) = Halide::select(IsLive(winners_.d(At(f_))), own + first_(cell, x_, y_, chunk_, n_), winners_.filters);
    place_ = RDom(0, winners_.filters, "place");
    list_(s_, x_, y_, chunk_, n_) = Halide::undef(entry_);
    list_(Halide::unsafe_promise_clamped(slot_(place_, x_, y_, chunk_, n_), 0, winners_.filters), x_, y_, chunk_, n_) = Halide::cast(entry_, place_);
  }

  // patch: what the winners in row `row` of a window give to the pixels under it; picture: all patches of a picture.
  void SumPatches() {
    patch_(l_, px_, py_, row_, x_, y_, chunk_, n_, h_) = 0.0f;
    for (int column = 0; column < winners_.across; ++column) {
      RDom r(0, window_.size[1], 0, window_.size[0], 0, winners_.filters, "walk" + std::to_string(column));
      const Expr cell = row_ * winners_.across + column, from = first_(cell, x_, y_, chunk_, n_);
      r.where(r.z < first_(cell + 1, x_, y_, chunk_, n_) - from);  // becomes the loop's bound
      const Expr entry = list_(Halide::unsafe_promise_clamped(from + r.z, 0, winners_.filters), x_, y_, chunk_, n_);
      const Expr filter = Halide::unsafe_promise_clamped(Halide::cast<int>(entry), 0, winners_.filters - 1);
      patch_(l_, column + r.x, r.y, row_, x_, y_, chunk_, n_, h_) += winners_.d(At(filter)) * packed_(l_, r.x, r.y, filter, h_);
      patch_.update(column).reorder(l_, r.x, r.y, r.z).vectorize(l_).unroll(r.x).unroll(r.y);
    }
    // Over: pixel of a patch (x, y), row of a window, window, row of a chunk, chunk.
    to_ = RDom(0, reach_, 0, window_.size[0], 0, winners_.down, 0, winners_.columns, 0, chunk_rows_, 0, chunks_, "to");
    const Expr row = to_[5] * chunk_rows_ + to_[4];
    if (winners_.rows % chunk_rows_ != 0) to_.where(row < winners_.rows);
    picture_(l_, h_, x_, y_, n_) = 0.0f;
    picture_(l_, h_, to_[3] * winners_.across + to_[0], Halide::min(row, winners_.rows - 1) * winners_.down + to_[2] + to_[1], n_) +=
        patch_(l_, to_[0], to_[1], to_[2], to_[3], to_[4], to_[5], n_, h_);
  }

  void MakeResult() {
    const Picture at = PictureAxes();
    Func out = MakeFunc("dx", Axes(4), {picture_(at.c % lanes_, at.c / lanes_, at.x + window_.before[1], at.y + window_.before[0], at.n)});
    ir::ValueId result = grad_.outputs[0];
    if (const Node* relu = frame_.Find(ir::kReluGrad)) {
      const Func masked = frame_.Lower(*relu, {{type_, out, -1}, *frame_.Parameter(relu->inputs[1])}).func;
      out = MakeFunc("out", Axes(4), {masked(at.c, at.x, at.y, at.n)});
      result = relu->outputs[0];
    }
    frame_.AddOutput(out, {result});
    out.bound(at.c, 0, channels_).bound(at.x, 0, static_cast<int>(type_.shape[2])).bound(at.y, 0, static_cast<int>(type_.shape[1])).bound(at.n, 0, machine_.rows);
    if (channels_ % lanes_ == 0) out.vectorize(at.c, lanes_);
    out.parallel(at.n);

    picture_.compute_at(out, at.n).store_in(kOnStack).vectorize(l_);
    picture_.bound_extent(l_, lanes_).bound_extent(h_, blocks_).bound_extent(x_, width_).bound_extent(y_, height_);
    picture_.update().reorder(l_, to_[0], to_[1], to_[2], to_[3], to_[4], h_, to_[5], n_).vectorize(l_).unroll(to_[0]).unroll(to_[1]);
    patch_.compute_at(picture_, to_[2]).vectorize(l_).unroll(px_).unroll(py_);
  }

  void ScheduleLists() {
    const int vector = std::min(lanes_, winners_.filters), unrolled = std::min(16, winners_.filters);
    for (Func* list : {&list_, &first_, &count_}) list->compute_at(picture_, to_[5]).store_in(kOnStack);
    list_.update().reorder(place_, x_, y_).unroll(place_, unrolled);
    for (int cell = 0; cell <= winners_.cells(); ++cell) first_.update(cell).unscheduled();
    slot_.compute_at(list_, x_).vectorize(f_, vector).store_in(kOnStack);
    count_.update(0).unscheduled();
    count_.update(1).reorder(each_, x_, y_).unroll(each_, unrolled);
    one_.compute_at(count_, x_).vectorize(f_, vector).store_in(kOnStack);
  }

  Frame& frame_;
  const Machine& machine_;
  const Winners winners_;
  const Node& grad_;
  const ir::Type type_;
  const Tensor w_;
  const Window window_;
  const int channels_, lanes_, blocks_;  // blocks: vectors of channels
  const int reach_;                      // columns of pixels that the winners of a window can touch
  const int height_, width_;             // with the border
  const Halide::Type entry_, word_;      // of a list, and of the counters
  int chunk_rows_, chunks_;              // rows of windows whose lists a task holds at a time
  bool fits_;
  const Var f_{"f"}, x_{"x"}, y_{"y"}, chunk_{"chunk"}, n_{"n"}, cell_{"cell"}, s_{"s"};  // filter, window, its row in the chunk, …, slot
  const Var l_{"l"}, b_{"b"}, a_{"a"}, h_{"h"}, px_{"px"}, py_{"py"}, row_{"row"};        // lane, tap, vector of channels, pixel of a patch
  Func packed_{"packed"}, one_{"one"}, count_{"count"}, first_{"first"}, slot_{"slot"}, list_{"list"}, patch_{"patch"}, picture_{"picture"};
  RDom each_, place_, to_;
};

}  // namespace

// Of the tutorial CNN's second convolution on 2 cores of Zen 3: 0.31 ms, the dense gradient 1.5 ms.
ScheduledKernel BuildConvGradInput(const KernelRequest& request) {
  Frame frame(request);
  Winners winners;
  const Node& grad = *frame.Find(ir::kConv2DGradInput);
  if (!FindWinners(frame, grad, grad.inputs[0], &winners)) return BuildGeneric(request);
  InputGradient gradient(frame, winners);
  return gradient.Fits() ? gradient.Build() : BuildGeneric(request);
}

}  // namespace brine::codegen
