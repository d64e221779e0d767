#include "frontend/layers/sequences.h"

namespace brine::internal {

Symbol AsImages(LayerBuilder& builder) {
  const Symbol& x = builder.input();
  if (!x.known() || builder.type(x).rank() != 3) return Symbol();
  const ir::Shape shape = builder.type(x).shape;
  Symbol images = builder.EmitIntermediate(ir::kReshape, {x}, {{"shape", ir::Shape{shape[0], 1, shape[1], shape[2]}}});
  images.guessed = (x.guessed & 1) | (x.guessed & 0b110) << 1;
  return images;
}

Symbol AsSequences(LayerBuilder& builder, absl::FunctionRef<Symbol()> lower) {
  const Symbol images = builder.Nested(lower);
  if (!images.known()) return Symbol();
  const ir::Shape shape = builder.type(images).shape;
  Symbol y = builder.Emit(ir::kReshape, {images}, {{"shape", ir::Shape{shape[0], shape[2], shape[3]}}});
  y.guessed = (images.guessed & 1) | (images.guessed >> 1 & 0b110);
  return y;
}

}  // namespace brine::internal
