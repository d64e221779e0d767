#include "codegen/halide/conv/sparse_weight_grad.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "codegen/halide/conv/problem.h"
#include "codegen/halide/sparse/index_list.h"
#include "codegen/halide/sparse/row_lists.h"
#include "codegen/halide/sparse/sparse_gradient.h"
#include "codegen/halide/split_sum.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

constexpr int kShortestSparseRun = 4;  // floats: half a vector on AVX2
constexpr int kFilterBlock = 16;
constexpr int kMaxEntries = 256;  // of a list: an entry's number is a byte
constexpr int kCopiedBlock = 64;  // filters that share the copied taps
constexpr int kEntryBytes = 8;
// The fewest vectors for each element that make listing the nonzero elements pay.  With fewer, the sums of one filter
// would wait for each other, and it is faster to visit all elements for two filters at once.
constexpr int kWorthList = 9;

// The layout of the sums of a filter in registers.
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

// The same for copied taps.
RunTile ChooseCopiedTile(int taps, int filters, const Machine& machine) {
  const int vectors = (taps + machine.lanes - 1) / machine.lanes;
  RunTile tile = {vectors * machine.lanes, machine.lanes, vectors, vectors, 1, 1};
  if (2 * vectors <= machine.registers - 3 && filters % 2 == 0) tile.filters = 2;
  return tile;
}

// How the kernel is cut into tasks and chunks.
struct SparsePlan {
  ConvProblem conv;
  SparseGradient gradient;
  int run;      // floats of a row of the kernel
  bool copied;  // whether taps are copied
  RunTile tile;
  int kernel_rows;  // that are iterated over one by one
  bool listed;
  int block;               // filters of a task
  int each, parts;         // images of a task, and how many such parts the batch has
  int chunk_rows, chunks;  // rows of windows whose entries a task holds at a time
  int chunk_images = 1;    // whose rows they are

  int entries() const { return chunk_images * chunk_rows * gradient.columns; }
  int bytes() const { return CeilDiv(entries(), kFlags); }  // of flags
  bool shared() const { return chunk_images > 1; }          // a list is of several images, and of all of their rows
  int taps() const { return run * conv.window.size[0]; }
  int room() const { return tile.run - taps(); }  // lanes of a pixel's copied taps that are left
  int height() const { return conv.height + conv.window.before[0] + conv.window.after[0]; }  // with the border
  int width() const { return conv.width + conv.window.before[1] + conv.window.after[1]; }
  // The places of an image in a shared list, as a power of two: dividing by it is a shift.
  int image_places() const { return static_cast<int>(std::bit_ceil(static_cast<unsigned>(height() * width()))); }
};

// Whether copying the taps saves more loads than it costs stores: a copy is made once for each pixel, and the argmax of
// each filter reads one of them.
bool CopiesTaps(const ConvProblem& conv, const SparseGradient& gradient, int run, const Machine& machine) {
  const int lanes = machine.lanes, rows = conv.window.size[0];
  const int vectors = CeilDiv(run * rows, lanes), in_place = rows * CeilDiv(run, lanes);
  return gradient.pooled() && run <= 2 * lanes && 2 * vectors <= machine.registers - 3 &&
         (in_place - vectors) * gradient.filters > 2 * vectors * gradient.cells();
}

// The number of small images that share a list: as many as fit the first-level cache with the rows of x that a list
// refers to.
int SharedImages(const SparsePlan& plan, const Machine& machine) {
  const SparseGradient& gradient = plan.gradient;
  const int stride = gradient.down * plan.conv.window.stride[0];
  const int rows = std::min(gradient.rows * std::min(plan.tile.rows + gradient.down - 1, stride), plan.height());
  const int near = static_cast<int>(machine.l1_bytes);
  const int most = std::min(near / (rows * plan.width() * plan.conv.channels * 4), kMaxEntries / gradient.windows());
  int images = std::clamp(most, 1, plan.each);
  while (plan.each % images != 0) --images;
  return images;
}

