// Writes data sets as packed files (.brd), which trainers map (LoadPacked in runtime/trainer/readers.h).
//
// A packed file is a file of safetensors, so that numpy and PyTorch read it, too.  Its tensors are NAME/FIELD, where
// NAME is train, validation or test, and FIELD is the name of an input or label of the model, or `data` and `label` if
// the model has only one: train/data u8[n, height, width, channels], train/label i32[n].  Texts are tensors of bytes,
// with a line feed after each text: `class_names`, `element_names` of rows of tables, and train/names, what the samples
// are called.  `padding`, bytes
// without a meaning, may make numbers begin at a multiple of 64.  The note "format" is "brine.data 1", and "hash" is
// the XXH3-128 of all that follows the header.
#ifndef BRINE_FRONTEND_DATA_PACK_H_
#define BRINE_FRONTEND_DATA_PACK_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "frontend/data/source.h"

namespace brine {

struct PackOptions {
  int threads = 0;           // that read samples; 0 for all processors that the process may use
  bool skip_broken = false;  // whether broken samples are left out
  std::function<void(int64_t done, int64_t total)> progress = {};  // called now and then, by the calling thread
  std::function<void()> before_commit = {};  // called when all is written; if it throws, the file does not appear
};

struct PackReport {
  int64_t train = 0, validation = 0, test = 0;  // the numbers of samples that were written
  std::vector<std::string> skipped;             // a sentence for each broken sample that was left out
};

// Writes the samples of the source in their order.  The file appears at `path` when it is complete; a process that dies
// leaves nothing.  Memory is taken for a few chunks of samples, a megabyte of each field and all names; what else is
// kept until the largest field is written is in temporary files.  Throws Error (kExitBadInput) with a line for each
// broken sample, and (kExitFailed) if the file cannot be written.
PackReport Pack(const Source& source, const std::string& path, const PackOptions& options);

// The same into memory.
Splits PackIntoMemory(const Source& source, const PackOptions& options);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_PACK_H_
