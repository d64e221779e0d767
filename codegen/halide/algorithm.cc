#include "codegen/halide/algorithm.h"

#include <algorithm>
#include <array>
#include <map>

#include "ir/check.h"
#include "ir/op.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::Var;

Expr Tensor::operator()(const Index& index) const {
  std::vector<Expr> args(index.rbegin(), index.rend());
  return element < 0 ? Expr(func(args)) : func(args)[element];
}

Expr Tensor::ReadPromised(const Index& index, const Expr& batch_extent) const {
  Index promised = index;
  for (size_t axis = 0; axis < index.size(); ++axis) {
    const ir::Dim dim = type.shape[axis];
    const Expr last = (dim == ir::kBatch ? batch_extent : Expr(static_cast<int>(dim))) - 1;
    promised[axis] = Halide::unsafe_promise_clamped(index[axis], 0, last);
  }
  return (*this)(promised);
}

namespace {

std::map<const ir::Op*, const Algorithm*>& Table() {
  static auto* const table = new std::map<const ir::Op*, const Algorithm*>{
#define BRINE_OP(name, constant) {&ir::constant, &codegen::constant},
#include "ir/ops.def"
  };
  return *table;
}

}  // namespace

const Algorithm& FindAlgorithm(const ir::Op& op) {
  const auto row = Table().find(&op);
  BRINE_CHECK(row != Table().end());
  return *row->second;
}

void AddAlgorithm(const ir::Op& op, const Algorithm& algorithm) {
  BRINE_CHECK(Table().emplace(&op, &algorithm).second);
}

Var Axis(int halide_axis) {
  static const std::array<Var, ir::kMaxRank + 1> kAxes = {Var("d0"), Var("d1"), Var("d2"), Var("d3"), Var("d4"),
                                                          Var("d5"), Var("d6"), Var("d7"), Var("d8")};
  return kAxes[static_cast<size_t>(halide_axis)];
}

std::vector<Var> Axes(int rank) {
  std::vector<Var> axes;
  for (int axis = rank - 1; axis >= 0; --axis) axes.push_back(Axis(axis));
  return axes;
}

std::vector<Var> Reversed(std::vector<Var> vars) {
  std::reverse(vars.begin(), vars.end());
  return vars;
}

Index ToIndex(const std::vector<Var>& vars) { return Index(vars.begin(), vars.end()); }

Halide::Type ToHalide(ir::DType dtype) {
  switch (dtype) {
    case ir::DType::kF32:
      return Halide::Float(32);
    case ir::DType::kI32:
      return Halide::Int(32);
    case ir::DType::kU32:
      return Halide::UInt(32);
    case ir::DType::kU8:
    case ir::DType::kMask:
      return Halide::UInt(8);
  }
  BRINE_CHECK(false);
}

Index BroadcastIndex(const ir::Type& type, const Index& index) {
  const size_t missing = index.size() - type.shape.size();
  Index result;
  for (size_t axis = 0; axis < type.shape.size(); ++axis)
    result.push_back(type.shape[axis] == 1 ? Expr(0) : index[axis + missing]);
  return result;
}

Func MakeFunc(const std::string& name, const std::vector<Var>& axes, const std::vector<Expr>& values) {
  Func func(name);
  const std::vector<Var> args = Reversed(axes);
  if (values.size() == 1)
    func(args) = values[0];
  else
    func(args) = Halide::Tuple(values);
  return func;
}

Lowered LowerPure(const LoweringContext& context, const std::vector<Expr>& values) {
  Lowered lowered;
  for (size_t result = 0; result < values.size(); ++result) {
    lowered.results.push_back(MakeFunc("pure", Axes(context.result_types[result].rank()), {values[result]}));
  }
  return lowered;
}

Expr IsInside(const Expr& position, int64_t size) { return position >= 0 && position < static_cast<int>(size); }

Expr RowOfBatch(const Expr& row, const Tensor& step) { return step({Expr(1)}) + Halide::cast<uint32_t>(row); }

