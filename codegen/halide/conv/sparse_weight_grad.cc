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

constexpr int kMinSparseRunLength = 4;  // floats; half a vector of AVX2
constexpr int kFiltersPerBlock = 16;
constexpr int kCopiedFiltersPerBlock = 64;  // more, since all filters of a block share the copied taps
constexpr int kMaxEntries = 256;            // of a list: the number of an entry is a byte
constexpr int kEntryBytes = 8;              // the pixel and the value of an entry
// The fewest vectors of sums of a filter with which listing the nonzero elements pays.  With fewer, consecutive
// elements of one filter would wait for each other, and it is faster to visit all elements for two filters at once.
constexpr int kMinListedVectors = 9;
// How much longer a product takes than its load where no element is zero, so that lists are as long as rows: each also
// waits for its entry.  tests/bench/README.md has the measurement.
constexpr double kCostOfFullLists = 1.3;
constexpr int kReservedRegisters = 3;  // for the values of two filters' entries and a vector of the image

// The register tile of sums: some vectors of a run by some rows of the kernel by some filters.
struct RunTile {
  int run_length;   // floats in a run, which is a row of the kernel or all copied taps
  int lanes;        // floats in a vector, at most run_length
  int run_vectors;  // vectors in a run
  int vectors, rows, filters;
};

