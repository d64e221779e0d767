#include "runtime/trainer/shared_facts.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <span>
#include <string_view>

#include "runtime/base/flags.h"
#include "runtime/core/crc32.h"
#include "runtime/trainer/shapes.h"

namespace brine {
namespace {

// The flags that decide about the results.  What is read from files and written to them is the first rank's affair, and
// data are compared by what is in them.
constexpr const char* kSharedFlags[] = {"--epochs",
                                        "--batch-size",
                                        "--accumulate",
                                        "--shards",
                                        "--seed",
                                        "--learning-rate",
                                        "--class-weights",
                                        "--validation-split",
                                        "--no-shuffle",
                                        "--monitor",
                                        "--mode",
                                        "--early-stopping",
                                        "--restore-best-weights",
                                        "--reduce-lr-on-plateau",
                                        "--resume"};

constexpr bool kAllAreFlags = std::all_of(std::begin(kSharedFlags), std::end(kSharedFlags), [](std::string_view name) {
  return std::any_of(std::begin(base::kFlags), std::end(base::kFlags),
                     [&](const base::Flag& flag) { return flag.name == name; });
});
static_assert(kAllAreFlags, "kSharedFlags has names of base::kFlags");

// A number as text that other numbers do not have.
std::string Hexadecimal(uint64_t number) {
  char text[20];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(number));
  return text;
}

class Facts {
 public:
  explicit Facts(ExitCode code) : code_(code) {}
  Facts& Text(std::string name, std::string value) {
    rows_.push_back({std::move(name), std::move(value), code_});
    return *this;
  }
  Facts& Whole(std::string name, int64_t value) { return Text(std::move(name), std::to_string(value)); }
  void MoveTo(std::vector<Fact>& all) { std::move(rows_.begin(), rows_.end(), std::back_inserter(all)); }

 private:
  ExitCode code_;
  std::vector<Fact> rows_;
};

// "x[64] u8, label[1] i32"
std::string TextOf(std::span<const Field> fields) {
  static constexpr const char* kTypes[] = {"u8", "i32", "f32"};
  std::string text;
  for (const Field& field : fields)
    text += Concat({text.empty() ? "" : ", ", field.name.empty() ? (field.label ? "label" : "data") : field.name, "[",
                    field.elements, "] ", kTypes[static_cast<size_t>(field.type)]});
  return text;
}

// The checksum of samples of a data set.
class Checksum {
 public:
  explicit Checksum(const Dataset& data) : data_(data) {
    for (const Field& field : data.fields())
      rows_.emplace_back(static_cast<size_t>(field.elements * ByteCount(field.type)));
  }
  int64_t bytes_of_sample() const {
    int64_t bytes = 0;
    for (const std::vector<uint8_t>& row : rows_) bytes += static_cast<int64_t>(row.size());
    return bytes;
  }
  // Adds the fields of the sample for which `wanted` is set.
  void Add(int64_t sample, const std::vector<bool>& wanted) {
    const int64_t index = data_.first() + sample;
    std::vector<void*> targets;
    for (size_t field = 0; field < rows_.size(); ++field)
      targets.push_back(wanted[field] ? rows_[field].data() : nullptr);
    data_.source().Read({&index, 1}, targets);
    for (size_t field = 0; field < rows_.size(); ++field) {
      if (wanted[field]) sum_ = brine_crc32(sum_, rows_[field].data(), rows_[field].size());
    }
  }
  uint32_t sum() const { return sum_; }

 private:
  const Dataset& data_;
  std::vector<std::vector<uint8_t>> rows_;
  uint32_t sum_ = 0;
};

// Which fields of the data are labels.
std::vector<bool> LabelsOf(const brine_function& function, const Dataset& data) {
  std::vector<bool> labels;
  for (const Field& field : data.fields()) {
    const brine_input* const input = brine_find_input(&function, field.name.c_str());
    labels.push_back(field.label || (input != nullptr && input->source == BRINE_LABEL));
  }
  return labels;
}

uint32_t ChecksumOf(const brine_function& function, const Dataset& data) {
  if (data.size() == 0) return 0;
  Checksum sum(data);
  if (data.source().reads_labels_alone()) {
    const std::vector<bool> labels = LabelsOf(function, data);
    for (int64_t sample = 0; sample < data.size(); ++sample) sum.Add(sample, labels);
  }
  const int64_t samples =
      std::clamp<int64_t>(kComparedBytes / std::max<int64_t>(sum.bytes_of_sample(), 1), 1, data.size());
  const std::vector<bool> all(data.fields().size(), true);
  for (int64_t number = 0; number < samples; ++number)
    sum.Add(static_cast<int64_t>(static_cast<double>(number) * static_cast<double>(data.size()) /
                                 static_cast<double>(samples)),
            all);
  return sum.sum();
}

uint32_t ChecksumOf(const std::vector<std::string>& texts) {
  uint32_t sum = 0;
  for (const std::string& text : texts) sum = brine_crc32(sum, text.c_str(), text.size() + 1);
  return sum;
}

std::string TextOf(const ClassWeights& weights) {
  std::string text;
  for (const auto& [number, weight] : weights)
    text += Concat({text.empty() ? "" : ",", number, ":", ShortestText(weight)});
  return text;
}

}  // namespace

