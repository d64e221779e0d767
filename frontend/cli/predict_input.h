// Reads the pictures and the table that `brine predict` gets, since compiled programs take numbers only.
#ifndef BRINE_FRONTEND_CLI_PREDICT_INPUT_H_
#define BRINE_FRONTEND_CLI_PREDICT_INPUT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codegen/driver/cache.h"
#include "frontend/data/data.h"
#include "runtime/trainer/flags.h"

namespace brine::cli {

// Takes the inputs out of the command line `argv` of predict if all are pictures, folders of them, or "-" for one from
// standard input, or if there is one, which is a table; and puts the first of them in the place of all: `--input
// cat.png`, at the end.  The inputs are the `words` arguments after the command and the values of --input.  Returns
// them; none if they are others, which the program reads, or of which it says what is wrong.
std::vector<std::string> TakeInputs(size_t words, std::vector<std::string>& argv);

// Returns kInvalidArgument if the program would read an input that is an archive by its name, or one of several tables.
absl::Status CheckProgramInput(const std::string& input);

// Returns kInvalidArgument if the inputs are a table, for which the flags do not do.
absl::Status CheckTableFlags(const std::vector<std::string>& inputs, const CommandLine& line,
                             const DataOptions& options);

// A packed file in the cache with the inputs.  `options` has the size of pictures that the model takes, `line` says
// where the weights are, which know the columns of tables, and `model` names the model in messages.  Unless `quiet`,
// says on standard error what is left out.  Errors: kInvalidArgument for inputs that cannot be read or are not what the
// model takes.
absl::StatusOr<std::string> PackInputs(const std::string& model, const std::vector<std::string>& inputs,
                                       const CommandLine& line, const DataOptions& options, const codegen::Cache& cache,
                                       bool quiet);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_PREDICT_INPUT_H_
