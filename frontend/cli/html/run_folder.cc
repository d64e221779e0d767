#include "frontend/cli/html/run_folder.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "frontend/cli/html/json.h"
#include "frontend/data/inflate.h"
#include "ir/status.h"
#include "ir/text/text.h"
#include "ir/verify/verify.h"
#include "runtime/core/file.h"
#include "runtime/trainer/error.h"

namespace brine::cli {
namespace {

namespace fs = std::filesystem;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// The content of a file; empty if there is none, as it may be written later.
absl::StatusOr<std::string> ReadOptional(const fs::path& path) {
  constexpr size_t kMostBytes = size_t{1} << 28;
  std::error_code code;
  if (!fs::exists(path, code)) return "";
  char error[512];
  size_t size = 0;
  uint8_t* const bytes = brine_read_file(path.c_str(), kMostBytes, &size, error, sizeof(error));
  if (bytes == nullptr) return absl::InvalidArgumentError(error);
  std::string text(reinterpret_cast<const char*>(bytes), size);
  std::free(bytes);
  return text;
}

// The lines that end; a last one that does not is being written.
std::vector<absl::string_view> CompleteLines(absl::string_view text) {
  const size_t end = text.rfind('\n');
  if (end == absl::string_view::npos) return {};
  return absl::StrSplit(text.substr(0, end), '\n');
}

// Keeps the first fault of the text.
class FirstFault : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column, const std::string& message) override {
    if (text.empty()) text = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }
  std::string text;
};

absl::StatusOr<run::Config> ReadConfig(const std::string& folder) {
  const fs::path path = fs::path(folder) / "config.pbtxt";
  std::error_code error;
  if (!fs::exists(path, error))
    return absl::InvalidArgumentError(absl::StrCat(folder, ": is no run, as it has no config.pbtxt"));
  run::Config config;
  BRINE_ASSIGN_OR_RETURN(const std::string text, ReadOptional(path));
  FirstFault fault;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&fault);
  if (!parser.ParseFromString(text, &config))
    return absl::InvalidArgumentError(absl::StrCat(path.string(), ":", fault.text));
  return config;
}

std::map<std::string, double> NumbersOf(const JsonObject& object) {
  std::map<std::string, double> numbers;
  for (const auto& [name, value] : object.fields()) {
    if (value.has_number_value() || value.has_null_value()) numbers[name] = NumberOf(value);
  }
  return numbers;
}

std::map<std::string, double> NumbersOfField(const JsonObject& object, const std::string& name) {
  const JsonValue* const value = FindField(object, name);
  return value == nullptr ? std::map<std::string, double>() : NumbersOf(value->struct_value());
}

absl::StatusOr<std::vector<Epoch>> ReadLog(const fs::path& path) {
  BRINE_ASSIGN_OR_RETURN(const std::string text, ReadOptional(path));
  std::vector<Epoch> epochs;
  int number = 0;
  for (const absl::string_view line : CompleteLines(text)) {
    BRINE_ASSIGN_OR_RETURN(const JsonObject object, ParseJsonObject(line, absl::StrCat(path.string(), ":", ++number)));
    Epoch epoch;
    epoch.results = NumbersOf(object);
    epoch.epoch = NumberField(object, "epoch");
    epoch.step = NumberField(object, "step");
    constexpr double kMostEpochs = 1e9;
    if (!(epoch.epoch >= 0 && epoch.epoch <= kMostEpochs))
      return absl::InvalidArgumentError(absl::StrCat(path.string(), ":", number, ": has no number of an epoch"));
    epoch.weight_norm = NumbersOfField(object, "weight_norm");
    epoch.gradient_norm = NumbersOfField(object, "gradient_norm");
    epochs.push_back(std::move(epoch));
  }
  return epochs;
}

absl::StatusOr<StepTable> ReadSteps(const fs::path& path) {
  BRINE_ASSIGN_OR_RETURN(const std::string text, ReadOptional(path));
  StepTable table;
  int number = 0;
  for (const absl::string_view line : CompleteLines(text)) {
    const std::vector<absl::string_view> cells = absl::StrSplit(line, ',');
    if (number++ == 0) {
      for (const absl::string_view cell : cells) table.columns.emplace_back(cell);
      continue;
    }
    if (cells.size() != table.columns.size()) {
      return absl::InvalidArgumentError(absl::StrCat(path.string(), ":", number, ": has ", cells.size(),
                                                     " cells, the header has ", table.columns.size()));
    }
    std::vector<double>& row = table.rows.emplace_back();
    for (const absl::string_view cell : cells) {
      double value = kNan;
      row.push_back(absl::SimpleAtod(cell, &value) ? value : kNan);
    }
  }
  return table;
}

