// The sections of a report as HTML.  A section about which the runs say nothing is empty.
#ifndef BRINE_FRONTEND_CLI_HTML_REPORT_SECTIONS_H_
#define BRINE_FRONTEND_CLI_HTML_REPORT_SECTIONS_H_

#include <string>

#include "absl/types/span.h"
#include "frontend/cli/html/run_folder.h"

namespace brine::cli {

// The name of a run, in HTML, with the colour that it has in the charts of several.
std::string RunLabel(absl::Span<const Run> runs, size_t index);

// report_head.cc
std::string ReportHead(absl::Span<const Run> runs);       // the heading of the page, and what matters most
std::string ComparedResults(absl::Span<const Run> runs);  // of several runs: the best results beside each other

// report_curves.cc
std::string ResultCurves(absl::Span<const Run> runs);  // loss and metrics, by epoch and step
std::string RateCurves(absl::Span<const Run> runs);    // the learning rate, and the samples of a second
std::string NormCurves(absl::Span<const Run> runs);    // of each parameter and its gradient

// report_evaluation.cc
std::string Confusions(const Run& run);    // the confusion matrix, and the classes that were confused most
std::string WorstSamples(const Run& run);  // pictures with their classes and probabilities

// report_resources.cc
std::string FirstLayer(const Run& run);     // its filters as pictures
std::string TimeAndMemory(const Run& run);  // by kernel, by layer, by block of memory

// report_tables.cc
std::string LayerTable(const Run& run);                  // the model's summary
std::string EpochTable(const Run& run);                  // every number of the charts by epoch
std::string Configurations(absl::Span<const Run> runs);  // with marks where several differ
std::string RepeatCommand(const Run& run);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_HTML_REPORT_SECTIONS_H_
