#include "frontend/data/data.h"

#include "frontend/data/pack.h"
#include "frontend/data/source_kinds.h"

namespace brine {
namespace {

Splits Load(const Source& source, const DataOptions& options) {
  return PackIntoMemory(source, {.threads = options.threads, .skip_broken = options.skip_broken});
}

}  // namespace

Splits LoadNpz(const std::string& file, const DataOptions& options) {
  return Load(OpenAs(kNumpyArchive, file, options), options);
}

Splits LoadCsv(const std::string& file, const DataOptions& options) {
  return Load(OpenAs(kTable, file, options), options);
}

Splits LoadData(const std::string& source, const DataOptions& options) {
  return Load(OpenSource(source, options), options);
}

}  // namespace brine
