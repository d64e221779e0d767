#include <filesystem>
#include <utility>

#include "runtime/trainer/cifar.h"
#include "runtime/trainer/readers.h"

namespace brine {
namespace {

Dataset Load(const std::vector<std::string>& paths) {
  std::vector<FileBytes> files;
  for (const std::string& path : paths) files.push_back(MapFile(path));
  Dataset data = CifarRecords(std::move(files), kCifar10);
  data.class_names = Cifar10Classes();
  return data;
}

}  // namespace

Splits LoadCifar10(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const std::string inner = folder + "/cifar-10-batches-bin";
  const std::string root = fs::is_directory(inner, ignored) ? inner : folder;
  std::vector<std::string> train;
  for (int batch = 1; batch <= 5; ++batch) train.push_back(root + "/data_batch_" + std::to_string(batch) + ".bin");
  return {Load(train), Load({root + "/test_batch.bin"})};
}

}  // namespace brine
