// Where the parts of an installation lie that the compiler driver runs, includes and links.
#ifndef BRINE_CODEGEN_DRIVER_TOOLCHAIN_H_
#define BRINE_CODEGEN_DRIVER_TOOLCHAIN_H_

#include <string>

#include "absl/status/statusor.h"

namespace brine::codegen {

struct Toolchain {
  std::string worker;      // brine-worker
  std::string include;     // the folder of runtime/program.h and frontend/brine.h
  std::string libraries;   // the folder of libbrine_core.a, libbrine_trainer.a, libbrine_frontend.a, libbrine_backend.a
  std::string c_compiler;  // $CC, else cc
  std::string cxx_compiler;  // $CXX, else c++
};

// Looks beside the running program: in bin/ with ../lib and ../include of an installation, or in the build folder in
// which it was built.  An error names the first missing part.
absl::StatusOr<Toolchain> FindToolchain();

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_TOOLCHAIN_H_
