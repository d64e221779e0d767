// What brine-worker is asked for: the words of a request line, written and read in one place.
#ifndef BRINE_CODEGEN_WORKER_REQUEST_H_
#define BRINE_CODEGEN_WORKER_REQUEST_H_

#include <istream>
#include <string>

#include "absl/status/statusor.h"

namespace brine::codegen {

// What becomes of a kernel: machine code, or what a person reads.
enum class OutputForm { kObject, kStatement, kAssembly, kFacts };  // kFacts: no file, the candidates alone

struct KernelOptions {
  std::string symbol;    // the object defines <symbol> and <symbol>_argv
  bool asserts = false;  // with Halide's checks of buffers and bounds
  OutputForm form = OutputForm::kObject;
  std::string strategy = {};  // to be taken where it can build the kernel; empty: the one of least cost
};

struct WorkerRequest {
  KernelOptions options;
  std::string path;  // of the file to write
  std::string text;  // the region; empty: Halide's runtime is asked for
};

// The line `kernel symbol=k_… asserts=0 form=object strategy=… path=<bytes> text=<bytes>`, then the path and the text
// themselves.
std::string WriteRequest(const WorkerRequest& request);

// Reads the next request; kOutOfRange at the end of `in`, kInvalidArgument where it is not what WriteRequest writes.
absl::StatusOr<WorkerRequest> ReadRequest(std::istream& in);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_WORKER_REQUEST_H_
