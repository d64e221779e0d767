#include "frontend/cli/predict_pictures.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "frontend/cli/data_flags.h"
#include "frontend/cli/pack_data.h"
#include "frontend/data/content_hash.h"
#include "frontend/data/pack.h"
#include "frontend/data/picture_list.h"
#include "ir/status.h"

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

// What decides the content of the packed file.
std::string KeyOf(const std::vector<std::string>& paths, const std::string& standard_input,
                  const DataOptions& options) {
  std::string key = absl::StrCat("pictures to predict 1\n", DescribeOptions(options), "\n");
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    absl::StrAppend(&key, path.size(), " ", path, "\n");
    if (path != kStandardInput) files.push_back(path);
  }
  return absl::StrCat(key, HashContents("", files), " ", codegen::HashName(standard_input));
}

absl::StatusOr<std::string> PackPictures(const std::vector<std::string>& inputs, const DataOptions& options,
                                         const codegen::Cache& cache, bool quiet) {
  try {
    const std::vector<std::string> paths = ListPictures(inputs);
    const auto standard_inputs = std::count(paths.begin(), paths.end(), kStandardInput);
    if (standard_inputs > 1) return absl::InvalidArgumentError("predict reads one picture from standard input");
    std::string standard_input = standard_inputs == 1 ? ReadStandardInput() : std::string();
    BRINE_ASSIGN_OR_RETURN(const std::string folder, cache.Folder(KeyOf(paths, standard_input, options)));
    const std::string file = folder + "/data.brd";
    std::error_code ignored;
    // What is left out is said each time.
    if (!options.skip_broken && std::filesystem::exists(file, ignored)) return file;
    const PackReport report = Pack(OpenPictures(paths, std::move(standard_input), options), file,
                                   {.threads = options.threads, .skip_broken = options.skip_broken});
    for (const std::string& sentence : report.skipped) {
      if (!quiet) std::fprintf(stderr, "left out: %s\n", sentence.c_str());
    }
    return file;
  } catch (const std::exception& error) {
    return StatusOf(error);
  }
}

}  // namespace

absl::Status ReplacePictures(const std::string& model, size_t words, const DataOptions& options,
                             const codegen::Cache& cache, bool quiet, std::vector<std::string>& argv) {
  Inputs found = FindInputs(argv, words);
  if (found.inputs.empty() || !std::all_of(found.inputs.begin(), found.inputs.end(), IsPictureInput))
    return absl::OkStatus();
  if (options.height == 0)
    return absl::InvalidArgumentError(absl::StrCat(model, ": takes no pictures, so that ", found.inputs[0],
                                                   " cannot be predicted; its input is not one of height, width, and "
                                                   "1 or 3 channels"));
  BRINE_ASSIGN_OR_RETURN(const std::string file, PackPictures(found.inputs, options, cache, quiet));
  argv = std::move(found.others);
  argv.push_back("--input");
  argv.push_back(file);
  return absl::OkStatus();
}

}  // namespace brine::cli
