#include "frontend/cli/predict_pictures.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "frontend/cli/data_flags.h"
#include "frontend/cli/pack_data.h"
#include "frontend/data/content_hash.h"
#include "frontend/data/pack.h"
#include "frontend/data/picture_list.h"
#include "frontend/data/sources_hash.h"
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
  std::string key = absl::StrCat("pictures to predict ", kDataSourcesHash, "\n", DescribeOptions(options), "\n");
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    absl::StrAppend(&key, path.size(), " ", path, "\n");
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored)) files.push_back(path);  // others are broken pictures
  }
  return absl::StrCat(key, HashContents("", files), " ", codegen::HashName(standard_input));
}

}  // namespace

std::vector<std::string> TakePictures(size_t words, std::vector<std::string>& argv) {
  Inputs found = FindInputs(argv, words);
  if (found.inputs.empty() || !std::all_of(found.inputs.begin(), found.inputs.end(), IsPictureInput)) return {};
  argv = std::move(found.others);
  argv.insert(argv.end(), {"--input", found.inputs[0]});
  return std::move(found.inputs);
}

absl::Status CheckPredictInput(const std::string& input) {
  constexpr const char* kEnds[] = {".csv", ".tsv", ".npz", ".tar", ".tgz", ".zip", ".gz"};
  if (std::none_of(std::begin(kEnds), std::end(kEnds), [&](const char* end) { return input.ends_with(end); }))
    return absl::OkStatus();
  return absl::InvalidArgumentError(input + ": predict takes pictures, .npy files and packed files");
}

absl::StatusOr<std::string> PackPictures(const std::string& model, const std::vector<std::string>& pictures,
                                         const DataOptions& options, const codegen::Cache& cache, bool quiet) {
  if (options.height == 0)
    return absl::InvalidArgumentError(absl::StrCat(model, ": takes no pictures, so that ", pictures[0],
                                                   " cannot be predicted; its input is not one of height, width, and "
                                                   "1 or 3 channels"));
  try {
    const std::vector<std::string> paths = ListPictures(pictures);
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

}  // namespace brine::cli
