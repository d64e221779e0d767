// A tile of 4×4 gradients and the 6×6 pixels under it give the 3×3 taps with 36 products instead of 144.  The products
// are summed over all tiles before the inverse transform, so it is computed once for a batch.
//
// Some images at a time are transformed.  Then each of the 36 points is a matrix product, [channels, tiles] · [tiles,
// filters], and these products are the tasks.
#include "codegen/halide/conv/winograd_weight_grad.h"

#include <algorithm>

#include "codegen/halide/conv/winograd.h"
#include "codegen/halide/conv/winograd_transforms.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

namespace {

constexpr int kSide = 4, kKernel = 3;  // of a tile of gradients; of the kernel
constexpr int kSidePoints = kSide + kKernel - 1;
constexpr int kGroupTiles = 128;            // tiles that are summed each time a point's sums are loaded and stored
constexpr double kTransformOperations = 6;  // for each point of a transform

int64_t TilesOf(const ConvProblem& conv) {
  return int64_t{conv.batch} * CeilDiv(conv.rows, kSide) * CeilDiv(conv.columns, kSide);
}

// The number of images in a group, from the number of tiles of an image.
int GroupImages(int image_tiles, int batch) { return std::clamp(kGroupTiles / image_tiles, 1, batch); }

}  // namespace

std::string CanWinogradWeightGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsWinogradKernel(conv); !reason.empty()) return reason;
  if (std::min(conv.channels, conv.filters) < machine.lanes) return "its channels or filters do not fill a vector";
  if (TilesOf(conv) < kMinWinogradTerms)
    return "its batch has fewer than 16 tiles of gradients, over which its rounding would exceed the bound of errors";
  return "";
}

Work CostWinogradWeightGrad(const KernelSpec& spec, const Machine& machine) {
  const ConvProblem conv = ConvProblemOf(spec);
  const int image_tiles = CeilDiv(conv.rows, kSide) * CeilDiv(conv.columns, kSide);
  const double tiles = static_cast<double>(TilesOf(conv)),
               groups = CeilDiv(conv.batch, GroupImages(image_tiles, conv.batch));
  const double points = kSidePoints * kSidePoints, filters = CeilDiv(conv.filters, machine.lanes) * machine.lanes;
  const double sums = points * conv.channels * filters;
  Work work = CommonWork(spec);
  AddPrologue(spec, work);
  work.products = tiles * sums;
  work.tile_utilization = 0.75;
  work.elementwise += kTransformOperations * (tiles * points * (conv.channels + filters) + sums);
  work.cache_bytes += 8 * tiles * points * (conv.channels + filters);
  // For each group of images, sums are loaded and stored; at the start they are set to 0, and at the end transformed.
  (4 * sums > static_cast<double>(machine.l2_bytes) ? work.memory_bytes : work.cache_bytes) += 8 * (groups + 1) * sums;
  return work;
}

