// One op as Halide Funcs.  Each file codegen/halide/ops/<name>.cc defines the algorithm of one op, that is, what is
// computed; the strategy *generic* schedules it.
//
// Indices are in C order (outermost first) in this file and in the ops.  Halide's own order is the reverse.
#ifndef BRINE_CODEGEN_HALIDE_ALGORITHM_H_
#define BRINE_CODEGEN_HALIDE_ALGORITHM_H_

#include <array>
#include <string>
#include <vector>

#include "codegen/driver/machine.h"
#include "codegen/halide/precompiled.h"
#include "ir/graph.h"

namespace brine::codegen {

// ⌈a / b⌉
inline int CeilDiv(int64_t a, int64_t b) { return static_cast<int>((a + b - 1) / b); }

using Index = std::vector<Halide::Expr>;  // in C order

// A value that an op reads: a Func, or one element of a Func whose values are Tuples.
struct Tensor {
  ir::Type type;
  Halide::Func func;
  int element = -1;  // the position in the Tuple; -1: the Func has a single value

  Halide::Expr operator()(const Index& index) const;

  // The same element, with a promise to Halide that the index lies inside the tensor.  It is for an index whose bounds
  // follow from arithmetic that Halide's bounds inference cannot follow.  `batch_extent` is n.
  Halide::Expr ReadPromised(const Index& index, const Halide::Expr& batch_extent) const;
};

// A reduction: `func` has a pure definition, which gives the first value, and one update over `domain`.  Its axes are
// those of the Func that reads it, except for kind kRow.
struct Accumulator {
  enum class Kind {
    kTile,    // a matrix product: vectors along axis 0, rows along axis 1, and all sums of a tile in registers
    kWindow,  // few steps for each element: vectors along axis 0, and the domain is unrolled if it is small
    kRow      // one value for each row of the reader: it lacks the reader's axis 0
  };
  Halide::Func func;
  Halide::RDom domain;
  Kind kind = Kind::kWindow;
  // Whether consecutive steps along the domain's first axis read consecutive elements, and the update is associative
  // but for rounding, so that the steps may be taken in vectors.
  bool steps_are_contiguous = false;
};

// A Func with memory of its own that the op's result reads, such as repacked weights or partial sums.  It is scheduled
// like a result, and its outermost axis is the parallel one.
struct StoredFunc {
  Halide::Func func;  // pure
  ir::Shape shape;
  std::vector<Accumulator> accumulators;

  // Whether the Func is a panel: a matrix [depth, columns] of which a column of tiles reads the same columns.  If such
  // a slice is small, it is computed on the stack of each task, for one column of tiles at a time.
  bool is_panel = false;
};

inline constexpr int64_t kMaxPanelBytes = 128 << 10;  // on a task's stack

// The size of a panel with `depth` rows that is as wide as the widest tile, four vectors of `lanes` floats.
inline int64_t PanelBytes(int64_t depth, int lanes) { return depth * 4 * lanes * static_cast<int64_t>(sizeof(float)); }

// An op as Funcs: its results, and the Funcs that these read and that need a schedule.
struct Lowered {
  std::vector<Halide::Func> results;  // pure, over Axes(rank) of each result's type
  std::vector<Accumulator> accumulators;
  std::vector<StoredFunc> stored_funcs;

  // What is known about the first result, an image.  Outside of this shape, which begins at the first pixel, all of its
  // elements are 0.  Empty: nothing is known.
  ir::Shape nonzero_shape = {};
  // An image with fewer elements whose sum over n and pixels is that of the result, so that a bias gradient can read it
  // instead.  Its Func is undefined if there is none.
  Tensor pixel_sum_source = {};
};

// The inputs of an op's lowering.
struct LoweringContext {
  const ir::Node& node;
  std::vector<Tensor> operands;
  std::vector<ir::Type> result_types;

  // The index, in the whole result, of the element that is computed at Axes(rank).  An epilogue may be computed over
  // tiles, and then this is not Axes(rank) itself.  Ops whose values depend on the index (random numbers) need it.
  Index result_index;
  Halide::Expr batch_extent;  // n, the number of samples in this call
  int64_t batch_size;         // the largest n
  const Machine& machine;

  const ir::Attributes& attributes() const { return node.attributes; }
  Halide::Expr Extent(ir::Dim dim) const {
    return dim == ir::kBatch ? batch_extent : Halide::Expr(static_cast<int>(dim));
  }
  int64_t LargestExtent(ir::Dim dim) const { return dim == ir::kBatch ? batch_size : dim; }
};

// A long sum that is cut along one axis into parts:
//   total = Σ over parts p of Σ over steps s of element(p · elements_per_part + s)
// Each part adds its elements in order, and the parts are added in order.  The number of parts follows from the largest
// extent of that axis and the machine's number of tasks, so that the result does not depend on threads.
class ReductionParts {
 public:
  // `dim` is the extent of the axis.
  ReductionParts(const LoweringContext& context, ir::Dim dim);

  int elements_per_part() const { return elements_per_part_; }  // the last part may have fewer

