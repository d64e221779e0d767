// From the graph of a model to a program: the passes, the kernels, the tables, and the link.
#ifndef BRINE_CODEGEN_DRIVER_BUILD_PROGRAM_H_
#define BRINE_CODEGEN_DRIVER_BUILD_PROGRAM_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codegen/driver/cache.h"
#include "codegen/driver/compile.h"
#include "codegen/driver/emit_program.h"
#include "codegen/driver/toolchain.h"
#include "ir/graph.h"
#include "passes/pipeline.h"

namespace brine::codegen {

// The form of a program: an executable with the trainer, a shared library, a static library, or one relocatable object.
// The last lacks the core of the runtime.
enum class Emit : uint8_t { kExe, kShared, kStatic, kObject };

struct ProgramOptions {
  int64_t batch_size = 32;  // the largest n
  Emit emit = Emit::kExe;
  bool mpi = false;                     // whether an executable trains with the ranks that mpirun starts
  std::string target;                   // empty: this machine
  StrategyOfKernel strategy = nullptr;  // null: always the cheapest
};

// A model and its functions after all passes.
struct PlannedModel {
  ir::Graph model;
  std::vector<ir::Graph> functions;  // those of train, evaluate and predict that exist, in this order

  const ir::Graph* Find(ir::Function function) const;  // null if the model does not have it
};

// Derives the functions of `model` and runs the passes on each.  A model without objectives, which has not been
// compiled with Compile(), has only predict.  If `dump_folder` is not empty, the graph after each pass is written below
// it, in a folder for each function.  Errors: those of the passes.
absl::StatusOr<PlannedModel> PlanModel(const ir::Graph& model, int64_t batch_size,
                                       const passes::PipelineOptions& passes, const std::string& dump_folder = "");

struct BuiltProgram {
  std::string name;    // of the model, as a C identifier
  std::string header;  // text of <name>.h
  std::string bytes;   // the linked file
  int kernels = 0;     // distinct ones
  int compiled = 0;    // those that were not in the cache
};

// Compiles the kernels of `planned`, writes its tables with the text `summary`, and links the program.  Kernels and
// program are taken from `cache` if they are there.  Errors: kInternal for a failed compilation or link, kNotFound for
// a missing compiler of C or of MPI, and those of EmitProgram.
absl::StatusOr<BuiltProgram> BuildProgram(const PlannedModel& planned, const ProgramOptions& options,
                                          const std::string& summary, const Toolchain& toolchain, const Cache& cache);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_BUILD_PROGRAM_H_