// The picture in the JSON of a sample; empty if its sizes contradict its bytes.
std::optional<Picture> ReadPicture(const JsonObject& object) {
  constexpr int64_t kMostPixels = 4096;
  const int64_t width = IndexField(object, "width", kMostPixels), height = IndexField(object, "height", kMostPixels);
  const int64_t channels = IndexField(object, "channels", 4);
  std::string bytes;
  if (!absl::Base64Unescape(TextField(object, "pixels"), &bytes)) return {};
  const bool known = channels == 1 || channels == 3 || channels == 4;
  if (!known || width < 1 || height < 1 || static_cast<int64_t>(bytes.size()) != width * height * channels) return {};
  return Picture{
      static_cast<int>(width), static_cast<int>(height), static_cast<int>(channels), {bytes.begin(), bytes.end()}};
}

std::vector<double> NumbersOfList(const JsonObject& object, const std::string& name) {
  std::vector<double> numbers;
  for (const JsonValue& value : ListField(object, name)) numbers.push_back(NumberOf(value));
  return numbers;
}

constexpr int64_t kMostClasses = 1 << 20, kMostSamples = int64_t{1} << 40;

WorstSample ReadSample(const JsonObject& object) {
  WorstSample sample;
  sample.number = IndexField(object, "sample", kMostSamples);
  sample.name = TextField(object, "name");
  sample.loss = NumberField(object, "loss");
  if (const int64_t label = IndexField(object, "label", kMostClasses); label >= 0) sample.label = label;
  sample.wanted = NumbersOfList(object, "label");
  sample.predicted = NumbersOfList(object, "value");
  for (const JsonValue& guess : ListField(object, "top")) {
    const int64_t label = IndexField(guess.struct_value(), "class", kMostClasses);
    if (label >= 0) sample.top.push_back({label, NumberField(guess.struct_value(), "probability")});
  }
  if (const JsonValue* const image = FindField(object, "image")) sample.picture = ReadPicture(image->struct_value());
  return sample;
}

// The counts of a matrix of `classes` rows and columns; none if a row or a column is missing.
std::vector<int64_t> ReadConfusion(const google::protobuf::RepeatedPtrField<JsonValue>& rows) {
  std::vector<int64_t> counts;
  for (const JsonValue& row : rows) {
    if (row.list_value().values_size() != rows.size()) return {};
    for (const JsonValue& cell : row.list_value().values()) {
      const double count = cell.number_value();
      counts.push_back(count >= 0 && count <= static_cast<double>(kMostSamples) ? static_cast<int64_t>(count) : 0);
    }
  }
  return counts;
}

absl::StatusOr<Evaluation> ReadEvaluation(const fs::path& path) {
  BRINE_ASSIGN_OR_RETURN(const std::string text, ReadOptional(path));
  Evaluation evaluation;
  if (text.empty()) return evaluation;
  BRINE_ASSIGN_OR_RETURN(const JsonObject object, ParseJsonObject(text, path.string()));
  evaluation.epoch = NumberField(object, "epoch");
  evaluation.data = TextField(object, "data");
  for (const JsonValue& value : ListField(object, "outputs")) {
    const JsonObject& output = value.struct_value();
    OutputEvaluation& read = evaluation.outputs.emplace_back();
    read.name = TextField(output, "name");
    for (const JsonValue& name : ListField(output, "classes")) read.classes.push_back(name.string_value());
    read.confusion = ReadConfusion(ListField(output, "confusion"));
    for (const JsonValue& sample : ListField(output, "worst")) read.worst.push_back(ReadSample(sample.struct_value()));
  }
  return evaluation;
}

