// Data sets in files.  Files are mapped, not read; all errors name the file and throw Error.
#ifndef BRINE_RUNTIME_TRAINER_READERS_H_
#define BRINE_RUNTIME_TRAINER_READERS_H_

#include <string>

#include "runtime/trainer/dataset.h"

namespace brine {

// CIFAR-10's binary version: data_batch_1 … 5.bin and test_batch.bin in `folder` or its cifar-10-batches-bin.  Samples
// are u8 images 32×32×3; the files' colour planes are interleaved as they are read.
TrainTest LoadCifar10(const std::string& folder);

// MNIST's IDX files train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-…, unpacked.  Samples are u8 images H×W×1.
TrainTest LoadMnist(const std::string& folder);

// Whichever of the two the folder holds.
TrainTest LoadFolder(const std::string& folder);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_READERS_H_
