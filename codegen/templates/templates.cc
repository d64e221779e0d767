#include "codegen/templates/templates.h"

namespace brine::codegen {
namespace {

constexpr Template kTemplates[] = {
    {"conv_pool", &BuildConvPool},
    {"conv_grad_filter", &BuildConvGradFilter},
    {"generic", &BuildGeneric},
};

}  // namespace

const Template& FindTemplate(const std::string& region) {
  for (const Template& row : kTemplates) {
    if (region == row.name) return row;
  }
  return kTemplates[0];
}

}  // namespace brine::codegen
