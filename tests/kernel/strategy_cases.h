// The kernels that the strategy tests compile, and tensors to run them on.
#ifndef BRINE_TESTS_KERNEL_STRATEGY_CASES_H_
#define BRINE_TESTS_KERNEL_STRATEGY_CASES_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "ir/graph.h"
#include "ir/interpret.h"

namespace brine::codegen {

// Inputs and the kernel; %i is the argmax in a window of `cells`.
struct Row {
  const char* name;
  const char* text;
  int cells = 4;
};
extern const absl::Span<const Row> kForwardRows, kInputGradRows, kWeightGradRows, kDenseGradRows, kEpilogueRows,
    kSideReductionRows;
std::vector<Row> AllRows();

// The rows as one graph, each kernel once: every row's values begin with its name.
ir::Graph MakeRows(int64_t batch_size);

// The same with each kernel once for every strategy that can build it on `target`: results end with "." and its name.
ir::Graph MakeCases(int64_t batch_size, const std::string& target);

Row RowOf(absl::string_view value);
absl::string_view OperandOf(absl::string_view value);  // what the row calls an input: d of weight_grad_padded.d
std::string StrategyOf(absl::string_view result);      // winograd of conv_padded.y.winograd
std::string RowResultOf(absl::string_view result);     // conv_padded.y

enum class Numbers { kReal, kWhole };  // whole numbers are summed exactly, and have many ties

// The inputs of `graph` with n = `rows`, each drawn independently.  A share `nonzero` of the elements of %d is nonzero.
ir::Tensors<float> Draw(const ir::Graph& graph, uint32_t seed, int64_t rows, Numbers numbers, double nonzero);

}  // namespace brine::codegen

#endif  // BRINE_TESTS_KERNEL_STRATEGY_CASES_H_