// The tile for runs that are read in place: whole runs if they fit the registers, then several rows of the kernel, then
// two filters.
RunTile ChooseRunTile(int run_length, int kernel_rows, int filters, const Machine& machine) {
  RunTile tile = {run_length, machine.lanes, 0, 1, 1, 1};
  while (tile.lanes > run_length) tile.lanes /= 2;
  tile.run_vectors = CeilDiv(run_length, tile.lanes);
  const int max_sums = machine.registers - kReservedRegisters;
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

// The tile for copied taps, which are one run of whole vectors.
RunTile ChooseCopiedTile(int taps, int filters, const Machine& machine) {
  const int run_vectors = CeilDiv(taps, machine.lanes);
  RunTile tile = {run_vectors * machine.lanes, machine.lanes, run_vectors, run_vectors, 1, 1};
  if (2 * run_vectors <= machine.registers - kReservedRegisters && filters % 2 == 0) tile.filters = 2;
  return tile;
}

// How the kernel is cut into tasks and chunks.
struct SparsePlan {
  ConvProblem conv;
  SparseGradient gradient;
  int run_length;    // floats in a row of the kernel
  bool copies_taps;  // whether the taps under a pixel are copied into one run
  RunTile tile;
  int kernel_rows;     // rows of the kernel, each of which is a run; 1 if taps are copied
  bool lists_entries;  // whether the nonzero elements are listed; otherwise all elements are visited
  int filters_per_block;
  // A task is one block of filters in one part of the batch.
  int images_per_part, part_count;
  // A task holds the entries of one chunk at a time: of some rows of windows of an image, or of several small images.
  int rows_per_chunk, chunk_count;  // chunk_count: in an image
  int images_per_chunk = 1;

  int windows_per_chunk() const { return images_per_chunk * rows_per_chunk * gradient.columns; }
  int flag_bytes() const { return CeilDiv(windows_per_chunk(), kFlagsPerByte); }
  bool shares_lists() const { return images_per_chunk > 1; }  // among images; then a chunk has all of their rows
  int taps() const { return run_length * conv.window.size[0]; }
  // The pixels of dy under the windows of a chunk, if taps are copied.
  int chunk_height() const { return gradient.PixelRows(rows_per_chunk); }
  int chunk_width() const { return gradient.PixelColumns(gradient.columns); }
  int spare_lanes() const { return tile.run_length - taps(); }  // the lanes of a run after the copied taps
  int padded_height() const { return conv.height + conv.window.before[0] + conv.window.after[0]; }
  int padded_width() const { return conv.width + conv.window.before[1] + conv.window.after[1]; }
  // The distance between the numbers of the first pixels of two images: the pixels of an image with its border, rounded
  // up to a power of two, so that dividing by it is a shift.
  int pixel_numbers_per_image() const {
    return static_cast<int>(std::bit_ceil(static_cast<unsigned>(padded_height() * padded_width())));
  }
};

// The pixels by which dy grows with each further window.
int PixelsPerWindow(const SparseGradient& gradient) { return gradient.step_rows * gradient.step_columns; }

// Whether copying the taps saves more vector loads than it costs.  A copy is made once for each pixel, with a load and
// a store of each vector.  A copy is read once for each filter and window, at the window's argmax.
bool CopiesTaps(const ConvProblem& conv, const SparseGradient& gradient, int run_length, const Machine& machine) {
  const int lanes = machine.lanes, rows = conv.window.size[0];
  const int copied_vectors = CeilDiv(run_length * rows, lanes), vectors_in_place = rows * CeilDiv(run_length, lanes);
  return gradient.pooled() && run_length <= 2 * lanes && 2 * copied_vectors <= machine.registers - kReservedRegisters &&
         (vectors_in_place - copied_vectors) * gradient.filters > 2 * copied_vectors * PixelsPerWindow(gradient);
}

// The number of small images that share a list: as many as have all rows of x that a tile reads through the list in the
// first-level cache, of which an eighth is left to the list and the sums.  It divides the images of a part.
int ImagesPerList(const SparsePlan& plan, const Machine& machine) {
  const SparseGradient& gradient = plan.gradient;
  // A tile of tile.rows rows of the kernel reads these rows of each image.
  const int rows = std::min(gradient.rows * std::min(plan.tile.rows + gradient.window_rows - 1, gradient.step_rows),
                            plan.padded_height());
  const int max_bytes = static_cast<int>(machine.l1_bytes / 8 * 7),
            row_bytes = plan.padded_width() * plan.conv.channels * 4;
  const int max_images = std::min(max_bytes / (rows * row_bytes), kMaxEntries / gradient.windows());
  int images = std::clamp(max_images, 1, plan.images_per_part);
  while (plan.images_per_part % images != 0) --images;
  return images;
}

SparsePlan PlanSparse(const ConvProblem& conv, const SparseGradient& gradient, const Machine& machine) {
  const int kernel_rows = conv.window.size[0], run_length = conv.window.size[1] * conv.channels;
  const int max_bytes = static_cast<int>(machine.l1_bytes / 4);  // of the entries of a chunk, and of its copied taps
  SparsePlan plan;
  plan.conv = conv;
  plan.gradient = gradient;
  plan.run_length = run_length;
  plan.copies_taps = CopiesTaps(conv, gradient, run_length, machine);
  plan.tile = plan.copies_taps ? ChooseCopiedTile(run_length * kernel_rows, gradient.filters, machine)
                               : ChooseRunTile(run_length, kernel_rows, gradient.filters, machine);
  plan.kernel_rows = plan.copies_taps ? 1 : kernel_rows;
  plan.lists_entries = plan.tile.run_vectors * plan.kernel_rows >= kMinListedVectors;
  plan.filters_per_block = std::min(plan.copies_taps ? kCopiedFiltersPerBlock : kFiltersPerBlock, gradient.filters);
  plan.images_per_part = CeilDiv(conv.batch, CeilDiv(machine.tasks, CeilDiv(gradient.filters, plan.filters_per_block)));
  plan.part_count = CeilDiv(conv.batch, plan.images_per_part);
  plan.rows_per_chunk =
      std::clamp(max_bytes / (gradient.columns * kEntryBytes * plan.filters_per_block), 1, gradient.rows);
  if (!plan.copies_taps) {
    // The part of the image under a chunk's rows stays in the first-level cache.
    const int row_bytes = conv.width * conv.channels * 4;
    const int image_rows = static_cast<int>(machine.l1_bytes) / row_bytes - kernel_rows;
    plan.rows_per_chunk = std::clamp(image_rows / gradient.step_rows, 1, plan.rows_per_chunk);
    // All chunks have about equally many rows.
    plan.rows_per_chunk = CeilDiv(gradient.rows, CeilDiv(gradient.rows, plan.rows_per_chunk));
  }
  if (plan.lists_entries) plan.rows_per_chunk = std::clamp(kMaxEntries / gradient.columns, 1, plan.rows_per_chunk);
  if (plan.copies_taps) {
    const auto bytes = [&] { return plan.chunk_height() * plan.chunk_width() * plan.tile.run_length * 4; };
    while (plan.rows_per_chunk > 1 && bytes() > max_bytes) --plan.rows_per_chunk;
  }
  plan.chunk_count = CeilDiv(gradient.rows, plan.rows_per_chunk);
  if (plan.lists_entries && !plan.copies_taps && plan.chunk_count == 1)
    plan.images_per_chunk = ImagesPerList(plan, machine);
  return plan;
}

// Builds the kernel.  An entry is a window of the pool, or a pixel of dy if there is no pool: the pixel of the image
// that has the gradient (pixel_) and this gradient (value_).  The sums have three levels: over a chunk (chunk_sum_),
// over a part of the batch (part_sum_), and over all parts (total_).
class SparseWeightGrad {
 public:
  SparseWeightGrad(KernelBuilder& builder, const SparsePlan& plan)
      : builder_(builder),
        context_(builder.context()),
        plan_(plan),
        conv_(plan.conv),
        gradient_(plan.gradient),
        gradient_values_(builder.Read(gradient_.values)) {
    if (gradient_.pooled()) argmax_ = builder.Read(gradient_.argmax);
  }

  ScheduledKernel Build() {
    MakeEntries();
    MakeSums();
    MakeResults();
    ScheduleSums();
    ScheduleEntries();
    ScheduledKernel kernel = builder_.Finish();
    kernel.sparse = gradient_.values;
    return kernel;
  }

 private:
  Expr FirstImage() const { return plan_.shares_lists() ? group_ * plan_.images_per_chunk : Expr(group_); }

  // The nearest coordinate of a pixel of dy.  Entries outside have the value 0, so any pixel may stand for theirs.
  Expr InsideOf(const Expr& coordinate, int extent) const {
    return gradient_.is_padded ? Halide::clamp(coordinate, 0, extent - 1) : Halide::min(coordinate, extent - 1);
  }

  // taps_(tap, x, y): element tap = (a·kw + b)·C + c of the image under the kernel, at pixel (y, x) of a chunk.  The
  // first spare lane is 1, see AddBias, and the others are 0.
  void CopyTaps() {
    const Expr first_row = chunk_ * (plan_.rows_per_chunk * gradient_.step_rows) - gradient_.rows_before;
    const Expr y = InsideOf(first_row + y_, conv_.rows), x = InsideOf(x_ - gradient_.columns_before, conv_.columns);
    taps_(tap_, x_, y_, chunk_, group_) = Halide::undef<float>();
    source_tap_ = RDom(0, plan_.run_length, 0, conv_.window.size[0], "source_tap");
    taps_(source_tap_.x + source_tap_.y * plan_.run_length, x_, y_, chunk_, group_) =
        image_rows_({group_, y + source_tap_.y, x * conv_.channels + source_tap_.x});
    if (plan_.spare_lanes() == 0) return;
    spare_lane_ = RDom(0, plan_.spare_lanes(), "spare_lane");
    taps_(plan_.taps() + spare_lane_, x_, y_, chunk_, group_) = Halide::select(spare_lane_ == 0, 1.0f, 0.0f);
  }

  void ScheduleTaps() {
    taps_.compute_at(part_sum_, part_chunk_.x).store_in(kOnStack);
    taps_.bound(tap_, 0, plan_.tile.run_length).bound(x_, 0, plan_.chunk_width()).bound(y_, 0, plan_.chunk_height());
    // Halide asks for this since it cannot prove that all source_tap.x + source_tap.y · run_length are different.
    taps_.update(0)
        .allow_race_conditions()
        .reorder(source_tap_.x, source_tap_.y, x_, y_)
        .vectorize(source_tap_.x)
        .unroll(source_tap_.y);
    if (plan_.spare_lanes() > 0) taps_.update(1).reorder(spare_lane_, x_, y_).vectorize(spare_lane_);
  }

  // Defines the entries of a chunk: for each of its windows and each filter of a block, the number y·width + x of the
  // pixel that has the gradient, and this gradient.  The pixel is one of the image with its border, or of the chunk if
  // taps are copied.  In a shared list, the number of the image is in the higher bits.
  void MakeEntries() {
    image_rows_ = RowsOf(builder_.Bordered(builder_.Read(builder_.spec().operand(0)), conv_.window));
    const Expr row = plan_.shares_lists() ? window_ / gradient_.columns % gradient_.rows
                                          : chunk_ * plan_.rows_per_chunk + window_ / gradient_.columns,
               column = window_ % gradient_.columns;
    const Expr image = plan_.shares_lists() ? window_ / gradient_.windows() : Expr(0);
    // Past the last filter, row and image, indices are clamped to the last one.  The sums of those filters are
    // discarded, and the gradients of those rows and images are set to 0.
    const Expr filter = gradient_.filters % plan_.filters_per_block == 0
                            ? block_ * plan_.filters_per_block + block_filter_
                            : Halide::min(block_ * plan_.filters_per_block + block_filter_, gradient_.filters - 1);
    const Index element = {
        plan_.shares_lists() ? Halide::min(FirstImage() + image, context_.batch_extent - 1) : Expr(group_),
        Halide::min(row, gradient_.rows - 1), column, filter};
    Expr y = (plan_.copies_taps ? window_ / gradient_.columns : element[1]) * gradient_.step_rows,
         x = column * gradient_.step_columns;
    if (gradient_.pooled()) {
      const Expr cell = Halide::cast<int>(argmax_(element));
      y += cell / gradient_.window_columns;
      x += cell % gradient_.window_columns;
    }
    if (!plan_.copies_taps && gradient_.is_padded) {
      y = InsideOf(y - gradient_.rows_before, conv_.rows);
      x = InsideOf(x - gradient_.columns_before, conv_.columns);
    }
    const Expr pixel = y * (plan_.copies_taps ? plan_.chunk_width() : plan_.padded_width()) + x;
    pixel_(block_filter_, window_, block_, chunk_, group_) =
        plan_.shares_lists() ? (element[0] - FirstImage()) * plan_.pixel_numbers_per_image() + pixel : pixel;
    const bool is_last_chunk_shorter = gradient_.rows % plan_.rows_per_chunk != 0;
    Expr exists = Halide::Internal::const_true();
    if (plan_.shares_lists())
      exists = FirstImage() + image < context_.batch_extent;
    else if (is_last_chunk_shorter)
      exists = row < gradient_.rows;
    if (gradient_.pooled())
      exists = exists && IsCellInside(gradient_, element[1], column, Halide::cast<int>(argmax_(element)));
    value_(block_filter_, window_, block_, chunk_, group_) = Halide::select(exists, gradient_values_(element), 0.0f);
    if (plan_.lists_entries) MakeList();
    if (plan_.copies_taps) CopyTaps();
  }

  // Defines the list of a chunk: the numbers of its entries whose value is nonzero.
  void MakeList() {
    const auto is_listed = [&](const Expr& window) {
      if (plan_.windows_per_chunk() % kFlagsPerByte == 0)
        return IsNonzero(value_(block_filter_, window, block_, chunk_, group_));
      return window < plan_.windows_per_chunk() &&
             IsNonzero(
                 value_(block_filter_, Halide::min(window, plan_.windows_per_chunk() - 1), block_, chunk_, group_));
    };
    list_.emplace(
        IndexList::Layout{{block_filter_}, {block_, chunk_, group_}, Halide::Int(32), Halide::Int(32), Halide::UInt(8)},
        plan_.flag_bytes(),
        [&](const Expr& byte) { return PackFlags([&](int flag) { return is_listed(byte * kFlagsPerByte + flag); }); });
  }

  void MakeSums() {
    const Expr block_filter = filter_ % plan_.filters_per_block, block = filter_ / plan_.filters_per_block;
    entry_ = RDom(0, plan_.windows_per_chunk(), "entry");
    Expr window = entry_;
    if (plan_.lists_entries) {
      entry_.where(entry_ < list_->Count({block_filter, block, chunk_, group_}));  // becomes the bound of the loop
      window =
          Halide::unsafe_promise_clamped(Halide::cast<int>(list_->Entry(entry_, {block_filter, block, chunk_, group_})),
                                         0, plan_.windows_per_chunk() - 1);
    }
    const Expr pixel = pixel_(block_filter, window, block, chunk_, group_),
               value = value_(block_filter, window, block, chunk_, group_);

    const int row_elements = plan_.padded_width() * conv_.channels;
    const Expr run_element = Halide::min(vector_ * plan_.tile.lanes, plan_.tile.run_length - plan_.tile.lanes) + lane_;
    const Expr image = plan_.shares_lists()
                           ? Halide::unsafe_promise_clamped(FirstImage() + pixel / plan_.pixel_numbers_per_image(), 0,
                                                            context_.batch_extent - 1)
                           : FirstImage();
    const Expr pixel_in_image = plan_.shares_lists() ? pixel % plan_.pixel_numbers_per_image() : pixel;
    // The rows of an image are contiguous in memory, so Halide's simplifier turns row and element below into this one
    // number again, and the code has no division.
    const Expr element =
        Halide::unsafe_promise_clamped(kernel_row_ * row_elements + pixel_in_image * conv_.channels + run_element, 0,
                                       plan_.padded_height() * row_elements - 1);
    const int taps_width = plan_.chunk_width();
    const Expr copied_pixel = Halide::unsafe_promise_clamped(pixel, 0, plan_.chunk_height() * taps_width - 1);
    chunk_sum_(lane_, vector_, kernel_row_, filter_, chunk_, group_) = 0.0f;
    chunk_sum_(lane_, vector_, kernel_row_, filter_, chunk_, group_) +=
        value * (plan_.copies_taps
                     ? Expr(taps_(run_element, copied_pixel % taps_width, copied_pixel / taps_width, chunk_, group_))
                     : image_rows_({image, element / row_elements, element % row_elements}));

    const int groups_per_part = plan_.images_per_part / plan_.images_per_chunk;
    part_chunk_ = RDom(0, plan_.chunk_count, 0, groups_per_part, "part_chunk");
    const Expr group_count = plan_.shares_lists()
                                 ? (context_.batch_extent + plan_.images_per_chunk - 1) / plan_.images_per_chunk
                                 : context_.batch_extent;
    const Expr group = part_ * groups_per_part + part_chunk_.y;
    part_chunk_.where(group < group_count);
    AccumulatePart(
        part_sum_, {lane_, vector_, kernel_row_, filter_, part_}, part_chunk_.x == 0 && part_chunk_.y == 0,
        chunk_sum_(lane_, vector_, kernel_row_, filter_, part_chunk_.x, Halide::min(group, group_count - 1)));
    total_(lane_, vector_, kernel_row_, filter_) =
        SumOfParts(part_sum_, {lane_, vector_, kernel_row_, filter_}, plan_.part_count, plan_.images_per_part,
                   context_.batch_extent);
  }

  void MakeResults() {
    const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3);
    const Expr run_element = (plan_.copies_taps ? a * plan_.run_length : Expr(0)) + b * conv_.channels + c,
               vector = run_element / plan_.tile.lanes;
    const Expr first = Halide::min(vector * plan_.tile.lanes, plan_.tile.run_length - plan_.tile.lanes);
    const Expr sum = total_(Halide::unsafe_promise_clamped(run_element - first, 0, plan_.tile.lanes - 1), vector,
                            plan_.copies_taps ? Expr(0) : a, f);
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

  // If the copied taps leave a lane, that lane holds 1.  So its sum is the sum of dy over n and all pixels, the bias
  // gradient, which is added as an output here if the kernel has such a side reduction.
  void AddBias() {
    for (const ir::Node* node : builder_.spec().side_reductions) {
      const bool sums_gradient = node->inputs[0] == gradient_.values || node->inputs[0] == builder_.spec().operand(1);
      const std::vector<int64_t>& axes = *ir::ReducedAxes(*node);
      const bool is_per_filter =
          node->op->sum && axes == std::vector<int64_t>{0, 1, 2} && builder_.spec().shape(node->outputs[0]).size() == 1;
      if (!plan_.copies_taps || plan_.spare_lanes() == 0 || !sums_gradient || !is_per_filter) continue;
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
    // A tile of some rows of the kernel reads only some rows of the images.  If lists are shared, all filters use those
    // rows, while these are in the first-level cache, before the next rows of the kernel begin.
    const bool is_row_by_row = plan_.shares_lists() && plan_.tile.rows < plan_.kernel_rows;
    Var block, block_filter, filter_tile, tile_filter, vector_tile, tile_vector, row_tile, tile_row, task;
    part_sum_.update()
        .split(filter_, block, block_filter, plan_.filters_per_block, TailStrategy::GuardWithIf)
        .split(block_filter, filter_tile, tile_filter, plan_.tile.filters)
        .split(vector_, vector_tile, tile_vector, plan_.tile.vectors)
        .split(kernel_row_, row_tile, tile_row, plan_.tile.rows)
        .reorder({lane_, tile_vector, tile_row, tile_filter, vector_tile, is_row_by_row ? filter_tile : row_tile,
                  is_row_by_row ? row_tile : filter_tile, part_chunk_.x, part_chunk_.y, block, part_})
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
    for (Func* func : {&pixel_, &value_})
      func->compute_at(part_sum_, part_chunk_.x)
          .bound_extent(block_filter_, plan_.filters_per_block)
          .vectorize(block_filter_, vector)
          .store_in(kOnStack);
    if (plan_.copies_taps) ScheduleTaps();
    if (!plan_.lists_entries) return;
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
  Tensor gradient_values_, argmax_;
  Tensor image_rows_;  // the rows of x with its border as sequences of floats
  const Var block_filter_{"block_filter"}, block_{"block"};
  const Var window_{"window"}, chunk_{"chunk"};  // windows are counted within their chunk
  const Var group_{"group"};                     // the images of a chunk: images_per_chunk of them
  const Var lane_{"lane"}, vector_{"vector"}, kernel_row_{"kernel_row"}, filter_{"filter"}, part_{"part"};
  const Var tap_{"tap"}, x_{"x"}, y_{"y"};  // (y, x): a pixel of a chunk
  Func taps_{"taps"}, pixel_{"pixel"}, value_{"value"};
  std::optional<IndexList> list_;  // defined if plan_.lists_entries
  Func chunk_sum_{"chunk_sum"}, part_sum_{"part_sum"}, total_{"total"};
  RDom source_tap_, spare_lane_, entry_, part_chunk_;
};

}  // namespace

std::string CanSparseWeightGrad(const KernelSpec& spec, const Machine& machine) {
  SparseGradient gradient;
  if (std::string reason = FindSparseGradient(spec, spec.operand(1), &gradient); !reason.empty()) return reason;
  const SparsePlan plan = PlanSparse(ConvProblemOf(spec), gradient, machine);
  if (plan.tile.run_length < kMinSparseRunLength) return "a row of its kernel has fewer than four taps";
  if (plan.lists_entries && gradient.columns > kMaxEntries) return "a row of its gradient has more than 256 pixels";
  if (gradient.columns * kEntryBytes * plan.filters_per_block > machine.l1_bytes)
    return "a row of its gradient does not fit the first-level cache";
  return "";
}

Work CostSparseWeightGrad(const KernelSpec& spec, const Machine& machine) {
  SparseGradient gradient;
  FindSparseGradient(spec, spec.operand(1), &gradient);
  const ConvProblem conv = ConvProblemOf(spec);
  const SparsePlan plan = PlanSparse(conv, gradient, machine);
  const double visited = plan.lists_entries ? gradient.nonzero_elements(conv.batch)
                                            : gradient.nonzero_elements(conv.batch) / gradient.nonzero_share;
  Work work = CommonWork(spec);
  // A vector that is shorter than the machine's takes as long.
  work.sparse_products = visited * plan.tile.run_vectors * plan.kernel_rows * machine.lanes;
  if (gradient.nonzero_share == 1) work.sparse_products *= kCostOfFullLists;
  work.tested_elements = gradient.nonzero_elements(conv.batch) / gradient.nonzero_share;
  // Without a pool, the entries of a list are far apart in the image, and reading one takes about two tests.
  if (!gradient.pooled()) work.tested_elements += 2 * visited;
  // Where windows overlap, successive entries may lie in any order.
  if (gradient.window_rows > gradient.step_rows) work.tested_elements += 3 * visited;
  // The sums of a filter are loaded and stored once for each chunk.
  const double chunks = double{1} * conv.batch / plan.images_per_chunk * plan.chunk_count;
  work.cache_bytes = 8 * chunks * gradient.filters * plan.tile.run_vectors * plan.kernel_rows * plan.tile.lanes;
  // Each block of filters reads the image again, and copies its taps if it does so.
  const double blocks = CeilDiv(gradient.filters, plan.filters_per_block),
               image_bytes = 4 * ElementCount(spec, spec.operand(0));
  AddFarBytes((blocks - 1) * image_bytes, image_bytes, machine, work);
  if (plan.copies_taps)
    work.cache_bytes +=
        4.0 * blocks * conv.batch * plan.chunk_count * plan.chunk_height() * plan.chunk_width() * plan.tile.run_length;
  return work;
}

ScheduledKernel BuildSparseWeightGrad(KernelBuilder& builder) {
  SparseGradient gradient;
  FindSparseGradient(builder.spec(), builder.spec().operand(1), &gradient);
  return SparseWeightGrad(builder, PlanSparse(ConvProblemOf(builder.spec()), gradient, builder.context())).Build();
}

}  // namespace brine::codegen
