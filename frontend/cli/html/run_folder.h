// Reads what the trainer writes into the folder of a run.
#ifndef BRINE_FRONTEND_CLI_HTML_RUN_FOLDER_H_
#define BRINE_FRONTEND_CLI_HTML_RUN_FOLDER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "frontend/cli/html/filters.h"
#include "frontend/cli/html/png.h"
#include "frontend/cli/run.pb.h"
#include "ir/graph.h"

namespace brine::cli {

// A line of log.jsonl.
struct Epoch {
  double epoch = 0, step = 0;
  std::map<std::string, double> results;  // "val_loss", "learning_rate", "seconds"; NaN if not finite
  std::map<std::string, double> weight_norm, gradient_norm;  // by parameter

  double Find(const std::string& name) const;  // NaN if there is no such result
};

// steps.csv: means over a few steps.
struct StepTable {
  std::vector<std::string> columns;           // "step", "epoch", "loss", …
  std::vector<std::vector<double>> rows;      // [row][column]; NaN for what is no number
  int Column(const std::string& name) const;  // −1 if there is none
};

// A sample of which the model was wrong.
struct WorstSample {
  struct Guess {
    int64_t label = 0;
    double probability = 0;
  };
  int64_t number = 0;
  std::string name;  // of its file; empty if it has none
  double loss = 0;
  std::optional<int64_t> label;           // its class
  std::vector<Guess> top;                 // the likeliest classes first
  std::vector<double> wanted, predicted;  // the first numbers, if the labels are numbers instead of classes
  std::optional<Picture> picture;
};

// How well one output of the model predicts.
struct OutputEvaluation {
  std::string name;
  std::vector<std::string> classes;
  std::vector<int64_t> confusion;  // [class of the label][class predicted]; empty for numbers or very many classes
  std::vector<WorstSample> worst;

  // The name of a class, or its number where the class has no name.
  std::string ClassName(int64_t number) const;
};

struct Evaluation {
  double epoch = 0;
  std::string data;  // "validation"
  std::vector<OutputEvaluation> outputs;
};

// A row of kernels.json.
struct KernelRow {
  std::string name, bound, strategy;
  std::vector<std::string> layers;
  double milliseconds = 0, flops = 0, bytes = 0, bound_share = 0;
};

struct Run {
  std::string folder, name;  // "runs/cifar10_cnn-1", "cifar10_cnn-1"
  run::Config config;
  std::vector<Epoch> epochs;
  StepTable steps;
  Evaluation evaluation;
  std::vector<KernelRow> kernels;
  std::vector<std::pair<std::string, int64_t>> blocks;  // the bytes of each block of memory
  std::string summary;                                  // the table of layers
  std::optional<ir::Graph> model;
  std::optional<Filters> filters;

  // The epochs that it is to have in the end.
  int64_t planned_epochs() const;
  // The index of the best epoch by `monitor`; empty if no epoch has it.
  std::optional<size_t> BestEpoch() const;
  std::string monitor() const;  // that of the configuration if the run has it, else val_loss or loss
};

// Whether larger results of this name are better, as the run says.
bool HigherIsBetter(const run::Config& config, const std::string& result);

// Reads a run that may be going on: only config.pbtxt must exist, and a last line that is not complete is ignored.
// Errors (kInvalidArgument), which begin with the path of the file: the folder is no run, or a file is damaged.
absl::StatusOr<Run> ReadRun(const std::string& folder);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_HTML_RUN_FOLDER_H_
