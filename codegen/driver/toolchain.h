// Finds the parts of an installation that the compiler driver runs, includes and links.
#ifndef BRINE_CODEGEN_DRIVER_TOOLCHAIN_H_
#define BRINE_CODEGEN_DRIVER_TOOLCHAIN_H_

#include <string>

#include "absl/status/statusor.h"

namespace brine::codegen {

// Paths, and the commands of the compilers.
struct Toolchain {
  std::string worker;      // brine-worker
  std::string include;     // the folder of runtime/program.h and frontend/brine.h
  std::string libraries;   // the folder of libbrine_core.a, libbrine_trainer.a, libbrine_frontend.a, libbrine_backend.a
  std::string c_compiler;  // $CC, else cc
  std::string cxx_compiler;  // $CXX, else c++
  std::string mpi_compiler;  // $MPICC, else mpicc, which only programs with --mpi need
};

// Looks for the parts around the running program: in the folders of an installation whose bin/ holds the program, or in
// the build folder in which the program was built.  Errors (kNotFound): the name of the first part that is missing.
absl::StatusOr<Toolchain> FindToolchain();

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_TOOLCHAIN_H_
