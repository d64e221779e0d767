// Fills the data and label inputs of a function from a data set.
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

// Converts the fields of samples to the types of the inputs: bytes and integers to f32, and class numbers to one-hot
// rows.  The rows of a batch after its last sample are set to zero.
class BatchReader {
 public:
  // Each data input and each label is filled from the field of its name.  A field without a name fills the only data
  // input, or the only label.  Fields that only another function of the program reads are ignored.  Throws Error if the
  // fields do not fit the inputs of `function`.
  // Weights of rows (BRINE_WEIGHT) are those of the field of their name, if there is one, times that of the class.
  // Throws Error if the weights of classes do not fit the label.  While the reader lives, no other may read for the
  // same function.
  BatchReader(brine_state* state, const brine_function* function, const Dataset& data,
              const ClassWeights& class_weights = {});
  ~BatchReader();

  // Reads the samples with the given indices in the data set into the rows 0, 1 and so on, on the program's pool if the
  // source allows it.  Allocates nothing.  Throws Error that names the sample if a label is out of range or a number is
  // not finite.
  void Read(std::span<const int64_t> indices);

 private:
  // A field of the samples on its way to an input.
  struct Column {
    const Field* field = nullptr;
    const brine_input* input = nullptr;  // null if the function does not read the field
    const brine_value* value = nullptr;  // the value of the input
    uint8_t* rows = nullptr;             // the memory of the input
    int64_t row_bytes = 0;               // the size of a row of the input
    int64_t raw_bytes = 0;               // the size of a sample before its conversion
    std::unique_ptr<uint8_t[]> staging;  // the memory into which samples are read; null if that is `rows`
    bool is_class_number = false;        // whether the label has classes and the field has the number of one

    uint8_t* raw() const { return staging == nullptr ? rows : staging.get(); }
  };
  // The weights of the rows of an input.
  struct RowWeights {
    const brine_input* input = nullptr;
    std::unique_ptr<float[]> rows;
    bool from_field = false;        // whether the samples have a weight
    const Column* label = nullptr;  // whose classes have weights; null if they have none
  };
  struct Fault {
    int64_t row = -1;
    char text[400];
  };

  void MakeWeights();
  void Match();
  void FindClasses();
  void ConvertWeights(int64_t row);
  Column MakeColumn(const Field& field, const brine_input* input);
  void ReadSerially(int64_t rows);
  void ConvertRow(int64_t row);
  void Convert(const Column& column, int64_t row);
  void ConvertClassNumbers(const Column& column, int64_t row);
  void Report(int64_t row, const Column* column, const char* format, double number);

  Dataset data_;
  brine_state* state_;
  const brine_program* program_;
  const brine_function& function_;
  const ClassWeights class_weights_;
  int64_t batch_size_;
  std::vector<RowWeights> weights_;
  std::vector<Column> columns_;   // by field
  std::vector<void*> targets_;    // by row, then by field: where the source writes
  std::vector<int64_t> indices_;  // of the samples of a batch in the source
  std::mutex mutex_;              // guards fault_
  Fault fault_;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_BATCH_READER_H_
