// Decodes the pictures that `brine predict` gets, since compiled programs take numbers only.
#ifndef BRINE_FRONTEND_CLI_PREDICT_PICTURES_H_
#define BRINE_FRONTEND_CLI_PREDICT_PICTURES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codegen/driver/cache.h"
#include "frontend/data/data.h"

namespace brine::cli {

// Takes the inputs out of the command line `argv` of predict if all are pictures, folders of them, or "-" for one from
// standard input, and puts the first of them in the place of all: `--input cat.png`, at the end.  The inputs are the
// `words` arguments after the command and the values of --input.  Returns them; none if they are others, which the
// program reads, or of which it says what is wrong.
std::vector<std::string> TakePictures(size_t words, std::vector<std::string>& argv);

// Returns kInvalidArgument if the input is a table or an archive by its name, from which predict reads no samples.
absl::Status CheckPredictInput(const std::string& input);

// A packed file in the cache with these pictures.  `options` has the size that the model takes; `model` names it in
// messages.  Errors: kInvalidArgument for pictures that cannot be decoded, and if the model takes none.
absl::StatusOr<std::string> PackPictures(const std::string& model, const std::vector<std::string>& pictures,
                                         const DataOptions& options, const codegen::Cache& cache, bool quiet);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_PREDICT_PICTURES_H_
