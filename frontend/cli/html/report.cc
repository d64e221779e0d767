#include "frontend/cli/html/report.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "frontend/cli/embedded_files.h"
#include "frontend/cli/html/markup.h"
#include "frontend/cli/html/report_sections.h"
#include "frontend/cli/html/run_folder.h"
#include "ir/status.h"

namespace brine::cli {
namespace {

// What a section says of each run: of the only one as it is, of several below their names.
std::string ForEach(absl::Span<const Run> runs, std::string (*write)(const Run& run)) {
  if (runs.size() == 1) return write(runs[0]);
  std::string out;
  for (size_t index = 0; index < runs.size(); ++index) {
    const std::string body = write(runs[index]);
    if (!body.empty()) absl::StrAppend(&out, "<h3>", RunLabel(runs, index), "</h3>\n", body);
  }
  return out;
}

std::string Title(absl::Span<const Run> runs) {
  if (runs.size() == 1) return absl::StrCat(runs[0].config.model(), ", ", runs[0].name);
  return absl::StrCat("Runs ", absl::StrJoin(runs, ", ", [](std::string* out, const Run& run) { *out += run.name; }));
}

}  // namespace

absl::StatusOr<std::string> ReportPage(absl::Span<const std::string> folders) {
  std::vector<Run> runs;
  for (const std::string& folder : folders) {
    BRINE_ASSIGN_OR_RETURN(Run run, ReadRun(folder));
    runs.push_back(std::move(run));
  }
  Page page;
  page.title = Title(runs);
  page.head = ReportHead(runs);
  page.style = Embedded("html/report.css");
  page.script = Embedded("html/report.js");
  page.sections = {
      {"compared", "Results compared", ComparedResults(runs)},
      {"curves", "Loss and metrics", ResultCurves(runs)},
      {"rates", "Learning rate and throughput", RateCurves(runs)},
      {"confusion", "Classes taken for each other", ForEach(runs, Confusions)},
      {"worst", "The most wrong predictions", ForEach(runs, WorstSamples)},
      {"filters", "Filters of the first layer", ForEach(runs, FirstLayer)},
      {"time", "Time and memory", ForEach(runs, TimeAndMemory)},
      {"norms", "Norms of weights and gradients", NormCurves(runs)},
      {"layers", "Layers", ForEach(runs, LayerTable)},
      {"epochs", "Epochs in numbers", ForEach(runs, EpochTable)},
      {"configuration", "Configuration", Configurations(runs)},
      {"command", "Repeat the run", ForEach(runs, RepeatCommand)},
  };
  return WritePage(page);
}

}  // namespace brine::cli
