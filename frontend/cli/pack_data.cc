#include "frontend/cli/pack_data.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "frontend/cli/data_flags.h"
#include "frontend/data/content_hash.h"
#include "frontend/data/describe.h"
#include "frontend/data/pack.h"
#include "frontend/data/source.h"
#include "frontend/data/sources_hash.h"
#include "frontend/number_text.h"
#include "ir/status.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/readers.h"
#include "runtime/trainer/terminal.h"

namespace brine::cli {
namespace {

namespace fs = std::filesystem;
using internal::BytesText, internal::WithCommas;

// A line on a terminal that is written again and again, at most ten times a second.
class ProgressLine {
 public:
  ProgressLine(std::string text, bool quiet) : text_(std::move(text)), shown_(!quiet && CanRedraw()) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() {
    if (last_.has_value()) std::fputs("\r\x1b[K", stderr);  // clears the line
  }

  void Show(int64_t done, int64_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || (last_.has_value() && now - *last_ < std::chrono::milliseconds(100))) return;
    last_ = now;
    constexpr int kWidth = 30;
    const double share = static_cast<double>(done) / static_cast<double>(std::max<int64_t>(total, 1));
    const int filled = static_cast<int>(share * kWidth);
    std::fprintf(stderr, "\r%s [%s%s] %3.0f %%", text_.c_str(), std::string(static_cast<size_t>(filled), '=').c_str(),
                 std::string(static_cast<size_t>(kWidth - filled), ' ').c_str(), 100 * share);
    std::fflush(stderr);
  }

 private:
  const std::string text_;
  const bool shown_;
  std::optional<std::chrono::steady_clock::time_point> last_;
};

// "packed flowers: 3,670 pictures of 5 classes, of which 734 were drawn for tests, into x.brd (12.30 MB)".
std::string Sentence(const std::string& path, const Source& source, const PackReport& report,
                     const std::string& output) {
  const Dataset& train = source.splits.train;
  const char* const noun = ArePictures(source) ? "pictures" : "samples";
  std::string text =
      absl::StrCat("packed ", path, ": ", WithCommas(report.train + report.validation + report.test), " ", noun);
  if (!train.class_names.empty())
    absl::StrAppend(&text, " of ", WithCommas(static_cast<int64_t>(train.class_names.size())), " classes");
  std::vector<std::string> parts;
  if (report.validation > 0) parts.push_back(absl::StrCat(WithCommas(report.validation), " are for validation"));
  if (report.test > 0)
    parts.push_back(
        absl::StrCat(WithCommas(report.test), source.drawn_share > 0 ? " are drawn for tests" : " are for tests"));
  for (const std::string& part : parts) absl::StrAppend(&text, &part == &parts[0] ? ", of which " : " and ", part);
  std::error_code ignored;
  absl::StrAppend(&text, ", into ", output, " (", BytesText(static_cast<int64_t>(fs::file_size(output, ignored))), ")");
  if (!source.remark.empty()) absl::StrAppend(&text, "; ", source.remark);
  if (!report.skipped.empty())
    absl::StrAppend(&text, "; ", WithCommas(static_cast<int64_t>(report.skipped.size())),
                    " broken ones are left out, the first: ", report.skipped[0]);
  return text;
}

// Removes the packed file, and throws Error, if a class has no sample left in it.
void CheckPacked(const std::string& source, const Source& opened, const std::string& output) {
  try {
    CheckClassesRemain(source, opened, LoadPacked(output).train);
  } catch (const Error&) {
    std::error_code ignored;
    fs::remove(output, ignored);
    throw;
  }
}

}  // namespace

absl::Status StatusOf(const std::exception& error) {
  const auto* const known = dynamic_cast<const Error*>(&error);
  if (known == nullptr) return absl::UnavailableError(absl::StrCat("the data cannot be read: ", error.what()));
  return known->code() == kExitBadInput ? absl::InvalidArgumentError(error.what())
                                        : absl::UnavailableError(error.what());
}

