// One op as Halide Funcs: what codegen/halide/ops/<name>.cc defines and the strategy *generic* schedules.
//
// Indices are in C order (outermost first) in this file and in the ops; Halide's own order is the reverse.
#ifndef BRINE_CODEGEN_HALIDE_ALGORITHM_H_
#define BRINE_CODEGEN_HALIDE_ALGORITHM_H_

#include <string>
#include <vector>

#include "codegen/halide/precompiled.h"
#include "ir/graph.h"

namespace brine::codegen {

// Sums over many images or rows are cut into at most this many parts.
inline constexpr int kMaxParts = 16;

using Index = std::vector<Halide::Expr>;  // in C order

// A value that an op reads: one element of a Func.
struct Tensor {
  ir::Type type;
  Halide::Func func;
  int element = -1;  // the element of a Tuple; -1: the Func has one value

  Halide::Expr operator()(const Index& index) const;
  // For an index that is inside the tensor by arithmetic that bounds inference cannot follow.
  Halide::Expr Inside(const Index& index, const Halide::Expr& rows) const;
};

// A reduction with the same axes as its consumer, unless it is of kind kRow: `func` has a pure definition and one
// update over `domain`.
struct Accumulator {
  enum class Kind {
    kTile,    // a product of matrices: axis 0 in vectors, axis 1 in rows, all of a tile in registers
    kWindow,  // few steps an element: axis 0 in vectors, the domain unrolled where it is small
    kRow      // lacks axis 0 of its reader: one for each of the reader's rows
  };
  Halide::Func func;
  Halide::RDom domain;
  Kind kind = Kind::kWindow;
};

// A Func with its own memory that the op's result reads, e.g. repacked weights, or partial sums.  The number of parts
// follows from shapes.  It is scheduled like a result, and its outermost axis is the parallel one.
struct Root {
  Halide::Func func;  // pure
  ir::Shape shape;
  std::vector<Accumulator> accumulators;
  bool panel = false;  // axis 0 follows its reader's tile: computed for each column of tiles if that is small
};

inline constexpr int64_t kLargestPanel = 128 << 10;  // bytes on a task's stack

// The size of a panel of this depth that is as wide as a tile can be, four vectors.
inline int64_t PanelBytes(int64_t depth, int lanes) { return depth * 4 * lanes * static_cast<int64_t>(sizeof(float)); }

struct Lowered {
  std::vector<Halide::Func> results;  // pure, over Axes(rank) of each result's type
  std::vector<Accumulator> accumulators;
  std::vector<Root> roots;

  ir::Shape nonzero = {};  // a part of an image, outside of which the result is 0; empty: nothing is known
  Tensor folded = {};      // an image with fewer elements and the same sum over pixels; may be undefined
};

// The inputs of an op's lowering.
struct LoweringContext {
  const ir::Node& node;
  std::vector<Tensor> in;
  std::vector<ir::Type> out;
  Index at;            // the element of the result, of Axes(rank): where operands were read
  Halide::Expr rows;   // n
  int64_t batch_size;  // the largest n
  int lanes;           // floats in a vector register

  const ir::Attributes& attributes() const { return node.attributes; }
  Halide::Expr Extent(ir::Dim dim) const { return dim == ir::kBatch ? rows : Halide::Expr(static_cast<int>(dim)); }
  int64_t LargestExtent(ir::Dim dim) const { return dim == ir::kBatch ? batch_size : dim; }
};

// A long sum that is cut along one axis into parts.  Their number follows from the largest extent of that axis, so that
// the result does not depend on threads.  Each part sums its elements in order, and the parts are added in order.
class Parts {
 public:
  Parts(const LoweringContext& context, ir::Dim dim);

  int elements() const { return elements_; }  // of a part along the axis; the last part may have fewer

  // The element along the axis that step `step` of part `part` sums.  Bounds inference cannot use the test of Limit, so
  // the index is clamped as well.
  Halide::Expr Element(const Halide::Expr& part, const Halide::Expr& step) const;
  void Limit(Halide::RDom& domain, const Halide::Expr& part, const Halide::Expr& step) const;  // to the axis's elements

  // The sum of the parts `sum`, each over `domain`, for a result of `shape`.  The axes of `sum` are those of the result
  // inside an axis of parts.
  Lowered Total(const Halide::Func& sum, const Halide::RDom& domain, Accumulator::Kind kind,
                const ir::Shape& shape) const;

 private:
  Halide::Expr extent_;
  int elements_, count_;
  bool even_;  // all parts have the same number of elements for every n
};

struct Algorithm {
  Lowered (*lower)(const LoweringContext& context);

  // The results of a pool for a window that lies inside the image, from the cells of the window.
  std::vector<Halide::Expr> (*pool)(const std::vector<Halide::Expr>& cells) = nullptr;
};

const Algorithm& FindAlgorithm(const ir::Op& op);

// The algorithm of an op that the calling program added (ir::AddOp); both must outlive all kernels.
void AddAlgorithm(const ir::Op& op, const Algorithm& algorithm);

#define BRINE_OP(name, constant) extern const Algorithm constant;
#include "ir/ops.def"

// The variables of a Func of `rank` axes, in C order.  All Funcs use the same ones.
std::vector<Halide::Var> Axes(int rank);
Halide::Var Axis(int halide_axis);  // 0 is the innermost
std::vector<Halide::Var> Reversed(std::vector<Halide::Var> vars);
Index ToIndex(const std::vector<Halide::Var>& vars);
Halide::Type ToHalide(ir::DType dtype);

// The index of an operand of `type` for element `index` of the result, by broadcasting: trailing axes are aligned, and
// the index is 0 along an extent of 1.
Index Broadcast(const ir::Type& type, const Index& index);

// A result that is one expression of its index.
Lowered Pure(const LoweringContext& context, const std::vector<Halide::Expr>& values);
Halide::Func MakeFunc(const std::string& name, const std::vector<Halide::Var>& c_order,
                      const std::vector<Halide::Expr>& values);

// Whether the coordinate `position` of an image lies in [0, size).
Halide::Expr Inside(const Halide::Expr& position, int64_t size);

// The row-major position of `index` in a tensor of `shape`, as uint32.
Halide::Expr Flatten(const LoweringContext& context, const ir::Shape& shape, const Index& index);

// First word of Philox4x32-10 for counter (element, step, id, 0) and key seed[2], as a float in [0, 1).
Halide::Expr RandomUniform(const Halide::Expr& element, const Tensor& seed, const Tensor& step, int64_t id);

// The algorithm of an elementwise op: y = formula(x), for a lambda that captures nothing.
template <typename Formula>
Algorithm UnaryAlgorithm(Formula) {
  return {[](const LoweringContext& context) {
    return Pure(context, {Formula{}(context.in[0](ToIndex(Axes(context.out[0].rank()))))});
  }};
}

// The same for y = formula(a, b) with broadcasting.
template <typename Formula>
Algorithm BinaryAlgorithm(Formula) {
  return {[](const LoweringContext& context) {
    const Index at = ToIndex(Axes(context.out[0].rank()));
    const Tensor &a = context.in[0], &b = context.in[1];
    return Pure(context, {Formula{}(a(Broadcast(a.type, at)), b(Broadcast(b.type, at)))});
  }};
}

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_ALGORITHM_H_
