// Writes the C source of a compiled program, the constant tables of runtime/program.h, and the header that its users
// include.
#ifndef BRINE_CODEGEN_DRIVER_EMIT_PROGRAM_H_
#define BRINE_CODEGEN_DRIVER_EMIT_PROGRAM_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codegen/driver/compile.h"
#include "ir/graph.h"

namespace brine::codegen {

struct ProgramGraphs {
  std::vector<const ir::Graph*> functions;  // planned graphs: one or more of train, evaluate and predict, in this order
  std::vector<const ir::Graph*> embedded;   // those whose text the program contains, for `brine inspect`
};

struct ProgramText {
  std::string source;  // program.c; the assembler finds the file kGraphsFile, which it includes, on its search path
  std::string graphs;  // the bytes of kGraphsFile: kGraphMark, a decimal length, a newline and the graphs
  std::string header;  // <name>.h
  std::string name;    // the graph's name as a C identifier: "cifar10_cnn"
};

// The text of a program.  `kernels` are those of the functions for `target`; `summary` is a text that the program
// prints.  Errors: kInvalidArgument if a function keeps more values in memory than a program can number, and kInternal
// if a function is not planned or a state has different places in different functions.
absl::StatusOr<ProgramText> EmitProgram(const ProgramGraphs& graphs, const CompiledKernels& kernels,
                                        const std::string& target, const std::string& summary);

inline constexpr char kGraphsFile[] = "graphs.txt";

// The bytes before the embedded graphs in a compiled program.  A decimal length, a newline and so many bytes follow,
// which are the text of the graphs, packed by gzip (ten times smaller).
inline constexpr char kGraphMark[] = "\nbrine graphs ";

// The text of the graphs that the bytes of a compiled program contain; empty if there are none.
std::string EmbeddedGraphs(absl::string_view program);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_EMIT_PROGRAM_H_
