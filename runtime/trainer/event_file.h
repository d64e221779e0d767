// Files of events, which TensorBoard shows as curves.
//
// The file is a TFRecord, that is, for each record: its length as u64, a masked checksum of these eight bytes, the
// record, and a masked checksum of the record.  A record is a protobuf message tensorflow.Event.  All numbers are
// little-endian, as on every machine that Brine compiles for.
// https://www.tensorflow.org/tutorials/load_data/tfrecord
// https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto
#ifndef BRINE_RUNTIME_TRAINER_EVENT_FILE_H_
#define BRINE_RUNTIME_TRAINER_EVENT_FILE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "runtime/trainer/json.h"

namespace brine {

uint32_t Crc32c(std::string_view bytes);  // the checksum of RFC 3720, of the polynomial of Castagnoli

class EventFile {
 public:
  // Whether an event of an earlier process stays, by its first tag and its step.
  using Keep = std::function<bool(std::string_view tag, int64_t step)>;

  // Begins a file in the folder, which is created if it is missing.  The files of earlier processes stay beside it,
  // without the events that `keep` refuses and without what a killed process left half written.  Throws Error.
  EventFile(const std::string& folder, const Keep& keep);

  // Adds a number for each tag; those that are NaN are left out.  Throws Error if they cannot be written.
  void Add(int64_t step, const NamedNumbers& values);

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_EVENT_FILE_H_
