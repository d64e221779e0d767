#include "frontend/cli/predict_input.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "frontend/cli/data_flags.h"
#include "frontend/cli/pack_data.h"
#include "frontend/data/content_hash.h"
#include "frontend/data/pack.h"
#include "frontend/data/picture_list.h"
#include "frontend/data/sources_hash.h"
#include "frontend/data/table_rows.h"
#include "ir/status.h"
#include "runtime/trainer/checkpoints.h"
#include "runtime/trainer/class_names.h"
#include "runtime/trainer/tensor_file.h"

namespace brine::cli {
namespace {

constexpr size_t kFirstWord = 2;  // after the program and the command

// The arguments that are inputs, and the others.
struct Inputs {
  std::vector<std::string> inputs, others;
};
Inputs FindInputs(const std::vector<std::string>& argv, size_t words) {
  Inputs found;
  for (size_t index = 0; index < argv.size(); ++index) {
    const bool is_word = index >= kFirstWord && index < kFirstWord + words;
    if (!is_word && (argv[index] != "--input" || index + 1 == argv.size()))
      found.others.push_back(argv[index]);
    else
      found.inputs.push_back(is_word ? argv[index] : argv[++index]);
  }
  return found;
}

bool AreTable(const std::vector<std::string>& inputs) {
  return inputs.size() == 1 && IsTableName(inputs[0]) && !IsPictureInput(inputs[0]);
}

// What decides the content of the packed file, whose samples are called by the paths.
std::string KeyOf(const std::vector<std::string>& paths, const DataOptions& options) {
  std::string key = absl::StrCat("inputs to predict ", kDataSourcesHash, "\n", DescribeOptions(options), "\n");
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    absl::StrAppend(&key, path.size(), " ", path, "\n");
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored)) files.push_back(path);  // others are broken pictures
  }
  return absl::StrCat(key, HashContents("", files, options.threads));
}

absl::StatusOr<std::string> PackPictures(const std::vector<std::string>& pictures, const DataOptions& options,
                                         const codegen::Cache& cache, bool quiet) {
  const std::vector<std::string> paths = ListPictures(pictures);
  const auto standard_inputs = std::count(paths.begin(), paths.end(), kStandardInput);
  if (standard_inputs > 1) return absl::InvalidArgumentError("predict reads one picture from standard input");
  std::string standard_input = standard_inputs == 1 ? ReadStandardInput() : std::string();
  const std::string key = absl::StrCat(KeyOf(paths, options), " ", codegen::HashName(standard_input));
  BRINE_ASSIGN_OR_RETURN(const std::string file, PackedFile(cache, key));
  // What is left out is said each time.
  if (!options.skip_broken && IsWhole(file)) return file;
  const PackReport report = Pack(OpenPictures(paths, std::move(standard_input), options), file,
                                 {.threads = options.threads, .skip_broken = options.skip_broken});
  for (const std::string& sentence : report.skipped) {
    if (!quiet) std::fprintf(stderr, "left out: %s\n", sentence.c_str());
  }
  return file;
}

// "id, date" with at most a few names.
std::string ShortList(std::vector<std::string> names) {
  constexpr size_t kShown = 5;
  const size_t more = names.size() - std::min(names.size(), kShown);
  names.resize(names.size() - more);
  return absl::StrCat(absl::StrJoin(names, ", "), more > 0 ? absl::StrCat(" and ", more, " more") : "");
}

absl::StatusOr<std::string> PackTable(const std::string& table, const CommandLine& line, const DataOptions& options,
                                      const codegen::Cache& cache, bool quiet) {
  const std::string weights = line.init.empty() ? NewestCheckpoint(line.checkpoint) : line.init;
  TensorFile file;
  if (std::string why; !file.Read(weights, why)) return absl::InvalidArgumentError(why);
  const std::string columns = file.Note(kElementNamesNote);
  if (columns.empty())
    return absl::InvalidArgumentError(
        absl::StrCat(table, ": cannot be predicted, since ", weights, " was not trained on a table"));
  const TableRows rows = OpenTableRows(table, DecodeClassNames(columns), options);
  if (!rows.ignored.empty() && !quiet)
    std::fprintf(stderr, "%s: the model was not trained with %s, so that %s left out\n", table.c_str(),
                 ShortList(rows.ignored).c_str(), rows.ignored.size() == 1 ? "this column is" : "these columns are");
  BRINE_ASSIGN_OR_RETURN(const std::string packed,
                         PackedFile(cache, absl::StrCat(KeyOf({table}, options), " ", columns)));
  if (!IsWhole(packed)) Pack(rows.source, packed, {.threads = options.threads});
  return packed;
}

}  // namespace

std::vector<std::string> TakeInputs(size_t words, std::vector<std::string>& argv) {
  Inputs found = FindInputs(argv, words);
  const bool are_pictures =
      !found.inputs.empty() && std::all_of(found.inputs.begin(), found.inputs.end(), IsPictureInput);
  if (!are_pictures && !AreTable(found.inputs)) return {};
  argv = std::move(found.others);
  argv.insert(argv.end(), {"--input", found.inputs[0]});
  return std::move(found.inputs);
}

absl::Status CheckProgramInput(const std::string& input) {
  constexpr const char* kEnds[] = {".npz", ".tar", ".tgz", ".zip", ".gz"};
  if (std::none_of(std::begin(kEnds), std::end(kEnds), [&](const char* end) { return input.ends_with(end); }))
    return absl::OkStatus();
  return absl::InvalidArgumentError(input + ": predict takes pictures, a table, .npy files and packed files");
}

absl::Status CheckTableFlags(const std::vector<std::string>& inputs, const CommandLine& line,
                             const DataOptions& options) {
  if (!AreTable(inputs)) return absl::OkStatus();
  if (line.init.empty() && line.checkpoint.empty())
    return absl::InvalidArgumentError(
        "trained weights, which know the columns of the table, are missing: --weights FILE or --checkpoint DIR");
  if (options.missing == Missing::kMean)
    return absl::InvalidArgumentError(
        "predict takes --missing drop only, since the weights do not know the means of the training data");
  return absl::OkStatus();
}

absl::StatusOr<std::string> PackInputs(const std::string& model, const std::vector<std::string>& inputs,
                                       const CommandLine& line, const DataOptions& options, const codegen::Cache& cache,
                                       bool quiet) {
  try {
    if (AreTable(inputs)) return PackTable(inputs[0], line, options, cache, quiet);
    if (options.height > 0) return PackPictures(inputs, options, cache, quiet);
  } catch (const std::exception& error) {
    return StatusOf(error);
  }
  return absl::InvalidArgumentError(absl::StrCat(model, ": takes no pictures, so that ", inputs[0],
                                                 " cannot be predicted; its input is not one of height, width, and 1 "
                                                 "or 3 channels"));
}

}  // namespace brine::cli
