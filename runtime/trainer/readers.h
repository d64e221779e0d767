// Reads data sets from files.  The files are mapped into memory, not read at once.  All functions throw Error that
// names the file.
#ifndef BRINE_RUNTIME_TRAINER_READERS_H_
#define BRINE_RUNTIME_TRAINER_READERS_H_

#include <cstdint>
#include <span>
#include <string>

#include "runtime/trainer/dataset.h"

namespace brine {

// The binary version of CIFAR-10: data_batch_1.bin to data_batch_5.bin and test_batch.bin, in `folder` or in its folder
// cifar-10-batches-bin.  Samples are u8 [32, 32, 3]; the colour planes of the files are interleaved when a sample is
// read.
Splits LoadCifar10(const std::string& folder);

// The unpacked IDX files of MNIST: train-images-idx3-ubyte, train-labels-idx1-ubyte and the same with t10k, the test
// data.  Samples are u8 [height, width, 1].
Splits LoadMnist(const std::string& folder);

// A packed file, which brine::Pack (frontend/data/pack.h) or `brine data pack` wrote.  That header describes the
// format.  Each part of the data has the names of the classes.  A part that the file lacks is empty.
Splits LoadPacked(const std::string& file);
// Whether a file that begins with these bytes, ten or more, is meant to be one, or another file of tensors.
bool IsPackedFile(std::span<const uint8_t> bytes);

// Whatever can be mapped: a packed file, or a folder with one of the two data sets.
Splits LoadMapped(const std::string& path);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_READERS_H_
