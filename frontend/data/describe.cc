#include "frontend/data/describe.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "frontend/data/read_in_order.h"
#include "frontend/data/split.h"
#include "runtime/trainer/error.h"

namespace brine {
namespace {

constexpr size_t kShownDuplicates = 10;

// Mean and variance of numbers that come in groups, which are merged by the formula of Chan, Golub and LeVeque (1983).
// The sum of squares is that of deviations, so that a large mean costs no digits.
class Moments {
 public:
  explicit Moments(size_t channels) : mean_(channels), deviations_(channels) {}

  // The elements of one channel follow one another at a distance of as many elements as there are channels.
  template <typename T>
  void Add(std::span<const T> elements) {
    const size_t channels = mean_.size();
    const auto group = static_cast<double>(elements.size() / channels);
    if (group == 0) return;
    std::vector<double> means(channels), deviations(channels);
    for (size_t at = 0; at < elements.size(); at += channels) {
      for (size_t channel = 0; channel < channels; ++channel)
        means[channel] += static_cast<double>(elements[at + channel]);
    }
    for (double& mean : means) mean /= group;
    for (size_t at = 0; at < elements.size(); at += channels) {
      for (size_t channel = 0; channel < channels; ++channel) {
        const double difference = static_cast<double>(elements[at + channel]) - means[channel];
        deviations[channel] += difference * difference;
      }
    }
    const double both = count_ + group;
    for (size_t channel = 0; channel < channels; ++channel) {
      const double difference = means[channel] - mean_[channel];
      mean_[channel] += difference * group / both;
      deviations_[channel] += deviations[channel] + difference * difference * count_ * group / both;
    }
    count_ = both;
  }

  const std::vector<double>& mean() const { return mean_; }
  std::vector<double> variance() const {
    std::vector<double> variance = deviations_;
    for (double& number : variance) number /= std::max(count_, 1.0);
    return variance;
  }

 private:
  double count_ = 0;  // of each channel
  std::vector<double> mean_, deviations_;
};

struct Content {
  uint64_t high, low;  // the hash
  int64_t sample;
  auto operator<=>(const Content&) const = default;
};

// The class of each label in a chunk: a number, or the position of the largest of several.
void CountClasses(const Field& label, const SampleChunk& chunk, const std::vector<uint8_t>& bytes, PartFacts& facts) {
  for (int64_t sample = 0; sample < chunk.read; ++sample) {
    const uint8_t* const at = bytes.data() + sample * label.elements * ByteCount(label.type);
    int32_t number = 0;
    if (label.type == ElementType::kReal) {
      std::vector<float> row(static_cast<size_t>(label.elements));
      std::memcpy(row.data(), at, row.size() * sizeof(float));
      number = static_cast<int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
    } else {
      std::memcpy(&number, at, static_cast<size_t>(ByteCount(label.type)));
    }
    if (number < 0 || static_cast<size_t>(number) >= kMaxClasses)
      continue;  // training refuses such labels, or ignores them
    const auto index = static_cast<size_t>(number);
    if (facts.of_class.size() <= index) facts.of_class.resize(index + 1);
    ++facts.of_class[index];
  }
}

void AddMoments(const Field& field, const std::vector<uint8_t>& bytes, Moments& moments) {
  const size_t count = bytes.size() / static_cast<size_t>(ByteCount(field.type));
  if (field.type == ElementType::kByte)
    moments.Add(std::span(bytes));
  else if (field.type == ElementType::kInteger)
    moments.Add(std::span(reinterpret_cast<const int32_t*>(bytes.data()), count));
  else
    moments.Add(std::span(reinterpret_cast<const float*>(bytes.data()), count));
}

class Describer {
 public:
  Describer(const Source& source, const DataOptions& options) : source_(source), options_(options) {}

  DataFacts Run() {
    const Splits& splits = source_.splits;
    ReadTrain(splits.train);
    std::sort(contents_.begin(), contents_.end());
    ReadHeldOut(splits.validation, facts_.validation);
    ReadHeldOut(splits.test, facts_.test);
    if (!broken_.empty() && !options_.skip_broken) throw Error(kExitBadInput, broken_);
    size_t classes = splits.train.class_names.size();
    PartFacts* const parts[] = {&facts_.train, &facts_.validation, &facts_.test};
    for (const PartFacts* part : parts) classes = std::max(classes, part->of_class.size());
    for (PartFacts* part : parts) {
      if (!source_.train_classes.empty()) part->of_class.resize(classes);
    }
    return std::move(facts_);
  }