  // The index along the axis of the element that step `step` of part `part` adds.  It is clamped to the last element,
  // since bounds inference does not use the condition that RestrictDomain adds.
  Halide::Expr ElementIndex(const Halide::Expr& part, const Halide::Expr& step) const;

  // Removes the steps past the end of the axis from `domain`, the domain of part `part`.
  void RestrictDomain(Halide::RDom& domain, const Halide::Expr& part, const Halide::Expr& step) const;

  // The lowering of an op whose result, of `shape`, is the sum of the parts.  The axes of `part_sum` are those of the
  // result, and outside of them the axis of parts.
  Lowered LowerTotal(const Accumulator& part_sum, const ir::Shape& shape) const;

 private:
  Halide::Expr extent_;
  int elements_per_part_, part_count_;
  bool has_equal_parts_;  // all parts have the same number of elements for every n
};

// How an op is computed.
struct Algorithm {
  Lowered (*lower)(const LoweringContext& context);

  // For a pool: its results for a window that lies inside the image, from the cells of the window in row-major order.
  // Null for all other ops.
  std::vector<Halide::Expr> (*pool)(const std::vector<Halide::Expr>& cells) = nullptr;

  // For a product of two matrices, none of which is transposed: the same as `lower`, with sums that are cut into parts.
  // Null for all other ops.
  Lowered (*lower_split)(const LoweringContext& context) = nullptr;
};

// The algorithm of `op`, which must be one of ir/ops.def or have been added.
const Algorithm& FindAlgorithm(const ir::Op& op);

// Adds the algorithm of an op that the calling program has added (ir::AddOp).  Both must outlive all kernels.
void AddAlgorithm(const ir::Op& op, const Algorithm& algorithm);

#define BRINE_OP(name, constant) extern const Algorithm constant;
#include "ir/ops.def"

// The variables of a Func of `rank` axes, in C order.  All Funcs of results use the same variables.
std::vector<Halide::Var> Axes(int rank);
Halide::Var Axis(int halide_axis);                                 // one of these variables; 0 is the innermost
std::vector<Halide::Var> Reversed(std::vector<Halide::Var> vars);  // from C order to Halide's order, or back
Index ToIndex(const std::vector<Halide::Var>& vars);
Halide::Type ToHalide(ir::DType dtype);

// The index at which an operand of `type` is read for element `index` of a result, by the rules of broadcasting: the
// last axes of both are aligned, and the index is 0 along an axis of extent 1.
Index BroadcastIndex(const ir::Type& type, const Index& index);

// The lowering of an op each of whose results is one expression over Axes(rank).
Lowered LowerPure(const LoweringContext& context, const std::vector<Halide::Expr>& values);

// func(axes) = values, as a Tuple if there are several values.  `axes` are in C order.
Halide::Func MakeFunc(const std::string& name, const std::vector<Halide::Var>& axes,
                      const std::vector<Halide::Expr>& values);

// Whether the coordinate `position` along an axis of an image lies in [0, size).
Halide::Expr IsInside(const Halide::Expr& position, int64_t size);

// The index in the batch of a row of the shard, and the position in C order of the result's element in the result of
// the whole batch, as uint32.  `step` is an operand of a random op.
Halide::Expr RowOfBatch(const Halide::Expr& row, const Tensor& step);
Halide::Expr ElementOfBatch(const LoweringContext& context, const Tensor& step);

// Two random numbers of an element, uniform in [0, 1): the first words of Philox4x32-10 for the counter (element,
// step[0], id, 0) and the key seed[0], seed[1].  The interpreter computes the same bits.
std::array<Halide::Expr, 2> RandomUniforms(const Halide::Expr& element, const Tensor& seed, const Tensor& step,
                                           int64_t id);
// The first of them.
Halide::Expr RandomUniform(const Halide::Expr& element, const Tensor& seed, const Tensor& step, int64_t id);

// The algorithm of the elementwise op y = formula(x).  `formula` is a lambda that captures nothing.
template <typename Formula>
Algorithm UnaryAlgorithm(Formula) {
  return {[](const LoweringContext& context) {
    return LowerPure(context, {Formula{}(context.operands[0](ToIndex(Axes(context.result_types[0].rank()))))});
  }};
}

// The algorithm of the elementwise op y = formula(a, b), whose operands are broadcast.
template <typename Formula>
Algorithm BinaryAlgorithm(Formula) {
  return {[](const LoweringContext& context) {
    const Index index = ToIndex(Axes(context.result_types[0].rank()));
    const Tensor &a = context.operands[0], &b = context.operands[1];
    return LowerPure(context, {Formula{}(a(BroadcastIndex(a.type, index)), b(BroadcastIndex(b.type, index)))});
  }};
}

// The algorithm of the elementwise op y = formula(a, b, c), whose operands are broadcast.
template <typename Formula>
Algorithm TernaryAlgorithm(Formula) {
  return {[](const LoweringContext& context) {
    const Index index = ToIndex(Axes(context.result_types[0].rank()));
    const auto read = [&](const Tensor& operand) { return operand(BroadcastIndex(operand.type, index)); };
    return LowerPure(context,
                     {Formula{}(read(context.operands[0]), read(context.operands[1]), read(context.operands[2]))});
  }};
}

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_ALGORITHM_H_
