#include "codegen/halide/conv/sparse_weight_grad.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "codegen/halide/conv/problem.h"
#include "codegen/halide/sparse/index_list.h"
#include "codegen/halide/sparse/row_lists.h"
#include "codegen/halide/sparse/sparse_gradient.h"
#include "codegen/halide/split_sum.h"
#include "ir/kinds.h"
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
constexpr int kMaxEntries = 256;  // lists hold an entry's number as a byte
constexpr int kCopiedBlock = 64;  // filters that share the copied taps
constexpr int kEntryBytes = 8;
// Listing the nonzero elements pays from this many vectors per element on.  With fewer, the sums of one filter would
// wait for each other, and it is faster to visit all elements for two filters at once.
constexpr int kMinListedVectors = 9;

// The layout of the sums of a filter in registers.  A run is the floats of one row of the kernel, or of all copied
// taps.
struct RunTile {
  int run, lanes, run_vectors;
  int vectors, rows, filters;  // a register tile is some vectors of a run by some kernel rows by some filters
};

RunTile ChooseRunTile(int run, int kernel_rows, int filters, const Machine& machine) {
  RunTile tile = {run, machine.lanes, 0, 1, 1, 1};
  while (tile.lanes > run) tile.lanes /= 2;
  tile.run_vectors = (run + tile.lanes - 1) / tile.lanes;
  const int max_sums = machine.registers - 3;
  for (int vectors = 1; vectors <= tile.run_vectors; ++vectors) {
    if (tile.run_vectors % vectors == 0 && vectors <= max_sums) tile.vectors = vectors;
  }
  for (int rows = 1; rows <= kernel_rows; ++rows) {
    if (tile.vectors == tile.run_vectors && kernel_rows % rows == 0 && rows * tile.vectors <= max_sums)
      tile.rows = rows;
  }
  const int sums = tile.vectors * tile.rows;
  if (tile.run_vectors * kernel_rows == sums && 2 * sums <= max_sums && filters % 2 == 0) tile.filters = 2;
  return tile;
}

// The same for copied taps, which are one run.
RunTile ChooseCopiedTile(int taps, int filters, const Machine& machine) {
  const int run_vectors = (taps + machine.lanes - 1) / machine.lanes;
  RunTile tile = {run_vectors * machine.lanes, machine.lanes, run_vectors, run_vectors, 1, 1};
  if (2 * run_vectors <= machine.registers - 3 && filters % 2 == 0) tile.filters = 2;
  return tile;
}

// How the kernel is cut into tasks and chunks.
struct SparsePlan {
  ConvProblem conv;
  SparseGradient gradient;
  int run;      // floats of a row of the kernel
  bool copied;  // whether taps are copied
  RunTile tile;
  int kernel_rows;  // the rows of the kernel that are computed one after the other
  bool listed;
  int filters_per_block;
  // A task is one block of filters in one part of the batch.
  int images_per_part, part_count;
  // A task holds the entries of one chunk of rows of windows at a time.
  int rows_per_chunk, chunk_count;
  int images_per_chunk = 1;

  int windows_per_chunk() const { return images_per_chunk * rows_per_chunk * gradient.columns; }
  int flag_bytes() const { return CeilDiv(windows_per_chunk(), kFlags); }
  // Whether several images share a list; then it is of all of their rows.
  bool shared() const { return images_per_chunk > 1; }
  int taps() const { return run * conv.window.size[0]; }
  int spare_lanes() const { return tile.run - taps(); }  // the lanes beyond a pixel's copied taps
  int height() const { return conv.height + conv.window.before[0] + conv.window.after[0]; }  // with the border
  int width() const { return conv.width + conv.window.before[1] + conv.window.after[1]; }
  // The number of places in an image, rounded up to a power of two: dividing by it is a shift.
  int places_per_image() const { return static_cast<int>(std::bit_ceil(static_cast<unsigned>(height() * width()))); }
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
  const int l1_bytes = static_cast<int>(machine.l1_bytes), row_bytes = plan.width() * plan.conv.channels * 4;
  const int max_images = std::min(l1_bytes / (rows * row_bytes), kMaxEntries / gradient.windows());
  int images = std::clamp(max_images, 1, plan.images_per_part);
  while (plan.images_per_part % images != 0) --images;
  return images;
}