namespace {

// `before_commit` as in PackOptions.
absl::Status PackChecked(const std::string& source, const DataOptions& options, const std::string& output, bool quiet,
                         std::function<void()> before_commit) {
  try {
    CheckKeepsSource(source, output);
    const Source opened = OpenSource(source, options);
    std::optional<ProgressLine> line(std::in_place, absl::StrCat("packing ", source), quiet);
    const PackReport report = Pack(opened, output,
                                   {.threads = options.threads,
                                    .skip_broken = options.skip_broken,
                                    .progress = [&](int64_t done, int64_t total) { line->Show(done, total); },
                                    .before_commit = std::move(before_commit)});
    line.reset();
    if (!report.skipped.empty()) CheckPacked(source, opened, output);
    if (!quiet) std::fprintf(stderr, "%s\n", Sentence(source, opened, report, output).c_str());
    return absl::OkStatus();
  } catch (const std::exception& error) {
    return StatusOf(error);
  }
}

}  // namespace

absl::Status PackData(const std::string& source, const DataOptions& options, const std::string& output, bool quiet) {
  return PackChecked(source, options, output, quiet, {});
}

absl::StatusOr<std::string> PackedFile(const codegen::Cache& cache, const std::string& key) {
  BRINE_ASSIGN_OR_RETURN(const std::string folder, cache.Folder(key));
  return folder + "/data.brd";
}

bool IsWhole(const std::string& packed) {
  try {
    LoadPacked(packed);
    return true;
  } catch (const Error&) {
    return false;
  }
}

absl::StatusOr<std::string> DataForProgram(const std::string& source, const DataOptions& options,
                                           const codegen::Cache& cache, bool quiet) {
  std::string list, list_key, key;
  try {
    if (IsMapped(source)) return source;
    const std::vector<std::string> files = FilesOfSource(source);
    const std::string how = absl::StrCat("packed data ", kDataSourcesHash, "\n", DescribeOptions(options), "\n");
    list = ListFiles(source, files);
    list_key = absl::StrCat(how, fs::absolute(source).string(), "\n", codegen::HashName(list));
    if (const std::optional<std::string> known = cache.Get(list_key); known.has_value()) {
      BRINE_ASSIGN_OR_RETURN(const std::string packed, PackedFile(cache, *known));
      if (IsWhole(packed)) return packed;
    }
    key = absl::StrCat(how, HashContents(source, files, options.threads));
  } catch (const std::exception& error) {
    return StatusOf(error);
  }
  BRINE_ASSIGN_OR_RETURN(const std::string packed, PackedFile(cache, key));
  if (!IsWhole(packed)) {
    // The file is found by the hash of what was read before, so it must have been packed of the same.
    BRINE_RETURN_IF_ERROR(PackChecked(source, options, packed, quiet, [&] { CheckUnchanged(source, list); }));
  }
  BRINE_RETURN_IF_ERROR(cache.Put(list_key, key));
  return packed;
}

void SetPictureSize(const ir::Graph& model, DataOptions& options) {
  const ir::Input* data = nullptr;
  for (const ir::Input& input : model.inputs) {
    if (input.source != ir::Source::kData) continue;
    if (data != nullptr) return;
    data = &input;
  }
  if (data == nullptr) return;
  const ir::Shape& shape = model.type(data->value).shape;  // the first axis is that of the batch
  const auto set = [&](int64_t height, int64_t width, int64_t channels) {
    if (channels != 1 && channels != 3) return;
    options.height = height;
    options.width = width;
    options.channels = channels;
  };
  if (shape.size() == 4) set(shape[1], shape[2], shape[3]);
  if (shape.size() == 3) set(shape[1], shape[2], 1);
  for (const int64_t channels : {1, 3}) {
    if (shape.size() != 2) break;
    const auto side = std::llround(std::sqrt(static_cast<double>(shape[1] / channels)));
    if (side * side * channels == shape[1]) return set(side, side, channels);
  }
}

}  // namespace brine::cli
