#include <array>
#include <cstdint>
#include <fstream>
#include <span>
#include <utility>

#include "frontend/data/bad_input.h"
#include "frontend/data/source_kinds.h"
#include "frontend/data/split.h"
#include "runtime/trainer/readers.h"

namespace brine {
namespace {

// Whether the file is called like a packed one, or begins like one.
bool IsPacked(const std::string& path) {
  std::array<uint8_t, 10> bytes = {};
  std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(bytes.data()), bytes.size());
  return path.ends_with(".brd") || IsPackedFile(bytes);
}

Source OpenPacked(const std::string& path, const DataOptions&) {
  Source source;
  source.splits = LoadPacked(path);
  const Dataset& train = source.splits.train;
  const std::span<const Field> fields = train.fields();
  if (fields.size() == 2 && fields[1].label && fields[1].elements == 1 && fields[1].type == ElementType::kInteger) {
    std::vector<int32_t> labels = LabelsOf(train);
    if (!train.class_names.empty() || AreClasses(labels)) source.train_classes = std::move(labels);
  }
  return source;
}

}  // namespace

const SourceKind kPackedFile = {
    .name = "a packed file (.brd)", .matches = &IsPacked, .open = &OpenPacked, .is_divided = true};

}  // namespace brine
