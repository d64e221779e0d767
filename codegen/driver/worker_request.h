// The requests to brine-worker, which are written and read here.
#ifndef BRINE_CODEGEN_DRIVER_WORKER_REQUEST_H_
#define BRINE_CODEGEN_DRIVER_WORKER_REQUEST_H_

#include <istream>
#include <string>

#include "absl/status/statusor.h"

namespace brine::codegen {

// What becomes of a kernel: machine code, Halide's statement or assembly for a person, or no file but only its facts.
enum class OutputForm { kObject, kStatement, kAssembly, kFacts };

// How a kernel is compiled.
struct KernelOptions {
  std::string symbol;    // the object defines <symbol> and <symbol>_argv
  bool asserts = false;  // whether the kernel contains Halide's checks of buffers and bounds
  OutputForm form = OutputForm::kObject;
  std::string strategy = {};  // the strategy that is to build the kernel if it can; empty: the cheapest
};

struct WorkerRequest {
  KernelOptions options;
  std::string path;  // the file to write
  std::string text;  // of the canonical region (region.h); empty: Halide's runtime
};

// A request as bytes: the line `kernel symbol=k_… asserts=0 form=object strategy=… path=<bytes> text=<bytes>`, then as
// many bytes of the path and of the text.
std::string WriteRequest(const WorkerRequest& request);

// Reads the next request.  Errors: kOutOfRange at the end of `in`, kInvalidArgument for anything else that WriteRequest
// does not write.
absl::StatusOr<WorkerRequest> ReadRequest(std::istream& in);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_WORKER_REQUEST_H_
