#include "frontend/data/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "runtime/core/philox.h"

namespace brine {
namespace {

class SubsetSource : public SampleSource {
 public:
  SubsetSource(Dataset data, std::vector<int64_t> indices) : data_(std::move(data)), indices_(std::move(indices)) {
    for (int64_t& index : indices_) index += data_.first();
  }
  int64_t size() const override { return static_cast<int64_t>(indices_.size()); }
  std::span<const Field> fields() const override { return data_.fields(); }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    std::vector<int64_t> inner;
    for (int64_t index : indices) inner.push_back(indices_[static_cast<size_t>(index)]);
    data_.source().Read(inner, targets);
  }
  bool parallel() const override { return data_.source().parallel(); }
  std::string NameOf(int64_t index) const override {
    return data_.source().NameOf(indices_[static_cast<size_t>(index)]);
  }

 private:
  const Dataset data_;
  std::vector<int64_t> indices_;  // in the source of data_
};

// A random number that orders the samples of a class.
uint64_t Rank(uint64_t seed, int64_t sample, int32_t number) {
  const auto index = static_cast<uint64_t>(sample);
  const brine_random random = brine_philox(seed, static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32),
                                           static_cast<uint32_t>(number), 0);
  return uint64_t{random.word[0]} << 32 | random.word[1];
}

}  // namespace

bool AreClasses(std::span<const int32_t> numbers) {
  std::vector<int32_t> sorted(numbers.begin(), numbers.end());
  std::sort(sorted.begin(), sorted.end());
  const auto distinct = std::unique(sorted.begin(), sorted.end()) - sorted.begin();
  return !sorted.empty() && sorted.front() >= 0 && static_cast<size_t>(sorted.back()) < kMaxClasses &&
         static_cast<size_t>(distinct) * 2 <= numbers.size();
}

std::vector<int32_t> LabelsOf(const Dataset& data) {
  std::vector<int32_t> labels(static_cast<size_t>(data.size()));
  for (int64_t index = 0; index < data.size(); ++index) {
    void* const targets[] = {nullptr, &labels[static_cast<size_t>(index)]};
    const int64_t at = data.first() + index;
    data.source().Read({&at, 1}, targets);
  }
  return labels;
}

std::vector<bool> ChooseTestSamples(int64_t count, std::span<const int32_t> classes, double share, uint64_t seed) {
  std::map<int32_t, std::vector<std::pair<uint64_t, int64_t>>> ranked;  // by class
  for (int64_t sample = 0; sample < count; ++sample) {
    const int32_t number = classes.empty() ? 0 : classes[static_cast<size_t>(sample)];
    ranked[number].emplace_back(Rank(seed, sample, number), sample);
  }
  std::vector<bool> chosen(static_cast<size_t>(count));
  for (auto& [number, samples] : ranked) {
    const auto all = static_cast<int64_t>(samples.size());
    int64_t wanted = std::llround(share * static_cast<double>(all));
    if (share > 0) wanted = std::clamp<int64_t>(wanted, std::min<int64_t>(1, all - 1), all - 1);
    std::sort(samples.begin(), samples.end());
    for (int64_t index = 0; index < wanted; ++index)
      chosen[static_cast<size_t>(samples[static_cast<size_t>(index)].second)] = true;
  }
  return chosen;
}

Dataset Subset(const Dataset& data, std::vector<int64_t> indices) {
  Dataset subset(std::make_shared<SubsetSource>(data, std::move(indices)));
  subset.class_names = data.class_names;
  subset.element_names = data.element_names;
  return subset;
}

void SplitOffTestData(Source& source, double share, uint64_t seed) {
  Splits& splits = source.splits;
  if (splits.test.size() > 0 || splits.validation.size() > 0 || splits.train.size() == 0 || share == 0) return;
  const std::vector<bool> chosen = ChooseTestSamples(splits.train.size(), source.train_classes, share, seed);
  std::vector<int64_t> train, test;
  std::vector<int32_t> train_classes;
  for (size_t sample = 0; sample < chosen.size(); ++sample) {
    (chosen[sample] ? test : train).push_back(static_cast<int64_t>(sample));
    if (!chosen[sample] && !source.train_classes.empty()) train_classes.push_back(source.train_classes[sample]);
  }
  source.train_classes = std::move(train_classes);
  if (!test.empty()) source.drawn_share = share;
  splits.test = Subset(splits.train, std::move(test));
  splits.train = Subset(splits.train, std::move(train));
}

}  // namespace brine