ScheduledKernel BuildWinogradWeightGrad(KernelBuilder& builder) {
  const KernelSpec& spec = builder.spec();
  const LoopContext& context = builder.context();
  const ConvProblem conv = ConvProblemOf(spec);
  const Tensor input = builder.Read(spec.operand(0)), dy = builder.TrimmedImage(1);
  const int channels = conv.channels, filters = conv.filters, batch = conv.batch;
  const int rows = CeilDiv(dy.type.shape[1], kSide), columns = CeilDiv(dy.type.shape[2], kSide);
  const int group = GroupImages(rows * columns, batch), tiles = group * rows * columns;
  const int lanes = context.lanes, vectors = CeilDiv(filters, lanes);
  const int none[2] = {0, 0};
  const Tensor image =
      builder.WithBorder(input, conv.window.before, {kSide * rows + kKernel - 1, kSide * columns + kKernel - 1});
  const Tensor gradient = builder.WithBorder(dy, none, {kSide * rows, kSide * columns});
  const Transforms transforms = MakeTransforms(kKernel, kSide);

  const Var k("k"), c("c"), t("t"), e("e"), f("f"), g("g"), a("a"), v("v");
  const Expr row = t / columns % rows * kSide, column = t % columns * kSide, number = g * group + t / (rows * columns),
             n = Halide::min(number, context.rows - 1);
  Func image_rows("image_rows"), images("images"), gradient_rows("gradient_rows"), gradients("gradients");
  image_rows(c, e, a, t, g) = Transform(transforms.input, kSidePoints, e, Each(kSidePoints, [&](int b) {
                                          return image({n, row + a, column + b, c});
                                        }));
  images(c, t, e, f, g) = Transform(transforms.input, kSidePoints, f,
                                    Each(kSidePoints, [&](int line) { return image_rows(c, e, line, t, g); }));
  const Expr filter = filters % lanes == 0 ? v * lanes + k : Halide::min(v * lanes + k, filters - 1);
  gradient_rows(k, v, e, a, t, g) =
      Transform(transforms.filter, kSidePoints, e, Each(kSide, [&](int b) {
                  return Halide::select(number < context.rows, gradient({n, row + a, column + b, filter}), 0.0f);
                }));
  gradients(k, t, v, e, f, g) = Transform(transforms.filter, kSidePoints, f,
                                          Each(kSide, [&](int line) { return gradient_rows(k, v, e, line, t, g); }));

  Func product("product"), sum("sum"), half("half");
  const RDom walk(0, tiles, "walk"), groups(0, (context.rows + group - 1) / group, "groups");
  product(k, c, e, f, g) = 0.0f;
  // The last tiles clamp filters and channels to the last ones; those sums are discarded.
  product(k, c, e, f, g) += gradients(k % lanes, walk, Halide::min(k / lanes, vectors - 1), e, f, g) *
                            images(Halide::min(c, channels - 1), walk, e, f, g);
  sum(k, c, e, f) = 0.0f;
  sum(k, c, e, f) += product(k, c, e, f, groups);
  half(k, c, a, f) =
      Transform(transforms.output, kKernel, a, Each(kSidePoints, [&](int point) { return sum(k, c, point, f); }));
  const Var fo = Axis(0), co = Axis(1), bo = Axis(2), ao = Axis(3);
  const Expr sum_of_taps =
      Transform(transforms.output, kKernel, ao, Each(kSidePoints, [&](int point) { return half(fo, co, bo, point); }));
  Func out = MakeFunc("out", Axes(4), builder.ResultsAt(spec.sums(), sum_of_taps));
  builder.AddOutput(out, spec.results);

  const Tile tile = ChooseTile(filters, channels, context);
  const int across = lanes * tile.vectors;
  Var kt, ki, ct, ci, task;
  out.bound(fo, 0, filters).bound(co, 0, channels).bound(bo, 0, kKernel).bound(ao, 0, kKernel).compute_root();
  out.reorder(bo, ao, fo, co)
      .vectorize(fo, lanes, TailStrategy::GuardWithIf)
      .unroll(bo)
      .unroll(ao)
      .parallel(co, std::max(1, channels / static_cast<int>(kTasks)), TailStrategy::GuardWithIf);
  half.compute_at(out, fo).vectorize(k, lanes, TailStrategy::GuardWithIf).unroll(a).unroll(f);

  sum.compute_root().bound(k, 0, filters).bound(c, 0, channels).bound(e, 0, kSidePoints).bound(f, 0, kSidePoints);
  sum.vectorize(k, lanes, TailStrategy::GuardWithIf).fuse(e, f, task).parallel(task);
  sum.update()
      .split(k, kt, ki, across, TailStrategy::GuardWithIf)
      .split(c, ct, ci, tile.rows, TailStrategy::GuardWithIf);
  sum.update()
      .reorder(ki, ci, ct, kt, e, f, groups.x)
      .vectorize(ki, lanes, TailStrategy::GuardWithIf)
      .fuse(e, f, task)
      .parallel(task);
  product.compute_at(sum, ct)
      .bound_extent(k, across)
      .bound_extent(c, tile.rows)
      .vectorize(k, lanes)
      .unroll(k)
      .unroll(c);
  product.update().reorder(k, c, walk).vectorize(k, lanes).unroll(k).unroll(c);

  // The points of a tile are written together; an odd number of tiles puts them into different sets of a cache.
  const int stride = tiles | 1;
  // If the tail were shifted inwards, two tasks would write the same tiles, and the compiler may have rounded them
  // differently in each.
  const int each = (tiles + static_cast<int>(kTasks) - 1) / static_cast<int>(kTasks);
  for (Func* func : {&images, &gradients})
    func->store_root()
        .compute_at(sum, groups.x)
        .bound(t, 0, tiles)
        .bound(e, 0, kSidePoints)
        .bound(f, 0, kSidePoints)
        .fold_storage(g, 1)
        .bound_storage(t, stride);
  images.bound(c, 0, channels)
      .reorder(e, f, c, t)
      .vectorize(c, lanes, TailStrategy::GuardWithIf)
      .unroll(e)
      .unroll(f)
      .parallel(t, each, TailStrategy::GuardWithIf);
  image_rows.compute_at(images, c).vectorize(c, lanes).unroll(e).unroll(a);
  gradients.bound(k, 0, lanes).bound(v, 0, vectors).reorder(e, f, k, v, t).vectorize(k, lanes).unroll(e).unroll(f);
  gradients.parallel(t, each, TailStrategy::GuardWithIf);
  gradient_rows.compute_at(gradients, k).vectorize(k, lanes).unroll(e).unroll(a);
  return builder.Finish();
}

}  // namespace brine::codegen