 private:
  // Calls take(number, name, bytes) with each sample of the part.
  template <typename Take>
  void Read(const Dataset& data, PartFacts& facts, Moments* moments, const Take& take) {
    ReadInOrder(data, options_.threads, [&](const SampleChunk& chunk) {
      for (const std::string& sentence : chunk.broken) broken_ += (broken_.empty() ? "" : "\n") + sentence;
      facts_.broken += static_cast<int64_t>(chunk.broken.size());
      const Field& field = data.fields()[0];
      if (moments != nullptr) AddMoments(field, chunk.fields[0], *moments);
      if (!source_.train_classes.empty() && data.fields().size() > 1)
        CountClasses(data.fields()[1], chunk, chunk.fields[1], facts);
      const size_t bytes = static_cast<size_t>(field.elements * ByteCount(field.type));
      std::string_view names = chunk.names;
      for (int64_t sample = 0; sample < chunk.read; ++sample) {
        const std::string_view name = names.substr(0, names.find('\n'));
        names.remove_prefix(name.size() + 1);
        take(facts.samples++, name, std::span(chunk.fields[0]).subspan(static_cast<size_t>(sample) * bytes, bytes));
      }
    });
  }

  static Content ContentOf(int64_t sample, std::span<const uint8_t> bytes) {
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    return {hash.high64, hash.low64, sample};
  }

  static std::string Called(std::string_view name, int64_t sample) {
    return name.empty() ? std::to_string(sample) : std::string(name);
  }

  void ReadTrain(const Dataset& data) {
    if (data.size() == 0) return;
    const Field& field = data.fields()[0];
    Moments moments(static_cast<size_t>(field.height > 0 ? field.channels : field.elements));
    Read(data, facts_.train, &moments, [&](int64_t sample, std::string_view name, std::span<const uint8_t> bytes) {
      contents_.push_back(ContentOf(sample, bytes));
      if (name.empty()) return;
      train_names_.resize(static_cast<size_t>(sample) + 1);
      train_names_.back() = name;
    });
    facts_.mean = moments.mean();
    facts_.variance = moments.variance();
  }

  void ReadHeldOut(const Dataset& data, PartFacts& facts) {
    if (data.size() == 0) return;
    Read(data, facts, nullptr, [&](int64_t sample, std::string_view name, std::span<const uint8_t> bytes) {
      Content content = ContentOf(-1, bytes);
      const auto found = std::upper_bound(contents_.begin(), contents_.end(), content);
      if (found == contents_.end() || found->high != content.high || found->low != content.low) return;
      ++facts_.duplicate_count;
      if (facts_.duplicates.size() == kShownDuplicates) return;
      const auto index = static_cast<size_t>(found->sample);
      const std::string_view train_name = index < train_names_.size() ? train_names_[index] : std::string_view();
      facts_.duplicates.push_back({Called(name, sample), Called(train_name, found->sample)});
    });
  }

  const Source& source_;
  const DataOptions& options_;
  DataFacts facts_;
  std::string broken_;             // sentences, one a line
  std::vector<Content> contents_;  // of the training samples
  std::vector<std::string> train_names_;
};

}  // namespace

std::string ClassName(const Source& source, size_t number) {
  const std::vector<std::string>& names = source.splits.train.class_names;
  return number < names.size() ? names[number] : std::to_string(number);
}

bool ArePictures(const Source& source) {
  const std::span<const Field> fields = source.splits.train.fields();
  return !fields.empty() && fields[0].height > 0;
}

const char* ElementKind(const Source& source) {
  return ArePictures(source) ? "channel" : source.splits.train.element_names.empty() ? "element" : "column";
}

std::string ElementName(const Source& source, size_t index) {
  const std::vector<std::string>& names = source.splits.train.element_names;
  return index < names.size() ? names[index] : std::to_string(index);
}

ShownSource OpenToShow(const std::string& path, DataOptions options) {
  if (!MayHavePictures(path)) return {OpenSource(path, options), {}};
  DataOptions any = options;  // opening asks for no size of the pictures if one is given
  any.height = any.width = any.channels = 1;
  any.test_split = 0;
  Source source = OpenSource(path, any);
  PictureSizes sizes = CountSizes(source.splits, options.threads);
  if (sizes.size() > 1 && options.height == 0) options.height = options.width = kShownSize;
  ChangeShape(source.splits, options);
  SplitOffTestData(source, options.test_split, options.split_seed);
  return {std::move(source), std::move(sizes)};
}

DataFacts Describe(const Source& source, const DataOptions& options) { return Describer(source, options).Run(); }

}  // namespace brine