SparsePlan PlanSparse(const ConvProblem& conv, const SparseGradient& gradient, const Machine& machine) {
  const int kernel_rows = conv.window.size[0], run = conv.window.size[1] * conv.channels;
  const int quarter = static_cast<int>(machine.l1_bytes / 4);  // of a first-level cache: lists, and copied taps
  SparsePlan plan;
  plan.conv = conv;
  plan.gradient = gradient;
  plan.run = run;
  plan.copied = CopiesTaps(conv, gradient, run, machine);
  plan.tile = plan.copied ? ChooseCopiedTile(run * kernel_rows, gradient.filters, machine)
                          : ChooseRunTile(run, kernel_rows, gradient.filters, machine);
  plan.kernel_rows = plan.copied ? 1 : kernel_rows;
  plan.listed = plan.tile.vectors * plan.kernel_rows >= kWorthList;
  plan.block = std::min(plan.copied ? kCopiedBlock : kFilterBlock, gradient.filters);
  plan.each = CeilDiv(conv.batch, CeilDiv(kTasks, CeilDiv(gradient.filters, plan.block)));
  plan.parts = CeilDiv(conv.batch, plan.each);
  plan.chunk_rows = std::clamp(quarter / (gradient.columns * kEntryBytes * plan.block), 1, gradient.rows);
  if (!plan.copied) {
    // The part of the image under a chunk's rows stays in the first-level cache.
    const int row_bytes = conv.width * conv.channels * 4;
    const int lines = static_cast<int>(machine.l1_bytes) / row_bytes - kernel_rows;
    plan.chunk_rows = std::clamp(lines / (gradient.down * conv.window.stride[0]), 1, plan.chunk_rows);
    plan.chunk_rows = CeilDiv(gradient.rows, CeilDiv(gradient.rows, plan.chunk_rows));
  }
  if (plan.listed) plan.chunk_rows = std::clamp(kMaxEntries / gradient.columns, 1, plan.chunk_rows);
  if (plan.copied) {
    plan.chunk_rows =
        std::clamp(quarter / (gradient.columns * gradient.cells() * plan.tile.run * 4), 1, plan.chunk_rows);
  }
  plan.chunks = CeilDiv(gradient.rows, plan.chunk_rows);
  if (plan.listed && !plan.copied && plan.chunks == 1) plan.chunk_images = SharedImages(plan, machine);
  return plan;
}

class SparseWeightGrad {
 public:
  SparseWeightGrad(KernelBuilder& builder, const SparsePlan& plan)
      : builder_(builder),
        context_(builder.context()),
        plan_(plan),
        conv_(plan.conv),
        gradient_(plan.gradient),
        d_(builder.Read(gradient_.d)) {
    if (gradient_.pooled()) index_ = builder.Read(gradient_.index);
  }

  ScheduledKernel Build() {
    MakeEntries();
    MakeSums();
    MakeResults();
    ScheduleSums();
    ScheduledKernel kernel = builder_.Finish();
    kernel.sparse = gradient_.d;
    return kernel;
  }

 private:
  Expr FirstImage() const { return plan_.shared() ? n_ * plan_.chunk_images : Expr(n_); }

  // taps(t, x, y): the pixels under the kernel at pixel (y, x) of a chunk, t = (a·kw + b)·C + c.  Lanes that are left
  // are filled with a 1 and then with zeros.
  void CopyTaps() {
    const Expr y = Halide::min(chunk_ * plan_.chunk_rows * gradient_.down + y_, gradient_.rows * gradient_.down - 1);
    taps_(t_, x_, y_, chunk_, n_) = Halide::undef<float>();
    tap_ = RDom(0, plan_.run, 0, conv_.window.size[0], "tap");
    taps_(tap_.x + tap_.y * plan_.run, x_, y_, chunk_, n_) =
        image_rows_({n_, y + tap_.y, x_ * conv_.channels + tap_.x});
    if (plan_.room() == 0) return;
    rest_ = RDom(0, plan_.room(), "rest");
    taps_(plan_.taps() + rest_, x_, y_, chunk_, n_) = Halide::select(rest_ == 0, 1.0f, 0.0f);
  }

  void ScheduleTaps() {
    taps_.compute_at(part_sum_, images_.x).store_in(kOnStack);
    taps_.bound(t_, 0, plan_.tile.run)
        .bound(x_, 0, gradient_.columns * gradient_.across)
        .bound(y_, 0, plan_.chunk_rows * gradient_.down);
    // All x + y·run are different, which Halide cannot prove.
    taps_.update(0).allow_race_conditions().reorder(tap_.x, tap_.y, x_, y_).vectorize(tap_.x).unroll(tap_.y);
    if (plan_.room() > 0) taps_.update(1).reorder(rest_, x_, y_).vectorize(rest_);
  }

