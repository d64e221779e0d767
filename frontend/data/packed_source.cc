#include <cstdint>
#include <fstream>
#include <span>
#include <utility>

#include "frontend/data/bad_input.h"
#include "frontend/data/source_kinds.h"
#include "frontend/data/split.h"
#include "runtime/core/safetensors.h"
#include "runtime/trainer/mapped_file.h"
#include "runtime/trainer/readers.h"

namespace brine {
namespace {

// Whether the file begins as safetensors do: with the length of a header in JSON, whatever the file is called.
bool IsPackedFile(const std::string& path) {
  uint64_t length = 0;
  char brace = 0;
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(&length), sizeof(length)).get(brace);
  return path.ends_with(".brd") || (file.good() && length <= BRINE_MAX_HEADER_BYTES && brace == '{');
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
    .name = "a packed file (.brd)", .matches = &IsPackedFile, .open = &OpenPacked, .is_divided = true};

}  // namespace brine
