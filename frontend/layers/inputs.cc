#include "frontend/layers/inputs.h"

#include "absl/strings/str_cat.h"

namespace brine {
namespace internal {

Symbol LowerInput(const LayerRecord& layer, bool is_rescaled, LayerBuilder& builder) {
  constexpr absl::string_view kTypes[] = {"float32", "uint8"};
  if (!layer.dtype.empty()) builder.Known("dtype", layer.dtype, kTypes);
  const bool is_byte = layer.dtype.empty() ? is_rescaled : layer.dtype == "uint8";
  ir::Type type = {is_byte ? ir::DType::kU8 : ir::DType::kF32, {ir::kBatch}};
  uint32_t guessed = 0;
  for (const int64_t extent : layer.shape) {
    if (extent <= 0 && guessed == 0)
      builder.Mistake(absl::StrCat("every extent of its shape must be positive, got ", ShapeText(layer.shape)));
    if (extent <= 0) guessed |= uint32_t{1} << (type.shape.size() & 31);
    type.shape.push_back(extent > 0 ? extent : 1);
  }
  if (const absl::Status status = ir::CheckShape(type.shape); !status.ok()) {
    builder.Mistake(status.message());
    return Symbol();
  }
  Symbol x = builder.DataInput(type);
  x.guessed = guessed;
  return x;
}

}  // namespace internal

Tensor Input(Shape shape, InputOptions options, Line line) {
  const Layer layer = internal::MakeLayer("InputLayer", "input_layer", std::move(options.name), line, nullptr);
  auto& record = internal::Access::Get<internal::LayerRecord>(internal::Access::HandleOf(layer));
  record.shape = std::move(shape);
  record.dtype = std::move(options.dtype);
  return internal::Call(layer, {});
}

}  // namespace brine