  // For each window of a chunk of rows and each filter of a block: the position in the image of the pixel that has the
  // gradient, y·width + x, and this gradient.  In a shared list the number of the image is in the higher bits.
  void MakeEntries() {
    image_rows_ = RowsOf(builder_.Bordered(builder_.Read(builder_.spec().operand(0)), conv_.window));
    const Expr row = plan_.shared() ? s_ / gradient_.columns % gradient_.rows
                                    : chunk_ * plan_.chunk_rows + s_ / gradient_.columns,
               column = s_ % gradient_.columns;
    const Expr image = plan_.shared() ? s_ / gradient_.windows() : Expr(0);
    // Past the last filter, row and image, indices are clamped to the last one.  The sums of those filters are
    // discarded, and the gradients of those rows and images are set to 0.
    const Expr filter = gradient_.filters % plan_.block == 0
                            ? of_ * plan_.block + k_
                            : Halide::min(of_ * plan_.block + k_, gradient_.filters - 1);
    const Index at = {plan_.shared() ? Halide::min(FirstImage() + image, context_.rows - 1) : Expr(n_),
                      Halide::min(row, gradient_.rows - 1), column, filter};
    Expr y = (plan_.copied ? s_ / gradient_.columns : at[1]) * gradient_.down * conv_.window.stride[0],
         x = column * gradient_.across * conv_.window.stride[1];
    if (gradient_.pooled()) {
      const Expr cell = Halide::cast<int>(index_(at));
      y += cell / gradient_.across;
      x += cell % gradient_.across;
    }
    const Expr place = y * (plan_.copied ? gradient_.columns * gradient_.across : plan_.width()) + x;
    place_(k_, s_, of_, chunk_, n_) = plan_.shared() ? (at[0] - FirstImage()) * plan_.image_places() + place : place;
    const bool ragged = gradient_.rows % plan_.chunk_rows != 0;
    const Expr exists = plan_.shared() ? FirstImage() + image < context_.rows : row < gradient_.rows;
    value_(k_, s_, of_, chunk_, n_) = ragged || plan_.shared() ? Halide::select(exists, d_(at), 0.0f) : d_(at);
    if (plan_.listed) MakeList();
    if (plan_.copied) CopyTaps();
  }

  // The numbers of the nonzero entries, without gaps.
  void MakeList() {
    const auto nonzero = [&](const Expr& s) {
      if (plan_.entries() % kFlags == 0) return IsNonzero(value_(k_, s, of_, chunk_, n_));
      return s < plan_.entries() && IsNonzero(value_(k_, Halide::min(s, plan_.entries() - 1), of_, chunk_, n_));
    };
    list_.emplace(IndexList::Layout{{k_}, {of_, chunk_, n_}, Halide::Int(32), Halide::Int(32), Halide::UInt(8)},
                  plan_.bytes(),
                  [&](const Expr& byte) { return Bits([&](int flag) { return nonzero(byte * kFlags + flag); }); });
  }

