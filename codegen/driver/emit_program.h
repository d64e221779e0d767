// The C source of a compiled program: the constant tables of runtime/program.h, and the header that its users include.
#ifndef BRINE_CODEGEN_DRIVER_EMIT_PROGRAM_H_
#define BRINE_CODEGEN_DRIVER_EMIT_PROGRAM_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codegen/driver/compile.h"
#include "ir/graph.h"

namespace brine::codegen {

struct ProgramGraphs {
  std::vector<const ir::Graph*> functions;  // planned: one or more of train, evaluate and predict, in this order
  std::vector<const ir::Graph*> embedded;   // for `brine inspect`
};

struct ProgramText {
  std::string source;  // program.c, which includes the file kGraphsFile from the assembler's search path
  std::string graphs;  // the bytes of kGraphsFile: kGraphMark, a decimal length, a newline and the text of the graphs
  std::string header;  // <name>.h
  std::string name;    // the graph's name as a C identifier: "cifar10_cnn"
};

// `kernels` were compiled from the functions.  Errors: values without places, or parameters with different places in
// different functions.
absl::StatusOr<ProgramText> EmitProgram(const ProgramGraphs& graphs, const CompiledKernels& kernels,
                                        const std::string& target, const std::string& summary);

inline constexpr char kGraphsFile[] = "graphs.txt";

// The bytes before the embedded graphs in a compiled program.  A decimal length, a newline, and the text follow.
inline constexpr char kGraphMark[] = "\nbrine graphs ";

// Finds the embedded graphs in the bytes of a compiled program; empty if there are none.
absl::string_view FindEmbeddedGraphs(absl::string_view program);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_EMIT_PROGRAM_H_