Expr ElementOfBatch(const LoweringContext& context, const Tensor& step) {
  const ir::Shape& shape = context.result_types[0].shape;
  const Index& index = context.result_index;
  // The outermost extent is not needed, and if it is n, it may be unknown.
  Expr flat = RowOfBatch(shape.empty() ? Expr(0) : index[0], step);
  for (size_t axis = 1; axis < shape.size(); ++axis) {
    flat = flat * Halide::cast<uint32_t>(context.Extent(shape[axis])) + Halide::cast<uint32_t>(index[axis]);
  }
  return flat;
}

std::array<Expr, 2> RandomUniforms(const Expr& element, const Tensor& seed, const Tensor& step, int64_t id) {
  const auto word = [](uint32_t value) { return Halide::Internal::make_const(Halide::UInt(32), value); };
  const auto high_word = [](const Expr& a, const Expr& b) {
    return Halide::cast<uint32_t>((Halide::cast<uint64_t>(a) * Halide::cast<uint64_t>(b)) >> 32);
  };
  // The names and constants are those of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011.
  Expr key0 = seed({Expr(0)}), key1 = seed({Expr(1)});
  Expr c0 = element, c1 = step({Expr(0)}), c2 = word(static_cast<uint32_t>(id)), c3 = word(0);
  const Expr m0 = word(0xD2511F53u), m1 = word(0xCD9E8D57u);
  for (int round = 0; round < 10; ++round) {
    const Expr high0 = high_word(m0, c0), low0 = m0 * c0, high1 = high_word(m1, c2), low1 = m1 * c2;
    c0 = high1 ^ c1 ^ key0;
    c1 = low1;
    c2 = high0 ^ c3 ^ key1;
    c3 = low0;
    key0 += word(0x9E3779B9u);
    key1 += word(0xBB67AE85u);
  }
  // A float holds 24 bits exactly, so the largest result is 1 − 2⁻²⁴.
  const auto uniform = [](const Expr& word) {
    return Halide::cast<float>(word >> 8) * 5.9604644775390625e-8f;
  };  // 2⁻²⁴
  return {uniform(c0), uniform(c1)};
}

Expr RandomUniform(const Expr& element, const Tensor& seed, const Tensor& step, int64_t id) {
  return RandomUniforms(element, seed, step, id)[0];
}

ReductionParts::ReductionParts(const LoweringContext& context, ir::Dim dim) : extent_(context.Extent(dim)) {
  const int64_t largest = context.LargestExtent(dim);
  elements_per_part_ = CeilDiv(largest, context.machine.tasks);
  part_count_ = CeilDiv(largest, elements_per_part_);
  has_equal_parts_ = dim != ir::kBatch && largest % elements_per_part_ == 0;
}

Expr ReductionParts::ElementIndex(const Expr& part, const Expr& step) const {
  const Expr element = part * elements_per_part_ + step;
  return has_equal_parts_ ? element : Halide::min(element, extent_ - 1);
}

void ReductionParts::RestrictDomain(Halide::RDom& domain, const Expr& part, const Expr& step) const {
  if (!has_equal_parts_) domain.where(part * elements_per_part_ + step < extent_);
}

Lowered ReductionParts::LowerTotal(const Accumulator& part_sum, const ir::Shape& shape) const {
  const int rank = static_cast<int>(shape.size());
  const std::vector<Var> axes = Axes(rank), axes_with_part = Axes(rank + 1);
  StoredFunc partial;
  partial.func = MakeFunc("partial", axes_with_part, {part_sum.func(Reversed(axes_with_part))});
  partial.shape = shape;
  partial.shape.insert(partial.shape.begin(), part_count_);
  partial.accumulators = {part_sum};

  const Halide::RDom parts(0, part_count_);
  std::vector<Expr> index_with_part = ToIndex(Reversed(axes));
  index_with_part.push_back(parts.x);
  Func total = MakeFunc("total", axes, {0.0f});
  total(Reversed(axes)) += partial.func(index_with_part);
  Lowered lowered;
  lowered.results = {MakeFunc("sum_of_parts", axes, {total(Reversed(axes))})};
  lowered.stored_funcs = {partial};
  lowered.accumulators = {{total, parts, Accumulator::Kind::kWindow}};
  return lowered;
}

}  // namespace brine::codegen