  void MakeSums() {
    const Expr k = f_ % plan_.block, of = f_ / plan_.block;
    slot_ = RDom(0, plan_.entries(), "walk");
    Expr entry = slot_;
    if (plan_.listed) {
      slot_.where(slot_ < list_->Count({k, of, chunk_, n_}));  // becomes the bound of the loop
      entry = Halide::unsafe_promise_clamped(Halide::cast<int>(list_->Entry(slot_, {k, of, chunk_, n_})), 0,
                                             plan_.entries() - 1);
    }
    const Expr place = place_(k, entry, of, chunk_, n_), value = value_(k, entry, of, chunk_, n_);

    const int row_elements = plan_.width() * conv_.channels;
    const Expr offset = Halide::min(v_ * plan_.tile.lanes, plan_.tile.run - plan_.tile.lanes) + l_;
    const Expr image = plan_.shared() ? Halide::unsafe_promise_clamped(FirstImage() + place / plan_.image_places(), 0,
                                                                       context_.rows - 1)
                                      : FirstImage();
    const Expr in_image = plan_.shared() ? place % plan_.image_places() : place;
    // Rows of an image are contiguous, and so are the pixels of a row: the simplifier makes one address of row and
    // element, without a division.
    const Expr element = Halide::unsafe_promise_clamped(a_ * row_elements + in_image * conv_.channels + offset, 0,
                                                        plan_.height() * row_elements - 1);
    const int taps_width = gradient_.columns * gradient_.across;
    const Expr in_taps = Halide::unsafe_promise_clamped(place, 0, plan_.chunk_rows * gradient_.down * taps_width - 1);
    image_sum_(l_, v_, a_, f_, chunk_, n_) = 0.0f;
    image_sum_(l_, v_, a_, f_, chunk_, n_) +=
        value * (plan_.copied ? Expr(taps_(offset, in_taps % taps_width, in_taps / taps_width, chunk_, n_))
                              : image_rows_({image, element / row_elements, element % row_elements}));

    const int groups = plan_.each / plan_.chunk_images;
    images_ = RDom(0, plan_.chunks, 0, groups, "images");
    const Expr all_groups =
        plan_.shared() ? (context_.rows + plan_.chunk_images - 1) / plan_.chunk_images : context_.rows;
    const Expr group = part_ * groups + images_.y;
    images_.where(group < all_groups);
    AddPieces(part_sum_, {l_, v_, a_, f_, part_}, images_.x == 0 && images_.y == 0,
              image_sum_(l_, v_, a_, f_, images_.x, Halide::min(group, all_groups - 1)));
    total_(l_, v_, a_, f_) = AddParts(part_sum_, {l_, v_, a_, f_}, plan_.parts, plan_.each, context_.rows);
  }

  void MakeResults() {
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    const Expr in_run = (plan_.copied ? a * plan_.run : Expr(0)) + b * conv_.channels + c,
               vector = in_run / plan_.tile.lanes;
    const Expr first = Halide::min(vector * plan_.tile.lanes, plan_.tile.run - plan_.tile.lanes);
    const Expr sum = total_(Halide::unsafe_promise_clamped(in_run - first, 0, plan_.tile.lanes - 1), vector,
                            plan_.copied ? Expr(0) : a, f);
    Func out = MakeFunc("out", Axes(4), builder_.ResultsAt(builder_.spec().sums(), sum));
    builder_.AddOutput(out, builder_.spec().results);
    Var tap;
    out.compute_root()
        .bound(f, 0, gradient_.filters)
        .bound(c, 0, conv_.channels)
        .bound(b, 0, conv_.window.size[1])
        .bound(a, 0, conv_.window.size[0]);
    out.vectorize(f, std::min(context_.lanes, gradient_.filters), TailStrategy::GuardWithIf)
        .fuse(a, b, tap)
        .parallel(tap);

    AddBias();
  }

  // Where copied taps leave a lane, that lane holds 1, and its sum is the sum of the gradient itself: the bias
  // gradient.
  void AddBias() {
    for (const ir::Node* node : builder_.spec().side_reductions) {
      const bool of_gradient = node->inputs[0] == gradient_.d || node->inputs[0] == builder_.spec().operand(1);
      const bool by_filter = node->op->sum && builder_.spec().shape(node->outputs[0]).size() == 1;
      if (!plan_.copied || plan_.room() == 0 || !of_gradient || !by_filter) continue;
      const int tap = plan_.taps();
      Func bias = MakeFunc("bias", Axes(1), {total_(tap % plan_.tile.lanes, tap / plan_.tile.lanes, 0, Axis(0))});
      bias.compute_root().bound(Axis(0), 0, gradient_.filters);
      builder_.AddOutput(bias, {node->outputs[0]});
    }
  }

