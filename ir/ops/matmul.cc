#include "ir/gradient.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

absl::StatusOr<std::vector<Type>> InferProduct(const Type& a, const Type& b, bool transpose_b) {
  BRINE_RETURN_IF_ERROR(ExpectFixed("b", b));
  if (b.rank() != 2) return Refuse("b must have rank 2, got ", ToString(b));
  const Dim depth = b.shape[transpose_b ? 1 : 0], width = b.shape[transpose_b ? 0 : 1];
  if (a.shape.back() != depth) {
    return Refuse("a's last axis is ", a.shape.back(), ", but b's ", transpose_b ? "last" : "first", " is ", depth,
                  ": ", ToString(a), " and ", ToString(b));
  }
  Shape shape = a.shape;
  shape.back() = width;
  return std::vector<Type>{{DType::kF32, std::move(shape)}};
}

absl::StatusOr<std::vector<Type>> InferProductOverRows(const Type& a, const Type& b) {
  BRINE_RETURN_IF_ERROR(ExpectFixedLast("b", b));
  if (Shape(a.shape.begin(), a.shape.end() - 1) != Shape(b.shape.begin(), b.shape.end() - 1)) {
    return Refuse("a and b must agree in all axes but the last, got ", ToString(a), " and ", ToString(b));
  }
  return std::vector<Type>{{DType::kF32, {a.shape.back(), b.shape.back()}}};
}

absl::StatusOr<std::vector<Type>> Infer(const OpTypes& types) {
  const Type &a = types.inputs[0], &b = types.inputs[1];
  const bool transpose_a = types.attributes.Bool("transpose_a"), transpose_b = types.attributes.Bool("transpose_b");
  BRINE_RETURN_IF_ERROR(ExpectDType("a", a, DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectDType("b", b, DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectFixedLast("a", a));
  if (transpose_a && transpose_b) return Refuse("transpose_a and transpose_b must not both be true");
  return transpose_a ? InferProductOverRows(a, b) : InferProduct(a, b, transpose_b);
}

int64_t Flops(const OpTypes& types, absl::Span<const Type> outputs, int64_t rows) {
  const Type& a = types.inputs[0];
  return Product({2, Elements(a, rows), outputs[0].shape.back()});
}

// y = a·b:   da = dy·bᵀ,  db = aᵀ·dy
// y = a·bᵀ:  da = dy·b,   db = dyᵀ·a
// y = aᵀ·b:  da = b·dyᵀ,  db = a·dy
absl::Status Gradient(GradientBuilder& builder) {
  const bool transpose_a = builder.attributes().Bool("transpose_a"),
             transpose_b = builder.attributes().Bool("transpose_b");
  const ValueId a = builder.input(0), b = builder.input(1), dy = builder.output_gradient();
  const auto product = [&](ValueId left, ValueId right, bool transpose_left, bool transpose_right) {
    return builder.Emit(kMatmul, {left, right}, {{"transpose_a", transpose_left}, {"transpose_b", transpose_right}});
  };
  if (builder.needs_gradient(0))
    builder.SetInputGradient(0, transpose_a ? product(b, dy, false, true) : product(dy, b, false, !transpose_b));
  if (builder.needs_gradient(1)) {
    builder.SetInputGradient(1, transpose_a   ? product(a, dy, false, false)
                                : transpose_b ? product(dy, a, true, false)
                                              : product(a, dy, true, false));
  }
  return absl::OkStatus();
}

template <typename Real>
std::vector<Real> Transposed(const std::vector<Real>& matrix, int64_t rows, int64_t columns) {
  std::vector<Real> result(matrix.size());
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j)
      result[static_cast<size_t>(j * rows + i)] = matrix[static_cast<size_t>(i * columns + j)];
  }
  return result;
}

// The terms of each sum are added in ascending order of k, or, with transpose_a, of the rows of a and b.  The innermost
// loop runs along m, whose elements are contiguous.
template <typename Real>
void Interpret(const Evaluation<Real>& evaluation) {
  const Tensor<Real>&a = evaluation.in(0), &b = evaluation.in(1);
  const int64_t depth = RowLength(a), width = RowLength(evaluation.out()), rows = a.size() / depth;
  Real* y = evaluation.out().real.data();
  if (evaluation.attributes.Bool("transpose_a")) {
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t k = 0; k < depth; ++k) {
        AddScaled(y + k * width, &b.real[static_cast<size_t>(row * width)],
                  a.real[static_cast<size_t>(row * depth + k)], width);
      }
    }
    return;
  }
  const bool transpose_b = evaluation.attributes.Bool("transpose_b");
  const std::vector<Real> transposed = transpose_b ? Transposed(b.real, width, depth) : std::vector<Real>();
  const Real* weights = transpose_b ? transposed.data() : b.real.data();
  for (int64_t row = 0; row < rows; ++row)
    AddProduct(y + row * width, &a.real[static_cast<size_t>(row * depth)], weights, depth, width, width);
}

}  // namespace

const Op kMatmul = {
    .name = "matmul",
    .doc =
        "y[..., m] = Σ over k of a[..., k]·b[k, m], with transpose_b of a[..., k]·b[m, k]. With transpose_a y[k, m] = "
        "Σ over all leading axes of a[..., k]·b[..., m], which a and b share. f32; n may be a's first axis (and b's, "
        "with transpose_a).",
    .operands = {"a", "b"},
    .results = {"y"},
    .attributes = {{"transpose_a", AttributeKind::kBool, "sum over the leading axes", true, false},
                   {"transpose_b", AttributeKind::kBool, "b is [m, k]; not together with transpose_a", true, false}},
    .infer = Infer,
    .flops = Flops,
    .gradient = Gradient,
    .interpret = Interpret<double>,
    .interpret_f32 = Interpret<float>,
    .kind = OpKind::kContraction,
    .form = &kMatrixProductForm,
};

}  // namespace brine::ir
