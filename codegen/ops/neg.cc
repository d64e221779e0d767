#include "codegen/algorithm.h"

namespace brine::codegen {
namespace {

// y = −x.
Lowered LowerNeg(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  return Pure(context, {-context.in[0](at)});
}

}  // namespace

const Algorithm kNeg = {&LowerNeg};

}  // namespace brine::codegen
