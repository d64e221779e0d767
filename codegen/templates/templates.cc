#include "codegen/templates/templates.h"

#include "ir/check.h"

namespace brine::codegen {

ScheduledKernel BuildKernel(const KernelRequest& request) {
  static constexpr struct {
    const char* region;
    ScheduledKernel (*build)(const KernelRequest& request);
  } kTemplates[] = {
#define BRINE_TEMPLATE(region, build) {#region, &build},
#include "codegen/templates/templates.def"
#undef BRINE_TEMPLATE
  };
  for (const auto& row : kTemplates) {
    if (request.kernel().region == row.region) return row.build(request);
  }
  BRINE_CHECK(false);
}

}  // namespace brine::codegen
