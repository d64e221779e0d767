#include <filesystem>

#include "runtime/trainer/error.h"
#include "runtime/trainer/idx.h"
#include "runtime/trainer/readers.h"

namespace brine {
namespace {

// The path of an IDX file, whose name is spelt <stem>.<kind> in some copies of MNIST and <stem>-<kind> in others.
std::string IdxPath(const std::string& folder, const std::string& stem, const std::string& kind) {
  std::error_code ignored;
  const std::string dotted = folder + "/" + stem + "." + kind;
  return std::filesystem::exists(dotted, ignored) ? dotted : folder + "/" + stem + "-" + kind;
}

Dataset Load(const std::string& folder, const std::string& part) {
  return IdxImages(MapFile(IdxPath(folder, part + "-images", "idx3-ubyte")),
                   MapFile(IdxPath(folder, part + "-labels", "idx1-ubyte")));
}

}  // namespace

Splits LoadMnist(const std::string& folder) {
  Splits splits = {.train = Load(folder, "train"), .test = Load(folder, "t10k")};
  CheckParts(splits, folder);
  return splits;
}

Splits LoadMapped(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return LoadPacked(folder);
  if (fs::exists(folder + "/cifar-10-batches-bin", ignored) || fs::exists(folder + "/data_batch_1.bin", ignored))
    return LoadCifar10(folder);
  if (fs::exists(IdxPath(folder, "train-images", "idx3-ubyte"), ignored)) return LoadMnist(folder);
  if (fs::exists(IdxPath(folder, "train-images", "idx3-ubyte") + ".gz", ignored))
    ThrowError(kExitBadInput, {folder, ": holds IDX files as .gz, which brine train packs for this program"});
  ThrowError(kExitBadInput, {folder, ": holds neither cifar-10-batches-bin nor train-images-idx3-ubyte"});
}

}  // namespace brine
