// Packs data for the compiled program, which maps packed files.
#ifndef BRINE_FRONTEND_CLI_PACK_DATA_H_
#define BRINE_FRONTEND_CLI_PACK_DATA_H_

#include <exception>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codegen/driver/cache.h"
#include "frontend/data/data.h"
#include "ir/graph.h"

namespace brine::cli {

// What frontend/data threw, as a status: kInvalidArgument for a file that is wrong, else kUnavailable.
absl::Status StatusOf(const std::exception& error);

// Packs the data at `source` into the file `output`.  Unless `quiet`, shows the progress on standard error if that is a
// terminal, and at the end a line that says what was packed.
absl::Status PackData(const std::string& source, const DataOptions& options, const std::string& output, bool quiet);

// The packed file in the folder of the cache for this key, whether there is one or not.
absl::StatusOr<std::string> PackedFile(const codegen::Cache& cache, const std::string& key);

// Whether the file is a packed one of which nothing is missing.
bool IsWhole(const std::string& packed);

// The path that the compiled program should get for the data at `source`: `source` itself if the program can map it,
// or else a packed file in the cache, which is written unless it is there.
absl::StatusOr<std::string> DataForProgram(const std::string& source, const DataOptions& options,
                                           const codegen::Cache& cache, bool quiet);

// Sets the size of pictures to that of the model's only data input, if it can be a picture: [height, width, channels],
// [height, width], or as many numbers as a square of grey or coloured pixels has.
void SetPictureSize(const ir::Graph& model, DataOptions& options);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_PACK_DATA_H_
