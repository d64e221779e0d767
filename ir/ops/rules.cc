#include "ir/ops/rules.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_join.h"
#include "ir/kinds.h"

namespace brine::ir {
namespace {

bool HasBatchOnlyAsFirst(const Shape& shape) {
  return shape.empty() || std::count(shape.begin() + 1, shape.end(), kBatch) == 0;
}

absl::Status ExpectSizes(absl::string_view operand, const Type& type) {
  const absl::Status sizes = CheckShape(type.shape);
  if (!sizes.ok()) return Refuse(operand, ": ", sizes.message());
  if (!HasBatchOnlyAsFirst(type.shape))
    return Refuse(operand, " may have n only as its first axis, got ", ToString(type));
  return absl::OkStatus();
}

}  // namespace

absl::Status ExpectDType(absl::string_view operand, const Type& type, DType dtype) {
  if (type.dtype != dtype) return Refuse(operand, " must be ", DTypeName(dtype), ", got ", ToString(type));
  return ExpectSizes(operand, type);
}

absl::Status ExpectAnyDType(absl::string_view operand, const Type& type) {
  if (type.dtype == DType::kMask) return Refuse(operand, " must not be a mask, got ", ToString(type));
  return ExpectSizes(operand, type);
}

absl::Status ExpectType(absl::string_view operand, const Type& type, const Type& wanted) {
  if (type != wanted) return Refuse(operand, " must be ", ToString(wanted), ", got ", ToString(type));
  return ExpectSizes(operand, type);
}

absl::Status ExpectMinimumRank(absl::string_view operand, const Type& type, int rank) {
  if (type.rank() < rank) return Refuse(operand, " must have rank ", rank, " or more, got ", ToString(type));
  return absl::OkStatus();
}

absl::Status ExpectFixed(absl::string_view operand, const Type& type) {
  if (std::count(type.shape.begin(), type.shape.end(), kBatch) > 0)
    return Refuse(operand, " must not depend on n, got ", ToString(type));
  return absl::OkStatus();
}

absl::Status ExpectFixedLast(absl::string_view operand, const Type& type) {
  BRINE_RETURN_IF_ERROR(ExpectMinimumRank(operand, type, 1));
  if (type.shape.back() == kBatch) return Refuse(operand, "'s last axis must not be n, got ", ToString(type));
  return absl::OkStatus();
}

absl::Status ExpectAxis(absl::string_view operand, const Type& type, int64_t axis) {
  BRINE_RETURN_IF_ERROR(ExpectMinimumRank(operand, type, 1));
  if (axis < 0 || axis >= type.rank())
    return Refuse("axis must lie within 0 ... ", type.rank() - 1, ", got ", axis, " for ", ToString(type));
  if (type.shape[static_cast<size_t>(axis)] == kBatch)
    return Refuse("axis ", axis, " of ", operand, " must not be n, got ", ToString(type));
  return absl::OkStatus();
}

absl::Status ExpectImage(absl::string_view operand, const Type& type) {
  if (type.rank() != 4)
    return Refuse(operand, " must have the axes [n, height, width, channels], got ", ToString(type));
  return absl::OkStatus();
}

absl::Status ExpectInts(absl::string_view attribute, const std::vector<int64_t>& values, size_t count,
                        int64_t minimum) {
  if (values.size() != count) return Refuse(attribute, " must hold ", count, " numbers, got ", values.size());
  for (int64_t value : values) {
    if (value < minimum) {
      return Refuse(attribute, minimum == 1 ? " must be positive, got [" : " must not be negative, got [",
                    absl::StrJoin(values, ","), "]");
    }
    if (value > kMaxElements)
      return Refuse(attribute, " must be at most ", kMaxElements, ", got [", absl::StrJoin(values, ","), "]");
  }
  return absl::OkStatus();
}

absl::Status ExpectBox(const std::vector<int64_t>& begin, absl::string_view box_name, const Type& box,
                       absl::string_view whole_name, const Type& whole) {
  if (box.rank() != whole.rank())
    return Refuse(box_name, " must have the rank of ", whole_name, ", got ", ToString(box), " and ", ToString(whole));
  BRINE_RETURN_IF_ERROR(ExpectInts("begin", begin, box.shape.size(), 0));
  for (size_t axis = 0; axis < begin.size(); ++axis) {
    const Dim inner = box.shape[axis], outer = whole.shape[axis];
    const bool fits = inner == kBatch || outer == kBatch ? inner == outer && begin[axis] == 0
                                                         : inner >= 1 && begin[axis] <= outer - inner;
    if (!fits) {
      return Refuse("axis ", axis, " of ", box_name, " ", ToString(box.shape), " does not fit ", whole_name, " ",
                    ToString(whole.shape), " from ", begin[axis], " on");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Shape> BroadcastShapes(absl::string_view a_name, const Type& a, absl::string_view b_name,
                                      const Type& b) {
  const size_t rank = std::max(a.shape.size(), b.shape.size());
  Shape result(rank);
  for (size_t back = 1; back <= rank; ++back) {
    const Dim left = back <= a.shape.size() ? a.shape[a.shape.size() - back] : 1;
    const Dim right = back <= b.shape.size() ? b.shape[b.shape.size() - back] : 1;
    if (left != right && left != 1 && right != 1) {
      return Refuse(a_name, " and ", b_name, " do not fit each other: ", ToString(a), " and ", ToString(b));
    }
    result[rank - back] = left == 1 ? right : left;
  }
  if (!HasBatchOnlyAsFirst(result))
    return Refuse(a_name, " and ", b_name, " do not fit each other: n must be the first axis of ", ToString(result));
  return result;
}

int64_t Product(std::initializer_list<int64_t> factors) {
  int64_t product = 1;
  for (int64_t factor : factors) {
    if (__builtin_mul_overflow(product, factor, &product)) return std::numeric_limits<int64_t>::max();
  }
  return product;
}

int64_t Elements(const Type& type, int64_t rows) {
  int64_t product = 1;
  for (Dim dim : type.shape) product = Product({product, dim == kBatch ? rows : dim});
  return product;
}

absl::StatusOr<std::vector<Type>> InferUnary(const OpTypes& types) {
  BRINE_RETURN_IF_ERROR(ExpectDType("x", types.inputs[0], DType::kF32));
  return std::vector<Type>{types.inputs[0]};
}

absl::StatusOr<std::vector<Type>> InferLastAxis(const OpTypes& types) {
  BRINE_RETURN_IF_ERROR(ExpectDType("x", types.inputs[0], DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectFixedLast("x", types.inputs[0]));
  return std::vector<Type>{types.inputs[0]};
}

absl::StatusOr<std::vector<Type>> InferBinary(const OpTypes& types) {
  BRINE_RETURN_IF_ERROR(ExpectDType("a", types.inputs[0], DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectDType("b", types.inputs[1], DType::kF32));
  BRINE_ASSIGN_OR_RETURN(Shape shape, BroadcastShapes("a", types.inputs[0], "b", types.inputs[1]));
  return std::vector<Type>{{DType::kF32, std::move(shape)}};
}

absl::StatusOr<std::vector<Type>> InferUpdate(const Op& op, const OpTypes& types) {
  const Type& p = types.inputs[kUpdatedOperand];
  for (size_t operand = 0; operand < op.operands.size(); ++operand) {
    const std::string& name = op.operands[operand];
    const bool tensor = operand < TensorOperands(op);
    if (tensor) {
      BRINE_RETURN_IF_ERROR(ExpectDType(name, types.inputs[operand], DType::kF32));
      BRINE_RETURN_IF_ERROR(ExpectFixed(name, types.inputs[operand]));
    }
    BRINE_RETURN_IF_ERROR(ExpectType(name, types.inputs[operand], tensor ? p : Type{DType::kF32, {}}));
  }
  return std::vector<Type>(op.results.size(), p);
}

absl::Status ExpectRandom(const OpTypes& types) {
  const size_t count = types.inputs.size();
  BRINE_RETURN_IF_ERROR(ExpectType("seed", types.inputs[count - 2], {DType::kU32, {2}}));
  BRINE_RETURN_IF_ERROR(ExpectType("step", types.inputs[count - 1], {DType::kU32, {2}}));
  const int64_t id = types.attributes.Int("id");
  if (id < 0 || id > std::numeric_limits<uint32_t>::max()) return Refuse("id must be a 32-bit number, got ", id);
  return absl::OkStatus();
}

AttributeSpec IdAttribute() {
  return {"id", AttributeKind::kInt, "third word of the random counter; different for every random node"};
}

}  // namespace brine::ir
