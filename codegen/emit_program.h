// The C source of a compiled program: the constant tables of runtime/program.h, and the header that its users include.
#ifndef BRINE_CODEGEN_EMIT_PROGRAM_H_
#define BRINE_CODEGEN_EMIT_PROGRAM_H_

#include <string>

#include "absl/status/statusor.h"
#include "codegen/compile.h"
#include "ir/graph.h"

namespace brine::codegen {

// The three planned graphs of a model; any of them may be null, but not all.
struct ModelGraphs {
  const ir::Graph* model = nullptr;  // what the user wrote, or null
  const ir::Graph* train = nullptr;
  const ir::Graph* evaluate = nullptr;
  const ir::Graph* predict = nullptr;
};

struct ProgramText {
  std::string source;  // program.c
  std::string header;  // <name>.h
  std::string name;    // the graph's name as a C identifier: "cifar10_cnn"
};

// `kernels` were compiled from those of train, evaluate and predict that there are, in this order.  Errors: values
// without places, or parameters that lie at different places in the three graphs.
absl::StatusOr<ProgramText> EmitProgram(const ModelGraphs& graphs, const CompiledKernels& kernels,
                                        const std::string& target, const std::string& summary);

// The bytes with which the embedded graphs begin in a compiled program; a decimal length, a newline, and the text
// follow.
inline constexpr char kGraphMark[] = "\nbrine graphs ";

// Finds the embedded graphs in the bytes of a compiled program; empty when there are none.
absl::string_view FindEmbeddedGraphs(absl::string_view program);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_EMIT_PROGRAM_H_
