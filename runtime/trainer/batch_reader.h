// Fills a function's inputs from a data set.
#ifndef BRINE_RUNTIME_TRAINER_BATCH_READER_H_
#define BRINE_RUNTIME_TRAINER_BATCH_READER_H_

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/state.h"
#include "runtime/trainer/dataset.h"

namespace brine {

// Converts the fields of samples to the types of the inputs: bytes and integers to f32, class numbers to one-hot.  Rows
// past the last sample are zeroed.
class BatchReader {
 public:
  // Throws Error when the data set does not fit the inputs of `function`: each data input and each label is fed by the
  // field of its name, the only ones also by fields without a name.  Fields that another function of the program reads
  // are left alone.
  BatchReader(brine_state* state, const brine_function* function, const Dataset& data);

  // Reads the samples `indices` of the data set into rows 0, 1, …; on the program's pool when the source allows it.
  // Throws Error naming the sample when a label is out of range or a number is not finite.  Allocates nothing.
  void Read(std::span<const int64_t> indices);

 private:
  // A field of the samples on its way to an input.
  struct Column {
    const Field* field = nullptr;
    const brine_input* input = nullptr;  // null: the function does not read it
    const brine_value* value = nullptr;  // of the input
    uint8_t* rows = nullptr;             // of the input
    int64_t row_bytes = 0;               // of the input
    int64_t raw_bytes = 0;               // of a sample
    std::unique_ptr<uint8_t[]> staging;  // where samples are read to; null: directly to the rows
    bool is_class_number = false;        // the input is of classes, and the field holds the number of one

    uint8_t* raw() const { return staging == nullptr ? rows : staging.get(); }
  };
  struct Fault {
    int64_t row = -1;
    char text[400];
  };

  void Match(const brine_function& function);
  Column MakeColumn(const brine_function& function, const Field& field, const brine_input* input);
  void ReadSerially(int64_t rows);
  void ConvertRow(int64_t row);
  void Convert(const Column& column, int64_t row);
  void ConvertClassNumber(const Column& column, int64_t row);
  void Report(int64_t row, const Column* column, const char* format, double number);

  Dataset data_;
  brine_state* state_;
  const brine_program* program_;
  int64_t batch_size_;
  std::vector<Column> columns_;   // one a field
  std::vector<void*> targets_;    // of each row, of each field
  std::vector<int64_t> indices_;  // of the source
  std::mutex mutex_;              // of fault_
  Fault fault_;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_BATCH_READER_H_