SparsePlan PlanSparse(const ConvProblem& conv, const SparseGradient& gradient, const Machine& machine) {
  const int kernel_rows = conv.window.size[0], run = conv.window.size[1] * conv.channels;
  const int max_bytes = static_cast<int>(machine.l1_bytes / 4);  // the size of lists, and of copied taps
  SparsePlan plan;
  plan.conv = conv;
  plan.gradient = gradient;
  plan.run = run;
  plan.copied = CopiesTaps(conv, gradient, run, machine);
  plan.tile = plan.copied ? ChooseCopiedTile(run * kernel_rows, gradient.filters, machine)
                          : ChooseRunTile(run, kernel_rows, gradient.filters, machine);
  plan.kernel_rows = plan.copied ? 1 : kernel_rows;
  plan.listed = plan.tile.run_vectors * plan.kernel_rows >= kMinListedVectors;
  plan.filters_per_block = std::min(plan.copied ? kCopiedBlock : kFilterBlock, gradient.filters);
  plan.images_per_part = CeilDiv(conv.batch, CeilDiv(kTasks, CeilDiv(gradient.filters, plan.filters_per_block)));
  plan.part_count = CeilDiv(conv.batch, plan.images_per_part);
  plan.rows_per_chunk =
      std::clamp(max_bytes / (gradient.columns * kEntryBytes * plan.filters_per_block), 1, gradient.rows);
  if (!plan.copied) {
    // The part of the image under a chunk's rows stays in the first-level cache.
    const int row_bytes = conv.width * conv.channels * 4;
    const int lines = static_cast<int>(machine.l1_bytes) / row_bytes - kernel_rows;
    plan.rows_per_chunk = std::clamp(lines / (gradient.down * conv.window.stride[0]), 1, plan.rows_per_chunk);
    plan.rows_per_chunk = CeilDiv(gradient.rows, CeilDiv(gradient.rows, plan.rows_per_chunk));
  }
  if (plan.listed) plan.rows_per_chunk = std::clamp(kMaxEntries / gradient.columns, 1, plan.rows_per_chunk);
  if (plan.copied) {
    plan.rows_per_chunk =
        std::clamp(max_bytes / (gradient.columns * gradient.cells() * plan.tile.run * 4), 1, plan.rows_per_chunk);
  }
  plan.chunk_count = CeilDiv(gradient.rows, plan.rows_per_chunk);
  if (plan.listed && !plan.copied && plan.chunk_count == 1) plan.images_per_chunk = SharedImages(plan, machine);
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
    ScheduleEntries();
    ScheduledKernel kernel = builder_.Finish();
    kernel.sparse = gradient_.d;
    return kernel;
  }

 private:
  Expr FirstImage() const { return plan_.shared() ? group_ * plan_.images_per_chunk : Expr(group_); }

  // taps(tap, x, y): the pixels under the kernel at pixel (y, x) of a chunk, tap = (a·kw + b)·C + c.  Spare lanes are
  // filled with a 1 and then with zeros.
  void CopyTaps() {
    const Expr y =
        Halide::min(chunk_ * plan_.rows_per_chunk * gradient_.down + y_, gradient_.rows * gradient_.down - 1);
    taps_(tap_, x_, y_, chunk_, group_) = Halide::undef<float>();
    source_tap_ = RDom(0, plan_.run, 0, conv_.window.size[0], "source_tap");
    taps_(source_tap_.x + source_tap_.y * plan_.run, x_, y_, chunk_, group_) =
        image_rows_({group_, y + source_tap_.y, x_ * conv_.channels + source_tap_.x});
    if (plan_.spare_lanes() == 0) return;
    spare_lane_ = RDom(0, plan_.spare_lanes(), "spare_lane");
    taps_(plan_.taps() + spare_lane_, x_, y_, chunk_, group_) = Halide::select(spare_lane_ == 0, 1.0f, 0.0f);
  }

  void ScheduleTaps() {
    taps_.compute_at(part_sum_, part_chunk_.x).store_in(kOnStack);
    taps_.bound(tap_, 0, plan_.tile.run)
        .bound(x_, 0, gradient_.columns * gradient_.across)
        .bound(y_, 0, plan_.rows_per_chunk * gradient_.down);
    // All x + y·run are different, which Halide cannot prove.
    taps_.update(0)
        .allow_race_conditions()
        .reorder(source_tap_.x, source_tap_.y, x_, y_)
        .vectorize(source_tap_.x)
        .unroll(source_tap_.y);
    if (plan_.spare_lanes() > 0) taps_.update(1).reorder(spare_lane_, x_, y_).vectorize(spare_lane_);
  }

  // For each window of a chunk of rows and each filter of a block: the position in the image of the pixel that has the
  // gradient, y·width + x, and this gradient.  In a shared list the number of the image is in the higher bits.
  void MakeEntries() {
    image_rows_ = RowsOf(builder_.Bordered(builder_.Read(builder_.spec().operand(0)), conv_.window));
    const Expr row = plan_.shared() ? window_ / gradient_.columns % gradient_.rows
                                    : chunk_ * plan_.rows_per_chunk + window_ / gradient_.columns,
               column = window_ % gradient_.columns;
    const Expr image = plan_.shared() ? window_ / gradient_.windows() : Expr(0);
    // Past the last filter, row and image, indices are clamped to the last one.  The sums of those filters are
    // discarded, and the gradients of those rows and images are set to 0.
    const Expr filter = gradient_.filters % plan_.filters_per_block == 0
                            ? block_ * plan_.filters_per_block + block_filter_
                            : Halide::min(block_ * plan_.filters_per_block + block_filter_, gradient_.filters - 1);
    const Index element = {plan_.shared() ? Halide::min(FirstImage() + image, context_.rows - 1) : Expr(group_),
                           Halide::min(row, gradient_.rows - 1), column, filter};
    Expr y = (plan_.copied ? window_ / gradient_.columns : element[1]) * gradient_.down * conv_.window.stride[0],
         x = column * gradient_.across * conv_.window.stride[1];
    if (gradient_.pooled()) {
      const Expr cell = Halide::cast<int>(index_(element));
      y += cell / gradient_.across;
      x += cell % gradient_.across;
    }
    const Expr place = y * (plan_.copied ? gradient_.columns * gradient_.across : plan_.width()) + x;
    place_(block_filter_, window_, block_, chunk_, group_) =
        plan_.shared() ? (element[0] - FirstImage()) * plan_.places_per_image() + place : place;
    const bool ragged = gradient_.rows % plan_.rows_per_chunk != 0;
    const Expr exists = plan_.shared() ? FirstImage() + image < context_.rows : row < gradient_.rows;
    value_(block_filter_, window_, block_, chunk_, group_) =
        ragged || plan_.shared() ? Halide::select(exists, d_(element), 0.0f) : d_(element);
    if (plan_.listed) MakeList();
    if (plan_.copied) CopyTaps();
  }

  // The numbers of the nonzero entries, without gaps.
  void MakeList() {
    const auto nonzero = [&](const Expr& window) {
      if (plan_.windows_per_chunk() % kFlags == 0)
        return IsNonzero(value_(block_filter_, window, block_, chunk_, group_));
      return window < plan_.windows_per_chunk() &&
             IsNonzero(
                 value_(block_filter_, Halide::min(window, plan_.windows_per_chunk() - 1), block_, chunk_, group_));
    };
    list_.emplace(
        IndexList::Layout{{block_filter_}, {block_, chunk_, group_}, Halide::Int(32), Halide::Int(32), Halide::UInt(8)},
        plan_.flag_bytes(),
        [&](const Expr& byte) { return Bits([&](int flag) { return nonzero(byte * kFlags + flag); }); });
  }

  void MakeSums() {
    const Expr block_filter = filter_ % plan_.filters_per_block, block = filter_ / plan_.filters_per_block;
    entry_ = RDom(0, plan_.windows_per_chunk(), "entry");
    Expr window = entry_;
    if (plan_.listed) {
      entry_.where(entry_ < list_->Count({block_filter, block, chunk_, group_}));  // becomes the bound of the loop
      window =
          Halide::unsafe_promise_clamped(Halide::cast<int>(list_->Entry(entry_, {block_filter, block, chunk_, group_})),
                                         0, plan_.windows_per_chunk() - 1);
    }
    const Expr place = place_(block_filter, window, block, chunk_, group_),
               value = value_(block_filter, window, block, chunk_, group_);

    const int row_elements = plan_.width() * conv_.channels;
    const Expr offset = Halide::min(vector_ * plan_.tile.lanes, plan_.tile.run - plan_.tile.lanes) + lane_;
    const Expr image = plan_.shared() ? Halide::unsafe_promise_clamped(FirstImage() + place / plan_.places_per_image(),
                                                                       0, context_.rows - 1)
                                      : FirstImage();
    const Expr in_image = plan_.shared() ? place % plan_.places_per_image() : place;
    // Rows of an image are contiguous, and so are the pixels of a row: the simplifier makes one address of row and
    // element, without a division.
    const Expr element = Halide::unsafe_promise_clamped(kernel_row_ * row_elements + in_image * conv_.channels + offset,
                                                        0, plan_.height() * row_elements - 1);
    const int taps_width = gradient_.columns * gradient_.across;
    const Expr in_taps =
        Halide::unsafe_promise_clamped(place, 0, plan_.rows_per_chunk * gradient_.down * taps_width - 1);
    chunk_sum_(lane_, vector_, kernel_row_, filter_, chunk_, group_) = 0.0f;
    chunk_sum_(lane_, vector_, kernel_row_, filter_, chunk_, group_) +=
        value * (plan_.copied ? Expr(taps_(offset, in_taps % taps_width, in_taps / taps_width, chunk_, group_))
                              : image_rows_({image, element / row_elements, element % row_elements}));

    const int groups_per_part = plan_.images_per_part / plan_.images_per_chunk;
    part_chunk_ = RDom(0, plan_.chunk_count, 0, groups_per_part, "part_chunk");
    const Expr group_count =
        plan_.shared() ? (context_.rows + plan_.images_per_chunk - 1) / plan_.images_per_chunk : context_.rows;
    const Expr group = part_ * groups_per_part + part_chunk_.y;
    part_chunk_.where(group < group_count);
    AddPieces(part_sum_, {lane_, vector_, kernel_row_, filter_, part_}, part_chunk_.x == 0 && part_chunk_.y == 0,
              chunk_sum_(lane_, vector_, kernel_row_, filter_, part_chunk_.x, Halide::min(group, group_count - 1)));
    total_(lane_, vector_, kernel_row_, filter_) = AddParts(part_sum_, {lane_, vector_, kernel_row_, filter_},
                                                            plan_.part_count, plan_.images_per_part, context_.rows);
  }

  void MakeResults() {
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    const Expr in_run = (plan_.copied ? a * plan_.run : Expr(0)) + b * conv_.channels + c,
               vector = in_run / plan_.tile.lanes;
    const Expr first = Halide::min(vector * plan_.tile.lanes, plan_.tile.run - plan_.tile.lanes);
    const Expr sum = total_(Halide::unsafe_promise_clamped(in_run - first, 0, plan_.tile.lanes - 1), vector,
                            plan_.copied ? Expr(0) : a, f);
    Func out = MakeFunc("out", Axes(4), builder_.LowerEpilogue(builder_.spec().sums(), sum));
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

  // Where copied taps leave a lane, that lane holds 1, and its sum is the sum of the gradient over all axes but the
  // last: the bias gradient.
  void AddBias() {
    for (const ir::Node* node : builder_.spec().side_reductions) {
      const bool of_gradient = node->inputs[0] == gradient_.d || node->inputs[0] == builder_.spec().operand(1);
      const std::vector<int64_t>& axes = *ir::ReducedAxes(*node);
      const bool by_filter =
          node->op->sum && axes == std::vector<int64_t>{0, 1, 2} && builder_.spec().shape(node->outputs[0]).size() == 1;
      if (!plan_.copied || plan_.spare_lanes() == 0 || !of_gradient || !by_filter) continue;
      const int tap = plan_.taps();
      Func bias = MakeFunc("bias", Axes(1), {total_(tap % plan_.tile.lanes, tap / plan_.tile.lanes, 0, Axis(0))});
      bias.compute_root().bound(Axis(0), 0, gradient_.filters);
      builder_.AddOutput(bias, {node->outputs[0]});
    }
  }

  void ScheduleSums() {
    for (Func* sum : {&total_, &part_sum_}) {
      sum->compute_root()
          .bound(lane_, 0, plan_.tile.lanes)
          .bound(vector_, 0, plan_.tile.run_vectors)
          .bound(kernel_row_, 0, plan_.kernel_rows)
          .bound(filter_, 0, gradient_.filters);
    }
    total_.vectorize(lane_).parallel(filter_, plan_.filters_per_block, TailStrategy::GuardWithIf);
    // A tile of some rows of the kernel reads some rows of the images only.  Each filter iterates over those before the
    // next rows of the kernel begin.
    const bool row_by_row = plan_.shared() && plan_.tile.rows < plan_.kernel_rows;
    Var block, in_block, filter_tile, tile_filter, vector_tile, tile_vector, row_tile, tile_row, task;
    part_sum_.update()
        .split(filter_, block, in_block, plan_.filters_per_block, TailStrategy::GuardWithIf)
        .split(in_block, filter_tile, tile_filter, plan_.tile.filters)
        .split(vector_, vector_tile, tile_vector, plan_.tile.vectors)
        .split(kernel_row_, row_tile, tile_row, plan_.tile.rows)
        .reorder({lane_, tile_vector, tile_row, tile_filter, vector_tile, row_by_row ? filter_tile : row_tile,
                  row_by_row ? row_tile : filter_tile, part_chunk_.x, part_chunk_.y, block, part_})
        .vectorize(lane_)
        .unroll(tile_vector)
        .unroll(tile_row)
        .unroll(tile_filter)
        .fuse(block, part_, task)
        .parallel(task);
    chunk_sum_.compute_at(part_sum_, vector_tile).vectorize(lane_).unroll(vector_).unroll(kernel_row_).unroll(filter_);
    chunk_sum_.update()
        .reorder(lane_, vector_, kernel_row_, filter_, entry_)
        .vectorize(lane_)
        .unroll(vector_)
        .unroll(kernel_row_)
        .unroll(filter_);
  }

  // A task computes the entries of a chunk, and their lists, before its sums over that chunk.
  void ScheduleEntries() {
    const int vector = std::min(context_.lanes, plan_.filters_per_block);
    for (Func* func : {&place_, &value_})
      func->compute_at(part_sum_, part_chunk_.x)
          .bound_extent(block_filter_, plan_.filters_per_block)
          .vectorize(block_filter_, vector)
          .store_in(kOnStack);
    if (plan_.copied) ScheduleTaps();
    if (!plan_.listed) return;
    for (Func* func : {&list_->bits, &list_->count, &list_->entries})
      func->compute_at(part_sum_, part_chunk_.x)
          .bound_extent(block_filter_, plan_.filters_per_block)
          .store_in(kOnStack);
    list_->bits.vectorize(block_filter_, vector);
    list_->count.vectorize(block_filter_, vector);
    list_->ScheduleUpdates(vector);
  }

  KernelBuilder& builder_;
  const LoopContext& context_;
  const SparsePlan plan_;
  const ConvProblem& conv_;
  const SparseGradient& gradient_;
  Tensor d_, index_;
  Tensor image_rows_;  // the rows of the image with its border
  const Var block_filter_{"block_filter"}, block_{"block"};
  const Var window_{"window"}, chunk_{"chunk"};  // windows are counted within their chunk
  const Var group_{"group"};                     // of images_per_chunk images
  const Var lane_{"lane"}, vector_{"vector"}, kernel_row_{"kernel_row"}, filter_{"filter"}, part_{"part"};
  const Var tap_{"tap"}, x_{"x"}, y_{"y"};  // (y, x): a pixel of a chunk
  Func taps_{"taps"}, place_{"place"}, value_{"value"};
  std::optional<IndexList> list_;  // if plan_.listed
  Func chunk_sum_{"chunk_sum"}, part_sum_{"part_sum"}, total_{"total"};
  RDom source_tap_, spare_lane_, entry_, part_chunk_;
};

}  // namespace