void AddFactsOfData(const char* name, const brine_function& function, const Dataset& data, std::vector<Fact>& all) {
  Facts(kExitBadInput)
      .Whole(Concat({"a number of ", name, " samples of"}), data.size())
      .Text(Concat({name, " samples with the fields"}), TextOf(data.fields()))
      .Text(Concat({name, " samples with the checksum"}), Hexadecimal(ChecksumOf(function, data)))
      .Text(Concat({name, " samples with names of the checksum"}),
            Hexadecimal(uint64_t{ChecksumOf(data.class_names)} << 32 | ChecksumOf(data.element_names)))
      .MoveTo(all);
}

Fact FactOfState(Trainer& trainer, const std::string& when, ExitCode code) {
  const brine_program& program = trainer.program();
  uint32_t sum = 0;
  for (int32_t index = 0; index < program.variable_count; ++index)
    sum = brine_crc32(sum, brine_variable_data(trainer.state(), index),
                      static_cast<size_t>(brine_variable_bytes(&program, index)));
  const brine_function& function = FunctionOf(program, "train");
  for (const brine_input& input : std::span(function.inputs, static_cast<size_t>(function.input_count))) {
    if (input.source != BRINE_SCALAR) continue;
    const double scalar = trainer.GetScalar(function.values[input.value].name);
    sum = brine_crc32(sum, &scalar, sizeof(scalar));
  }
  return {Concat({"weights ", when, "with the checksum"}), Hexadecimal(sum), code};
}

std::vector<Fact> FactsOfFlags(const std::vector<std::string>& words) {
  std::vector<Fact> facts;
  for (const char* const name : kSharedFlags) facts.push_back({name, std::nullopt, kExitUsage});
  for (size_t index = 2; index < words.size(); ++index) {
    const size_t equals = words[index].find('=');
    const std::string name = words[index].substr(0, equals);
    const auto flag = std::find_if(std::begin(base::kFlags), std::end(base::kFlags),
                                   [&](const base::Flag& row) { return name == row.name; });
    if (flag == std::end(base::kFlags)) continue;
    std::string value;
    if (equals != std::string::npos)
      value = words[index].substr(equals + 1);
    else if (*flag->value != '\0' && index + 1 < words.size())
      value = words[++index];
    for (Fact& fact : facts) {
      if (fact.name == name) fact.value = fact.value ? Concat({*fact.value, " ", value}) : value;
    }
  }
  return facts;
}

std::vector<Fact> FactsOfFit(Trainer& trainer, const FitLoop& loop) {
  const brine_program& program = trainer.program();
  const brine_function& function = FunctionOf(program, "train");
  const FitOptions& options = loop.options();
  std::vector<Fact> facts;
  Facts(kExitBadInput)
      .Text("the program", program.name)
      .Text("a program with the graph", Hexadecimal(program.graph_hash))
      .Text("a program with the kernels", program.numerics_id == nullptr ? "none" : program.numerics_id)
      .Whole("a program compiled for a batch of", program.batch_size)
      .MoveTo(facts);
  Facts(kExitUsage)
      .Whole("a number of epochs of", options.epochs)
      .Whole("a first epoch of", options.initial_epoch)
      .Whole("shards of a number of rows of", loop.batch_size())
      .Whole("a number of shards of", loop.shards())
      .Text("a validation split of", ShortestText(options.validation_split))
      .Text("shuffle", options.shuffle ? "on" : "off")
      .Text("resume", options.resume ? "on" : "off")
      .Text("checkpoints", options.checkpoint.empty() ? "off" : "on")
      .Text("class weights", TextOf(options.class_weight))
      .Text("a seed of", std::to_string(brine_seed(trainer.state())))
      .MoveTo(facts);
  for (const brine_input& input : std::span(function.inputs, static_cast<size_t>(function.input_count))) {
    const char* const name = function.values[input.value].name;
    if (input.source == BRINE_SCALAR)
      Facts(kExitUsage).Text(Concat({"a ", name, " of"}), ShortestText(trainer.GetScalar(name))).MoveTo(facts);
  }
  AddFactsOfData("training", function, loop.train_data(), facts);
  AddFactsOfData("validation", function, loop.validation_data(), facts);
  facts.push_back(FactOfState(trainer, "", kExitBadInput));
  return facts;
}

}  // namespace brine
