#include "runtime/trainer/data_statistics.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/initialize.h"
#include "runtime/trainer/batch_reader.h"
#include "runtime/trainer/shapes.h"

namespace brine {
namespace {

// The moments of the channels of an input, with the recurrence of Welford (1962), which loses no digits where a mean is
// large.
class ChannelMoments {
 public:
  explicit ChannelMoments(size_t channels) : means_(channels), squares_(channels) {}

  // Adds elements [position, channel].
  template <typename Element>
  void Add(const Element* elements, int64_t positions) {
    for (int64_t position = 0; position < positions; ++position) {
      const double share = 1 / static_cast<double>(++count_);
      for (size_t channel = 0; channel < means_.size(); ++channel) {
        const double element = *elements++;
        const double deviation = element - means_[channel];
        means_[channel] += deviation * share;
        squares_[channel] += deviation * (element - means_[channel]);
      }
    }
  }

  double mean(size_t channel) const { return means_[channel]; }
  double variance(size_t channel) const { return squares_[channel] / static_cast<double>(count_); }

 private:
  int64_t count_ = 0;
  std::vector<double> means_, squares_;  // squares: the sums of the squared deviations from the mean
};

bool IsOfData(const brine_variable& variable) {
  return variable.initializer == BRINE_DATA_MEAN || variable.initializer == BRINE_DATA_VARIANCE;
}

std::span<float> ContentOf(brine_state* state, int32_t index) {
  const brine_variable& variable = brine_state_program(state)->variables[index];
  return {reinterpret_cast<float*>(brine_variable_data(state, index)),
          static_cast<size_t>(brine_variable_elements(&variable))};
}

bool IsInitial(brine_state* state, int32_t index) {
  const auto initial = static_cast<float>(brine_state_program(state)->variables[index].argument);
  const std::span<float> content = ContentOf(state, index);
  return std::all_of(content.begin(), content.end(), [&](float element) { return element == initial; });
}

// The indices of the variables that are to be learnt.
std::vector<int32_t> VariablesToLearn(brine_state* state) {
  if (brine_steps_done(state) > 0) return {};
  const brine_program& program = *brine_state_program(state);
  std::vector<int32_t> indices;
  std::set<std::string> known;  // the inputs whose statistics are not initial
  for (int32_t index = 0; index < program.variable_count; ++index) {
    if (!IsOfData(program.variables[index])) continue;
    indices.push_back(index);
    if (!IsInitial(state, index)) known.insert(program.variables[index].data);
  }
  std::erase_if(indices, [&](int32_t index) { return known.contains(program.variables[index].data); });
  return indices;
}

}  // namespace

void LearnDataStatistics(brine_state* state, const Dataset& data) {
  const std::vector<int32_t> indices = VariablesToLearn(state);
  if (indices.empty()) return;
  const brine_program& program = *brine_state_program(state);
  const brine_function& function = FunctionOf(program, "train");
  std::map<std::string, ChannelMoments> inputs;  // by name
  for (int32_t index : indices)
    inputs.emplace(program.variables[index].data, ChannelMoments(ContentOf(state, index).size()));

  BatchReader reader(state, &function, data);
  std::vector<int64_t> batch(static_cast<size_t>(program.batch_size));
  for (int64_t begin = 0; begin < data.size(); begin += program.batch_size) {
    const int64_t rows = std::min<int64_t>(program.batch_size, data.size() - begin);
    std::iota(batch.begin(), batch.end(), begin);
    reader.Read({batch.data(), static_cast<size_t>(rows)});
    for (auto& [name, moments] : inputs) {
      const brine_value& value = function.values[brine_find_input(&function, name.c_str())->value];
      const void* const elements = brine_input_data(state, &function, name.c_str());
      const int64_t positions = rows * (RowElements(value) / value.dims[value.rank - 1]);
      if (value.dtype == BRINE_U8)
        moments.Add(static_cast<const uint8_t*>(elements), positions);
      else
        moments.Add(static_cast<const float*>(elements), positions);
    }
  }
  for (int32_t index : indices) {
    const brine_variable& variable = program.variables[index];
    const ChannelMoments& moments = inputs.at(variable.data);
    const std::span<float> content = ContentOf(state, index);
    for (size_t channel = 0; channel < content.size(); ++channel)
      content[channel] = static_cast<float>(variable.initializer == BRINE_DATA_MEAN ? moments.mean(channel)
                                                                                    : moments.variance(channel));
  }
}

}  // namespace brine
