#include "codegen/algorithm.h"

namespace brine::codegen {
namespace {

// y = ln x.
Lowered LowerLog(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  return Pure(context, {Halide::log(context.in[0](at))});
}

}  // namespace

const Algorithm kLog = {&LowerLog};

}  // namespace brine::codegen