std::string CanSparseWeightGrad(const KernelSpec& spec, const Machine& machine) {
  SparseGradient gradient;
  if (std::string reason = FindSparseGradient(spec, spec.operand(1), &gradient); !reason.empty()) return reason;
  const SparsePlan plan = PlanSparse(ConvProblemOf(spec), gradient, machine);
  if (plan.tile.run < kShortestSparseRun) return "a row of its kernel has fewer than four taps";
  if (plan.listed && gradient.columns > kMaxEntries) return "a row of its gradient has more than 256 pixels";
  if (gradient.columns * kEntryBytes * plan.filters_per_block > machine.l1_bytes)
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
  work.sparse_products = visited * plan.tile.run_vectors * plan.kernel_rows * plan.tile.lanes;
  work.tested = gradient.elements(conv.batch) / gradient.nonzero;
  // The sums of a filter are loaded and stored once for each list.
  const double lists = double{1} * conv.batch / plan.images_per_chunk * plan.chunk_count;
  work.cache_bytes = 8 * lists * gradient.filters * plan.tile.run_vectors * plan.kernel_rows * plan.tile.lanes;
  return work;
}

ScheduledKernel BuildSparseWeightGrad(KernelBuilder& builder) {
  SparseGradient gradient;
  FindSparseGradient(builder.spec(), builder.spec().operand(1), &gradient);
  return SparseWeightGrad(builder, PlanSparse(ConvProblemOf(builder.spec()), gradient, builder.context())).Build();
}

}  // namespace brine::codegen
