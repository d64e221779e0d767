// Decodes the pictures that `brine predict` gets, since compiled programs take numbers only.
#ifndef BRINE_FRONTEND_CLI_PREDICT_PICTURES_H_
#define BRINE_FRONTEND_CLI_PREDICT_PICTURES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "codegen/driver/cache.h"
#include "frontend/data/data.h"

namespace brine::cli {

// Replaces the inputs of the command line `argv` of predict by one packed file in the cache, if all are pictures,
// folders of them, or "-" for one from standard input.  The inputs are the `words` arguments after the command and the
// values of --input.  Other inputs stay, since the program reads them or says what is wrong.  `options` has the size
// that the model takes; `model` names it in messages.  Errors: kInvalidArgument for pictures that cannot be decoded,
// and if the model takes none.
absl::Status ReplacePictures(const std::string& model, size_t words, const DataOptions& options,
                             const codegen::Cache& cache, bool quiet, std::vector<std::string>& argv);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_PREDICT_PICTURES_H_
