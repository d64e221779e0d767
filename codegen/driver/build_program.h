// From a model's graph to a program on disk: passes, kernels, tables, link.
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

enum class Emit : uint8_t { kExe, kShared, kStatic, kObject };

struct ProgramOptions {
  int64_t batch_size = 32;
  Emit emit = Emit::kExe;
  std::string target;                   // empty: this machine
  StrategyOfKernel strategy = nullptr;  // null: always the cheapest
};

// The functions of a model, planned.  For train and evaluate, the model must have been compiled with Compile().
struct PlannedModel {
  ir::Graph model;
  std::vector<ir::Graph> functions;  // train, evaluate and predict, those that exist

  const ir::Graph* Find(ir::Function function) const;
};
absl::StatusOr<PlannedModel> PlanModel(const ir::Graph& model, int64_t batch_size,
                                       const passes::PipelineOptions& passes, const std::string& dump_folder = "");

struct BuiltProgram {
  std::string name;    // as a C identifier
  std::string header;  // text of <name>.h
  std::string bytes;   // the linked file
  int kernels = 0, compiled = 0;
};

// Errors: kInternal for a failed compilation or link, kNotFound for a missing compiler.
absl::StatusOr<BuiltProgram> BuildProgram(const PlannedModel& planned, const ProgramOptions& options,
                                          const std::string& summary, const Toolchain& toolchain, const Cache& cache);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_BUILD_PROGRAM_H_
