// The binary versions of CIFAR-10 and CIFAR-100: records of a label, or two, and three planes of 32×32 bytes.
#ifndef BRINE_RUNTIME_TRAINER_CIFAR_H_
#define BRINE_RUNTIME_TRAINER_CIFAR_H_

#include <string>
#include <vector>

#include "runtime/trainer/dataset.h"
#include "runtime/trainer/mapped_file.h"

namespace brine {

struct CifarForm {
  int labels;   // bytes before the planes, of which the last is the label that is read
  int classes;  // labels are below this number
};
inline constexpr CifarForm kCifar10 = {1, 10}, kCifar100 = {2, 100};  // CIFAR-100: a coarse label and a fine one
std::vector<std::string> Cifar10Classes();                            // "airplane" to "truck"

// The records of several files, one file after another.  Samples are u8 [32, 32, 3].  Throws Error that names the file
// and the record.
Dataset CifarRecords(std::vector<FileBytes> files, const CifarForm& form);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_CIFAR_H_
