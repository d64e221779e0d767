// conv_pool: convolution, bias, pool and activation in one pass.  A register tile is the windows of a few pooled pixels
// times a few vectors of filters; it walks the whole reduction, is pooled where it stands, and only pooled values and
// winners are written.
#include <algorithm>
#include <functional>

#include "codegen/templates/direct_conv.h"
#include "codegen/templates/live_conv.h"
#include "codegen/templates/winograd_conv.h"
#include "codegen/templates/winograd_rows.h"
#include "ir/op.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;
using ir::Node;

constexpr int kMostPoolCells = 9;  // of a window: their tests are written out

struct ConvParts {
  const Node *conv, *bias, *pool, *activation;
};

ConvParts FindParts(const Frame& frame) {
  ConvParts parts = {frame.Find(ir::kConv2D), frame.Find(ir::kAdd), nullptr, nullptr};
  for (const ir::Op* op : {&ir::kMaxPool, &ir::kAvgPool, &ir::kReluAvgPool}) {
    if (parts.pool == nullptr) parts.pool = frame.Find(*op);
  }
  for (const ir::Op* op : {&ir::kRelu, &ir::kSigmoid, &ir::kTanh}) {
    if (parts.activation == nullptr) parts.activation = frame.Find(*op);
  }
  return parts;
}

// Windows that neither overlap nor hang over the edge, so that a tile of windows is a tile of pixels.
bool Fits(const ConvParts& parts) {
  if (parts.conv->attributes.Int("groups") != 1) return false;
  const std::vector<int64_t>&window = parts.pool->attributes.Ints("window"),
        &pads = parts.pool->attributes.Ints("pads");
  return window == parts.pool->attributes.Ints("strides") && window[0] * window[1] <= kMostPoolCells &&
         std::all_of(pads.begin(), pads.end(), [](int64_t pad) { return pad == 0; });
}

// Sums that stay in registers: vectors × cells × pixels, with a register for each vector of weights and one for a
// pixel.
Tile ChoosePooledTile(int64_t filters, int64_t pixels, int cells, const Machine& machine) {
  Tile best = {1, 1};
  double best_rate = 0;
  for (int vectors = 1; vectors <= 4; ++vectors) {
    if (vectors > 1 && vectors * machine.lanes > filters) break;
    for (int across = 1; across <= pixels; ++across) {
      const int sums = vectors * cells * across;
      if (sums + vectors + 1 > machine.registers && across > 1) break;
      // Two products a cycle, two loads a cycle, and a sum can be added to every fourth cycle; what lies past the edge
      // is wasted.
      const int64_t columns = (filters + vectors * machine.lanes - 1) / (vectors * machine.lanes),
                    tiles = (pixels + across - 1) / across;
      const double useful = static_cast<double>(filters * pixels) /
                            static_cast<double>(columns * vectors * machine.lanes * tiles * across);
      const double spilled = std::max(0, sums + vectors + 1 - machine.registers);
      const double cycles = std::max({sums / 2.0, (vectors + cells * across) / 2.0, 4.0}) + spilled;
      const double rate = useful * sums / cycles + 1e-3 * sums;
      if (rate > best_rate) {
        best_rate = rate;
        best = {vectors, across};
      }
    }
  }
  return best;
}

struct Pooled {
  Expr value, index;  // index: what the pool's gradient needs beside the value's own
};

Pooled MaxOf(const WindowSum& at, int rows, int columns) {
  Pooled best;
  for (int cell = 0; cell < rows * columns; ++cell) {
    const Expr value = at(cell / columns, cell % columns);
    if (cell == 0) {
      best = {value, 0};
      continue;
    }
    best.index = Halide::select(value > best.value, cell, best.index);
    best.value = Halide::max(best.value, value);
  }
  return best;
}

Pooled MeanOf(const WindowSum& at, int rows, int columns) {
  Expr total = 0.0f;
  for (int cell = 0; cell < rows * columns; ++cell) total += at(cell / columns, cell % columns);
  return {total / static_cast<float>(rows * columns), Expr()};
}

Pooled MaskedMeanOf(const WindowSum& at, int rows, int columns) {
  const MaskedMean mean = MakeMaskedMean(rows * columns, [&](int cell) { return at(cell / columns, cell % columns); });
  return {mean.value, mean.mask};
}

// A convolution whose sums stay in registers from the first product to the last.
struct DirectSum {
  Func sum{"conv"};
  RDom r;

