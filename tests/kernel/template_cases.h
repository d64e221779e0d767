// The kernels that the template tests compile, and tensors to run them on.
#ifndef BRINE_TESTS_KERNEL_TEMPLATE_CASES_H_
#define BRINE_TESTS_KERNEL_TEMPLATE_CASES_H_

#include <string>

#include "absl/types/span.h"
#include "ir/graph.h"
#include "ir/interpret.h"

namespace brine::codegen {

// Inputs and the kernel; %i is the winner of a window of `cells`.  One that `rounds` divides by 3 on its way to whole
// numbers.
struct Row {
  const char* name;
  const char* text;
  int cells = 4;
  bool rounds = false;
};
extern const absl::Span<const Row> kForwardRows, kGradientRows;

// The rows as one graph, each kernel once by its template and, if wanted, once by generic: every row's values begin
// with its name.
ir::Graph MakeCases(int64_t batch_size, bool generic = true);
const Row& RowOf(absl::string_view value);
absl::string_view OperandOf(absl::string_view value);  // what the row calls an input: d of filter_padded.d

enum class Numbers { kReal, kWhole };  // whole numbers are summed exactly, and have many ties

// The inputs of `graph` with n = `rows`, each whatever the others are.  Of the elements of %d, the share `live` is not
// zero.
ir::Tensors<float> Draw(const ir::Graph& graph, uint32_t seed, int64_t rows, Numbers numbers, double live);

}  // namespace brine::codegen

#endif  // BRINE_TESTS_KERNEL_TEMPLATE_CASES_H_