  void ScheduleSums() {
    for (Func* sum : {&total_, &part_sum_}) {
      sum->compute_root()
          .bound(l_, 0, plan_.tile.lanes)
          .bound(v_, 0, plan_.tile.vectors)
          .bound(a_, 0, plan_.kernel_rows)
          .bound(f_, 0, gradient_.filters);
    }
    total_.vectorize(l_).parallel(f_, plan_.block, TailStrategy::GuardWithIf);
    // A tile of some rows of the kernel reads some rows of the images only.  Each filter iterates over those before the
    // next rows of the kernel begin.
    const bool row_by_row = plan_.shared() && plan_.tile.rows < plan_.kernel_rows;
    Var fo, fi, ft, fu, vo, vi, ao, ai, task;
    part_sum_.update()
        .split(f_, fo, fi, plan_.block, TailStrategy::GuardWithIf)
        .split(fi, ft, fu, plan_.tile.filters)
        .split(v_, vo, vi, plan_.tile.across)
        .split(a_, ao, ai, plan_.tile.rows)
        .reorder({l_, vi, ai, fu, vo, row_by_row ? ft : ao, row_by_row ? ao : ft, images_.x, images_.y, fo, part_})
        .vectorize(l_)
        .unroll(vi)
        .unroll(ai)
        .unroll(fu)
        .fuse(fo, part_, task)
        .parallel(task);
    image_sum_.compute_at(part_sum_, vo).vectorize(l_).unroll(v_).unroll(a_).unroll(f_);
    image_sum_.update().reorder(l_, v_, a_, f_, slot_).vectorize(l_).unroll(v_).unroll(a_).unroll(f_);

    const int vector = std::min(context_.lanes, plan_.block);
    for (Func* entry : {&place_, &value_})
      entry->compute_at(part_sum_, images_.x).bound_extent(k_, plan_.block).vectorize(k_, vector).store_in(kOnStack);
    if (plan_.copied) ScheduleTaps();
    if (!plan_.listed) return;
    for (Func* func : {&list_->bits, &list_->count, &list_->entries})
      func->compute_at(part_sum_, images_.x).bound_extent(k_, plan_.block).store_in(kOnStack);
    list_->bits.vectorize(k_, vector);
    list_->count.vectorize(k_, vector);
    list_->ScheduleUpdates(vector);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const SparsePlan plan_;
  const ConvProblem& conv_;
  const SparseGradient& gradient_;
  Tensor d_, index_;
  Tensor image_rows_;  // of the image with its border
  // Filter of a block, window of a chunk, block, chunk, image (or group of images that share a list).
  const Var k_{"k"}, s_{"s"}, of_{"of"}, chunk_{"chunk"}, n_{"n"};
  const Var l_{"l"}, v_{"v"}, a_{"a"}, f_{"f"},
      part_{"part"};                    // lane, vector of a run, row of the kernel, filter, part
  const Var t_{"t"}, x_{"x"}, y_{"y"};  // tap, pixel of a chunk
  Func taps_{"taps"}, place_{"place"}, value_{"value"};
  std::optional<IndexList> list_;  // if plan_.listed
  Func image_sum_{"image_sum"}, part_sum_{"part_sum"}, total_{"total"};
  RDom tap_, rest_, slot_, images_;
};

}  // namespace

std::string CanSparseWeightGrad(const KernelSpec& spec, const Machine& machine) {
  SparseGradient gradient;
  if (std::string reason = FindSparseGradient(spec, spec.operand(1), &gradient); !reason.empty()) return reason;
  const SparsePlan plan = PlanSparse(ConvProblemOf(spec), gradient, machine);
  if (plan.tile.run < kShortestSparseRun) return "a row of its kernel has fewer than four taps";
  if (plan.listed && gradient.columns > kMaxEntries) return "a row of its gradient has more than 256 pixels";
  if (gradient.columns * kEntryBytes * plan.block > machine.l1_bytes)
    return "a row of its gradient does not fit the first-level cache";
  return "";
}

Work CostSparseWeightGrad(const KernelSpec& spec, const Machine& machine) {
  SparseGradient gradient;
  FindSparseGradient(spec, spec.operand(1), &gradient);
  const ConvProblem conv = ConvProblemOf(spec);
  const SparsePlan plan = PlanSparse(conv, gradient, machine);
  const double visited = plan.listed ? gradient.elements(conv.batch) : gradient.elements(conv.batch) / gradient.nonzero;
  Work work = CommonWork(spec);
  work.sparse_products = visited * plan.tile.vectors * plan.kernel_rows * plan.tile.lanes;
  work.tested = gradient.elements(conv.batch) / gradient.nonzero;
  // The sums of a filter are loaded and stored once for each list.
  const double lists = double{1} * conv.batch / plan.chunk_images * plan.chunks;
  work.cache_bytes = 8 * lists * gradient.filters * plan.tile.vectors * plan.kernel_rows * plan.tile.lanes;
  return work;
}

ScheduledKernel BuildSparseWeightGrad(KernelBuilder& builder) {
  SparseGradient gradient;
  FindSparseGradient(builder.spec(), builder.spec().operand(1), &gradient);
  return SparseWeightGrad(builder, PlanSparse(ConvProblemOf(builder.spec()), gradient, builder.context())).Build();
}

}  // namespace brine::codegen