  DirectSum(Frame& frame, const Tensor& x, const Tensor& w, const Window& window, const Expr& first)
      : r(0, static_cast<int>(w.type.shape[2]), 0, window.size[1], 0, window.size[0], "r") {
    const Picture at = PictureAxes();
    const Tensor image = frame.Bordered(x, window);
    sum(at.c, at.x, at.y, at.n) = first;
    sum(at.c, at.x, at.y, at.n) +=
        w({r.z, r.y, r.x, at.c}) * image({at.n, at.y * window.stride[0] + r.z * window.dilation[0],
                                          at.x * window.stride[1] + r.y * window.dilation[1], r.x});
  }

  // Each element of `out` reads `cells` sums.
  void Schedule(Func& out, const ir::Shape& shape, int cells, const Machine& machine) {
    const Picture at = PictureAxes();
    const int height = static_cast<int>(shape[1]), width = static_cast<int>(shape[2]),
              filters = static_cast<int>(shape[3]);
    out.bound(at.c, 0, filters).bound(at.x, 0, width).bound(at.y, 0, height).bound(at.n, 0, machine.rows);
    const Tile tile = ChoosePooledTile(filters, width, cells, machine);
    const int vector = std::min(filters, machine.lanes), across = vector * tile.vectors;
    Var column, c, block, pixel;
    out.split(at.c, column, c, across, TailStrategy::ShiftInwards)
        .split(at.x, block, pixel, tile.rows, TailStrategy::ShiftInwards);
    // The columns lie outside the rows of a picture, so that a column's weights stay in the first-level cache (18 KB
    // for 32 channels on AVX2).
    out.reorder(c, pixel, block, at.y, column, at.n).vectorize(c, vector).unroll(c).unroll(pixel);
    const std::vector<Loop> loops = {
        {at.n, machine.batch_size}, {column, Parts(filters, across)}, {at.y, height}, {block, Parts(width, tile.rows)}};
    const Task task = Parallel(out, loops);
    sum.compute_at(out, task.At(loops, 3)).vectorize(at.c, vector).unroll(at.c).unroll(at.x).unroll(at.y);
    sum.update()
        .reorder(at.c, at.x, at.y, r.x, r.y, r.z)
        .vectorize(at.c, vector)
        .unroll(at.c)
        .unroll(at.x)
        .unroll(at.y);
  }
};

// Without a pool: by Winograd where that gains, else as any product.
ScheduledKernel BuildConv(const KernelRequest& request, Frame& frame, const ConvParts& parts) {
  const Tensor &x = *frame.Parameter(parts.conv->inputs[0]), &w = *frame.Parameter(parts.conv->inputs[1]);
  const Window window = MakeWindow(parts.conv->attributes, w.type.shape[0], w.type.shape[1]);
  const ir::Type& type = frame.graph().type(parts.conv->outputs[0]);
  const int channels = static_cast<int>(x.type.shape[3]), filters = static_cast<int>(type.shape[3]);
  if (frame.kernel().outputs.size() != 1) return BuildGeneric(request);
  const auto result = [&](const Picture& at, const Expr& sum) {
    const Expr biased = parts.bias == nullptr ? sum : sum + (*frame.Parameter(parts.bias->inputs[1]))({at.c});
    if (parts.activation == nullptr) return biased;
    return Expr(
        frame.Lower(*parts.activation, {{type, MakeFunc("sum", Axes(4), {biased}), -1}}).func(at.c, at.x, at.y, at.n));
  };
  const ir::Attributes& attributes = parts.conv->attributes;
  const Machine& machine = frame.machine();
  const auto weight = [&](const Expr& a, const Expr& b, const Expr& c, const Expr& f) { return w({a, b, c, f}); };
  const auto results = [&](const Picture& at, const WindowSum& sum) -> std::vector<Expr> {
    return {result(at, sum(0, 0))};
  };
  const int height = static_cast<int>(type.shape[1]), width = static_cast<int>(type.shape[2]);
  const char* algorithm = "direct";
  if (FitsWinogradConv(window, attributes, height, width, channels, filters, machine)) {
    algorithm = "winograd";
    frame.AddOutput(WinogradConv(frame, x, window.before, weight, channels, type.shape, 1, results),
                    frame.kernel().outputs);
  } else if (FitsWinogradRows(window, attributes, channels, filters, height, width, machine)) {
    algorithm = "winograd-rows";
    frame.AddOutput(WinogradRows(frame.Bordered(x, window), weight, type.shape, 1, results, machine),
                    frame.kernel().outputs);
  } else if (frame.kernel().region == "conv_of_live" && FitsLiveConv(attributes, x.type, type.shape, machine)) {
    algorithm = "lists";
    frame.AddOutput(LiveConv({x, window, type.shape, false, weight, result}, machine), frame.kernel().outputs);
  } else if (FitsDirectConv(attributes, channels, filters, machine)) {
    frame.AddOutput(DirectConv(frame, x, w, window, type.shape, result), frame.kernel().outputs);
  } else if (attributes.Int("groups") == 1 && filters >= machine.lanes) {
    DirectSum direct(frame, x, w, window, 0.0f);
    const Picture at = PictureAxes();
    Func out = MakeFunc("out", Axes(4), {result(at, direct.sum(at.c, at.x, at.y, at.n))});
    frame.AddOutput(out, frame.kernel().outputs);
    direct.Schedule(out, type.shape, 1, machine);
  } else {
    return BuildGeneric(request);
  }
  return frame.Finish(algorithm);
}

}  // namespace

