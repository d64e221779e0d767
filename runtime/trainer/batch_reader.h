// Fills a function's input rows from a data set.
#ifndef BRINE_RUNTIME_TRAINER_BATCH_READER_H_
#define BRINE_RUNTIME_TRAINER_BATCH_READER_H_

#include <mutex>
#include <span>
#include <vector>

#include "runtime/core/state.h"
#include "runtime/trainer/dataset.h"

namespace brine {

// Brings samples and labels into the types of the inputs: u8 to f32, class numbers to one-hot.  Rows behind the last
// are zeroed.
class BatchReader {
 public:
  // Throws Error when the data set does not fit the inputs of `function`.  The labels are left alone where the
  // function has none.
  BatchReader(brine_state* state, const brine_function* function, const Dataset& data);

  // Reads the samples `indices` of the data set into rows 0, 1, …; on the program's pool when the source allows it.
  // Throws Error naming the sample when a label is out of range or a pixel is not finite.  Allocates nothing.
  void Read(std::span<const int64_t> indices);

 private:
  struct Fault {
    int64_t row = -1;
    char text[120];
  };
  void ReadSerially(int64_t rows);
  void ConvertRow(int64_t row);
  void Report(int64_t row, const char* format, double number);

  Dataset data_;
  const brine_backend* backend_;
  SampleType type_;
  bool real_input_ = false;    // the data input is f32
  int64_t label_columns_ = 0;  // of the label input; 0: class numbers
  int64_t sample_bytes_ = 0;   // of one row of the data input
  uint8_t *samples_ = nullptr, *labels_ = nullptr;
  int64_t batch_size_ = 0, label_bytes_ = 0;
  std::vector<uint8_t> raw_labels_;  // as the source gives them
  std::vector<int64_t> indices_;     // of the source
  int64_t classes_ = 0;
  std::mutex mutex_;  // of fault_
  Fault fault_;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_BATCH_READER_H_
