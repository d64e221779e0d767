// The layer Dropout.
#include "absl/strings/str_cat.h"
#include "frontend/layers/layer_builder.h"

namespace brine {
namespace {

using internal::LayerBuilder;
using internal::Symbol;

Symbol LowerDropout(double rate, LayerBuilder& builder) {
  const bool is_valid = rate >= 0 && rate < 1;
  if (!is_valid) builder.Mistake(absl::StrCat("rate must be at least 0 and below 1, got ", rate));
  if (!builder.input().known()) return Symbol();
  const Symbol x = builder.AsReal(builder.input());
  return builder.Emit(ir::kDropout, {x, builder.Scalar("rate", is_valid ? rate : 0), builder.Seed(), builder.Step()},
                      {{"id", builder.RandomId()}});
}

}  // namespace

Layer Dropout(Real rate, Named options, Line line) {
  return internal::MakeLayer("Dropout", "dropout", std::move(options.name), line,
                             [rate](LayerBuilder& builder) { return LowerDropout(rate.value(), builder); });
}

}  // namespace brine
