// The IDX format of MNIST's files.
#ifndef BRINE_RUNTIME_TRAINER_IDX_H_
#define BRINE_RUNTIME_TRAINER_IDX_H_

#include "runtime/trainer/dataset.h"
#include "runtime/trainer/mapped_file.h"

namespace brine {

// Images of bytes, [n, height, width] or [n, height, width, channels], and the labels [n].  The classes are called
// "0", "1" and so on, up to the largest label and at least to "9".  Throws Error that names the file.
Dataset IdxImages(FileBytes images, FileBytes labels);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_IDX_H_
