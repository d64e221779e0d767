#include "runtime/trainer/read_sample.h"

namespace brine {

std::vector<std::vector<uint8_t>> ReadSample(const Dataset& data, int64_t sample) {
  std::vector<std::vector<uint8_t>> fields;
  std::vector<void*> targets;
  for (const Field& field : data.fields()) {
    fields.emplace_back(static_cast<size_t>(field.elements * ByteCount(field.type)));
    targets.push_back(fields.back().data());
  }
  const int64_t index = data.first() + sample;
  data.source().Read({&index, 1}, targets);
  return fields;
}

}  // namespace brine