absl::Status ReadKernels(const fs::path& path, Run& run) {
  BRINE_ASSIGN_OR_RETURN(const std::string text, ReadOptional(path));
  if (text.empty()) return absl::OkStatus();
  BRINE_ASSIGN_OR_RETURN(const JsonObject object, ParseJsonObject(text, path.string()));
  const auto positive = [](double number) { return number > 0 ? number : 0; };
  for (const JsonValue& value : ListField(object, "kernels")) {
    const JsonObject& kernel = value.struct_value();
    KernelRow& row = run.kernels.emplace_back();
    row.name = TextField(kernel, "name");
    row.bound = TextField(kernel, "bound");
    row.strategy = TextField(kernel, "strategy");
    row.layers = absl::StrSplit(TextField(kernel, "layers"), ", ", absl::SkipEmpty());
    row.milliseconds = positive(NumberField(kernel, "ms"));
    row.flops = positive(NumberField(kernel, "flops"));
    row.bytes = positive(NumberField(kernel, "bytes"));
    row.bound_share = positive(NumberField(kernel, "bound_share"));
  }
  for (const auto& [name, bytes] : NumbersOfField(object, "block_bytes")) {
    if (bytes > 0 && bytes < 1e15) run.blocks.emplace_back(name, static_cast<int64_t>(bytes));
  }
  std::sort(run.blocks.begin(), run.blocks.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return absl::OkStatus();
}

// The graph of the model, which is the first in the text of a program's graphs; empty if there is none.
std::optional<ir::Graph> ReadModel(const std::string& path) {
  std::error_code code;
  if (!fs::exists(path, code)) return {};
  FileBytes file;
  try {
    file = MapUnpacked(path);
  } catch (const Error&) {  // the page shows what else the run has
    return {};
  }
  const absl::string_view text(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
  const size_t second = text.find("\ngraph ");
  absl::StatusOr<std::vector<ir::Graph>> graphs = ir::Parse(text.substr(0, second), "model.ir.gz");
  if (!graphs.ok() || graphs->empty() || !ir::Verify(graphs->front()).ok()) return {};
  return std::move(graphs->front());
}

}  // namespace

double Epoch::Find(const std::string& name) const {
  const auto found = results.find(name);
  return found == results.end() ? kNan : found->second;
}

int StepTable::Column(const std::string& name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  return found == columns.end() ? -1 : static_cast<int>(found - columns.begin());
}

std::string OutputEvaluation::ClassName(int64_t number) const {
  const size_t index = static_cast<size_t>(number);
  return index < classes.size() && !classes[index].empty() ? classes[index] : absl::StrCat(number);
}

bool HigherIsBetter(const run::Config& config, const std::string& result) {
  for (const run::Result& row : config.result()) {
    if (row.name() == result || absl::StrCat("val_", row.name()) == result) return row.better() == "max";
  }
  return false;
}

std::string Run::monitor() const {
  for (const std::string& name : {config.monitor(), std::string("val_loss")}) {
    const bool known =
        std::any_of(epochs.begin(), epochs.end(), [&](const Epoch& epoch) { return std::isfinite(epoch.Find(name)); });
    if (known) return name;
  }
  return "loss";
}

int64_t Run::planned_epochs() const {
  return config.resumed().empty() ? config.epochs() : config.resumed().rbegin()->epochs();
}

std::optional<size_t> Run::BestEpoch() const {
  const std::string name = monitor();
  const double sign = HigherIsBetter(config, name) ? -1 : 1;
  std::optional<size_t> best;
  for (size_t index = 0; index < epochs.size(); ++index) {
    const double result = epochs[index].Find(name);
    if (std::isfinite(result) && (!best || sign * result < sign * epochs[*best].Find(name))) best = index;
  }
  return best;
}

absl::StatusOr<Run> ReadRun(const std::string& folder) {
  Run run;
  run.folder = folder;
  const fs::path path = fs::path(folder.empty() ? "." : folder).lexically_normal();
  std::error_code no_name;  // of a working folder that has been deleted
  const bool has_name = path.has_filename() && path.filename() != ".";
  run.name = (has_name ? path : fs::absolute(path, no_name).lexically_normal().parent_path()).filename().string();
  BRINE_ASSIGN_OR_RETURN(run.config, ReadConfig(folder));
  BRINE_ASSIGN_OR_RETURN(run.epochs, ReadLog(path / "log.jsonl"));
  BRINE_ASSIGN_OR_RETURN(run.steps, ReadSteps(path / "steps.csv"));
  BRINE_ASSIGN_OR_RETURN(run.evaluation, ReadEvaluation(path / "evaluation.json"));
  BRINE_RETURN_IF_ERROR(ReadKernels(path / "kernels.json", run));
  BRINE_ASSIGN_OR_RETURN(run.summary, ReadOptional(path / "summary.txt"));
  run.model = ReadModel(path / "model.ir.gz");
  if (run.model) run.filters = FirstFilters(path.string(), *run.model);
  return run;
}

}  // namespace brine::cli
