#include "runtime/trainer/norms.h"

#include <cmath>
#include <limits>
#include <span>
#include <string_view>

#include "runtime/core/layout.h"

namespace brine {

NamedNumbers Norms(Trainer& trainer, brine_block block) {
  const brine_program& program = trainer.program();
  NamedNumbers norms;
  for (int32_t index = 0; index < program.variable_count; ++index) {
    const brine_variable& variable = program.variables[index];
    if (variable.role != BRINE_ROLE_PARAMETER) continue;
    const auto* const first = reinterpret_cast<const float*>(trainer.state()->blocks[block] + variable.offset);
    double sum = 0;
    for (const float element : std::span(first, static_cast<size_t>(brine_variable_bytes(&program, index) / 4)))
      sum += double{element} * double{element};
    norms.emplace_back(variable.name, std::sqrt(sum));
  }
  return norms;
}

double LastLearningRate(Trainer& trainer) {
  const brine_program& program = trainer.program();
  for (int32_t index = 0; index < program.function_count; ++index) {
    const brine_function& function = program.functions[index];
    if (std::string_view(function.name) != "train") continue;
    for (int32_t input = 0; input < function.input_count; ++input) {
      if (std::string_view(function.values[function.inputs[input].value].name) == "learning_rate")
        return trainer.state()->functions[index].scalars[input];
    }
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace brine