ScheduledKernel BuildConvPool(const KernelRequest& request) {
  Frame frame(request);
  const ConvParts parts = FindParts(frame);
  if (parts.pool == nullptr) return BuildConv(request, frame, parts);
  if (!Fits(parts)) return BuildGeneric(request);
  const Machine& machine = frame.machine();
  const Tensor &x = *frame.Parameter(parts.conv->inputs[0]), &w = *frame.Parameter(parts.conv->inputs[1]);
  const Window window = MakeWindow(parts.conv->attributes, w.type.shape[0], w.type.shape[1]);
  const std::vector<int64_t>& cells = parts.pool->attributes.Ints("window");
  const int rows = static_cast<int>(cells[0]), columns = static_cast<int>(cells[1]);

  const Picture at = PictureAxes();
  const ir::Type& type = frame.graph().type(parts.pool->outputs[0]);
  const int channels = static_cast<int>(w.type.shape[2]), filters = static_cast<int>(type.shape[3]);
  const int height = static_cast<int>(type.shape[1]), width = static_cast<int>(type.shape[2]);
  const Expr bias = parts.bias == nullptr ? Expr(0.0f) : (*frame.Parameter(parts.bias->inputs[1]))({at.c});

  const auto pool = parts.pool->op == &ir::kMaxPool ? MaxOf : parts.pool->op == &ir::kAvgPool ? MeanOf : MaskedMeanOf;
  const std::vector<ir::ValueId>& outputs = frame.kernel().outputs;
  const auto results = [&](const Picture& axes, const WindowSum& cell) {
    const Pooled pooled = pool(cell, rows, columns);
    Func value = MakeFunc("pooled", Axes(4), {pooled.value});
    if (parts.activation != nullptr) value = frame.Lower(*parts.activation, {{type, value, -1}}).func;
    std::vector<Expr> values;
    for (ir::ValueId output : outputs) {
      const bool index = pooled.index.defined() && output == parts.pool->outputs[1];
      values.push_back(index ? Halide::cast(ToHalide(frame.graph().type(output).dtype), pooled.index)
                             : value(axes.c, axes.x, axes.y, axes.n));
    }
    return values;
  };

  if (rows == 2 && columns == 2) {
    const auto weight = [&](const Expr& a, const Expr& b, const Expr& c, const Expr& f) { return w({a, b, c, f}); };
    const auto biased = [&](const Picture& axes, const WindowSum& sum) {
      return results(axes, [&](int row, int column) { return bias + sum(row, column); });
    };
    const ir::Attributes& attributes = parts.conv->attributes;
    if (FitsWinogradConv(window, attributes, 2 * height, 2 * width, channels, filters, machine)) {
      frame.AddOutput(WinogradConv(frame, x, window.before, weight, channels, type.shape, 2, biased), outputs);
      return frame.Finish("winograd");
    }
    if (FitsWinogradRows(window, attributes, channels, filters, 2 * height, 2 * width, machine)) {
      frame.AddOutput(WinogradRows(frame.Bordered(x, window), weight, type.shape, 2, biased, machine), outputs);
      return frame.Finish("winograd-rows");
    }
  }

  DirectSum direct(frame, x, w, window, bias);
  Func out = MakeFunc("out", Axes(4), results(at, [&](int row, int column) {
                        return direct.sum(at.c, at.x * columns + column, at.y * rows + row, at.n);
                      }));
  frame.AddOutput(out, outputs);
  direct.Schedule(out, type.shape, rows * columns, machine);
  return frame.Finish("direct");
}

}  // namespace brine::codegen
