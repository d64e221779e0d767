// The requests to brine-worker: the words of a request line, written and read in one place.
#ifndef BRINE_CODEGEN_DRIVER_WORKER_REQUEST_H_
#define BRINE_CODEGEN_DRIVER_WORKER_REQUEST_H_

#include <istream>
#include <string>

#include "absl/status/statusor.h"

namespace brine::codegen {

// The form of a compiled kernel: machine code, or text for a person.
enum class OutputForm { kObject, kStatement, kAssembly, kFacts };  // kFacts: no file, only the candidates

struct KernelOptions {
  std::string symbol;    // the object defines <symbol> and <symbol>_argv
  bool asserts = false;  // whether the kernel contains Halide's checks of buffers and bounds
  OutputForm form = OutputForm::kObject;
  std::string strategy = {};  // the one to use if it can build the kernel; empty: the cheapest
};

struct WorkerRequest {
  KernelOptions options;
  std::string path;  // the file to write
  std::string text;  // the region; empty: Halide's runtime
};

// Writes the line `kernel symbol=k_… asserts=0 form=object strategy=… path=<bytes> text=<bytes>`, then the path and the
// text.
std::string WriteRequest(const WorkerRequest& request);

// Reads the next request.  Errors: kOutOfRange at the end of `in`, kInvalidArgument for input that WriteRequest does
// not write.
absl::StatusOr<WorkerRequest> ReadRequest(std::istream& in);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_WORKER_REQUEST_H_
