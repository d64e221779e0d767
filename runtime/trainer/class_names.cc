#include "runtime/trainer/class_names.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "runtime/trainer/error.h"

namespace brine {
namespace {

bool IsPlain(char c) { return c >= 0x20 && c < 0x7f && std::strchr("%,\"\\", c) == nullptr; }

std::string Decode(const std::string& text) {
  std::string name;
  for (size_t at = 0; at < text.size(); ++at) {
    unsigned char byte = 0;
    const char* const digits = text.data() + at + 1;
    const bool is_escape =
        text[at] == '%' && at + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    name += is_escape ? static_cast<char>(byte) : text[at];
    if (is_escape) at += 2;
  }
  return name;
}

// "a, b, c", or the first of many: "a, b, c, …".
std::string ListOf(const std::vector<std::string>& names) {
  constexpr size_t kMost = 12;
  std::string list;
  for (size_t index = 0; index < names.size() && index <= kMost; ++index)
    list += Concat({index == 0 ? "" : ", ", index < kMost ? names[index] : "…"});
  return list;
}

// Samples whose class numbers are replaced.
class RenumberedSource : public SampleSource {
 public:
  RenumberedSource(std::shared_ptr<const SampleSource> inner, size_t label, std::vector<int32_t> numbers)
      : inner_(std::move(inner)), label_(label), numbers_(std::move(numbers)) {}
  int64_t size() const override { return inner_->size(); }
  std::span<const Field> fields() const override { return inner_->fields(); }
  bool parallel() const override { return inner_->parallel(); }
  bool reads_labels_alone() const override { return inner_->reads_labels_alone(); }
  std::string NameOf(int64_t index) const override { return inner_->NameOf(index); }
  void Read(std::span<const int64_t> indices, std::span<void* const> targets) const override {
    inner_->Read(indices, targets);
    if (fields()[label_].type == ElementType::kByte)
      Renumber(static_cast<uint8_t*>(targets[label_]), indices.size());
    else
      Renumber(static_cast<int32_t*>(targets[label_]), indices.size());
  }

 private:
  template <typename T>
  void Renumber(T* labels, size_t count) const {
    for (T& label : std::span(labels, count)) {
      if (static_cast<size_t>(label) < numbers_.size()) label = static_cast<T>(numbers_[static_cast<size_t>(label)]);
    }
  }

  std::shared_ptr<const SampleSource> inner_;
  size_t label_;
  std::vector<int32_t> numbers_;  // by number in the data
};

}  // namespace

std::string EncodeClassNames(const std::vector<std::string>& names) {
  constexpr size_t kMost = 4 << 20;
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ',';
    for (const char c : name) {
      char escape[4] = {c, '\0'};
      if (!IsPlain(c))
        std::snprintf(escape, sizeof(escape), "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      text += escape;
    }
    if (text.size() > kMost) return {};
  }
  return text;
}

std::vector<std::string> DecodeClassNames(const std::string& text) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= text.size() && !text.empty();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    names.push_back(Decode(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return names;
}

std::vector<std::string> WithAllNames(std::vector<std::string> names, int64_t classes) {
  for (auto index = static_cast<int64_t>(names.size()); index < classes; ++index) {
    std::string name = Concat({"class ", index});
    while (std::find(names.begin(), names.end(), name) != names.end()) name += '\'';
    names.push_back(std::move(name));
  }
  return names;
}

Dataset WithClasses(const Dataset& data, const std::vector<std::string>& names) {
  if (names.empty() || data.class_names.empty() || data.class_names == names) return data;
  std::vector<int32_t> numbers;
  for (const std::string& name : data.class_names) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      ThrowError(kExitBadInput, {"the data have a class ", name, ", which the weights were not trained on; they know ",
                                 ListOf(names)});
    numbers.push_back(static_cast<int32_t>(found - names.begin()));
  }
  const auto label = std::find_if(data.fields().begin(), data.fields().end(), [&](const Field& field) {
    const bool holds_numbers =
        field.type == ElementType::kInteger || (field.type == ElementType::kByte && names.size() <= size_t{1} << 8);
    return field.label && field.elements == 1 && holds_numbers;
  });
  if (label == data.fields().end()) {
    CheckSameNames("classes", data.class_names, names);
    return data;
  }
  Dataset renumbered = data.WithSource(std::make_shared<RenumberedSource>(
      data.shared_source(), static_cast<size_t>(label - data.fields().begin()), std::move(numbers)));
  renumbered.class_names = names;
  return renumbered;
}

void CheckSameNames(const char* what, const std::vector<std::string>& of_data,
                    const std::vector<std::string>& of_weights) {
  if (of_data.empty() || of_weights.empty() || of_data == of_weights) return;
  ThrowError(kExitBadInput, {"the data have the ", what, " ", ListOf(of_data), ", but the weights were trained on ",
                             ListOf(of_weights)});
}

}  // namespace brine
