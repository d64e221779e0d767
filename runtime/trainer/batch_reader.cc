#include "runtime/trainer/batch_reader.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>

#include "runtime/core/finite.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/shapes.h"

namespace brine {
namespace {

bool HasWholeNumbers(const Field& field) { return field.type != ElementType::kReal; }

// Converts the elements of a row to floats in place.  A float lies at or after the number from which it is made, so
// that the loop runs from the end to the beginning.
template <typename From>
void ConvertToFloats(uint8_t* row, int64_t elements) {
  for (int64_t element = elements - 1; element >= 0; --element) {
    From number;
    std::memcpy(&number, row + element * static_cast<int64_t>(sizeof(From)), sizeof(From));
    const float real = static_cast<float>(number);
    std::memcpy(row + 4 * element, &real, sizeof(real));
  }
}

// Whether the field has no name, and both it and the input are data, or both are labels.
bool MatchesByKind(const Field& field, const brine_input& input) {
  return field.name.empty() && field.label == (input.source == BRINE_LABEL);
}

[[noreturn]] void Fail(const Field& field, const std::string& sentence) {
  throw Error(kExitBadInput, (field.name.empty() ? "" : field.name + ": ") + sentence);
}

void CheckField(const Field& field, const brine_input& input, const brine_value& value) {
  if (input.classes > 0) {
    const bool is_accepted =
        HasWholeNumbers(field) ? field.elements == 1 : value.dtype == BRINE_F32 && field.elements == RowElements(value);
    if (!is_accepted)
      Fail(field, "a label has " + std::to_string(field.elements) + " elements, the model's labels are " +
                      ShapeText(value) + (value.dtype == BRINE_F32 ? "" : " class numbers"));
    return;
  }
  CheckSample(field.elements, value, field.name);
  if (value.dtype == BRINE_F32 || (value.dtype == BRINE_U8 && field.type == ElementType::kByte)) return;
  constexpr const char* kTypes[] = {"u8", "i32", "f32"};
  Fail(field, std::string("the samples are ") + kTypes[static_cast<size_t>(field.type)] + ", the model's input " +
                  value.name + " is " + (value.dtype == BRINE_U8 ? "u8" : "i32"));
}

}  // namespace

BatchReader::BatchReader(brine_state* state, const brine_function* function, const Dataset& data)
    : data_(data),
      state_(state),
      program_(brine_state_program(state)),
      batch_size_(program_->batch_size),
      indices_(static_cast<size_t>(batch_size_)) {
  Match(*function);
  for (int64_t row = 0; row < batch_size_; ++row) {
    for (const Column& column : columns_)
      targets_.push_back(column.raw() + row * (column.staging == nullptr ? column.row_bytes : column.raw_bytes));
  }
}

void BatchReader::Match(const brine_function& function) {
  const std::vector<const brine_input*> inputs = FedInputs(function);
  std::vector<bool> fed(inputs.size());
  for (const Field& field : data_.fields()) {
    const brine_input* input = nullptr;
    for (size_t index = 0; index < inputs.size(); ++index) {
      if (field.name != InputName(function, *inputs[index]) && !MatchesByKind(field, *inputs[index])) continue;
      if (input != nullptr)
        throw Error(kExitBadInput, std::string(program_->name) + " takes " + FedNames(*program_) +
                                       "; data for it must have these names");
      input = inputs[index];
      fed[index] = true;
    }
    if (input == nullptr && !field.name.empty() && !IsFed(*program_, field.name))
      throw Error(kExitBadInput,
                  std::string(program_->name) + " has no input " + field.name + "; it takes " + FedNames(*program_));
    columns_.push_back(MakeColumn(function, field, input));
  }
  for (size_t index = 0; index < inputs.size(); ++index) {
    if (!fed[index])
      throw Error(kExitBadInput, std::string("there are no data for the ") +
                                     (inputs[index]->source == BRINE_LABEL ? "label " : "input ") +
                                     InputName(function, *inputs[index]));
  }
}

BatchReader::Column BatchReader::MakeColumn(const brine_function& function, const Field& field,
                                            const brine_input* input) {
  Column column;
  column.field = &field;
  column.input = input;
  column.raw_bytes = field.elements * ByteCount(field.type);
  if (input != nullptr) {
    column.value = &function.values[input->value];
    CheckField(field, *input, *column.value);
    column.rows = static_cast<uint8_t*>(brine_input_data(state_, &function, column.value->name));
    column.row_bytes = RowElements(*column.value) * (column.value->dtype == BRINE_U8 ? 1 : 4);
    column.is_class_number = input->classes > 0 && HasWholeNumbers(field);
  }
  if (input == nullptr || column.is_class_number)
    column.staging.reset(new uint8_t[static_cast<size_t>(batch_size_ * column.raw_bytes)]);
  return column;
}

void BatchReader::Report(int64_t row, const Column* column, const char* format, double number) {
  // Of several faulty rows the first is reported, so that the message does not depend on the number of threads.
  const std::lock_guard<std::mutex> lock(mutex_);
  if (fault_.row >= 0 && fault_.row <= row) return;
  fault_.row = row;
  const char* const name = column == nullptr ? "" : column->field->name.c_str();
  const int used = std::snprintf(fault_.text, sizeof(fault_.text) / 2, "%s%s", name, *name == '\0' ? "" : ": ");
  const size_t begin = std::min(static_cast<size_t>(used), sizeof(fault_.text) / 2 - 1);
  std::snprintf(fault_.text + begin, sizeof(fault_.text) - begin, format, number);
}

void BatchReader::ConvertClassNumber(const Column& column, int64_t row) {
  int32_t number = column.raw()[row * column.raw_bytes];
  if (column.field->type == ElementType::kInteger)
    std::memcpy(&number, column.raw() + row * column.raw_bytes, sizeof(number));
  if (number < 0 || number >= column.input->classes) {
    char format[100];
    std::snprintf(format, sizeof(format), "label %%.0f is out of range: there are %d classes", column.input->classes);
    return Report(row, &column, format, number);
  }
  uint8_t* const label = column.rows + row * column.row_bytes;
  if (column.value->dtype == BRINE_I32) {
    std::memcpy(label, &number, sizeof(number));
    return;
  }
  const float one = 1;
  std::memset(label, 0, static_cast<size_t>(column.row_bytes));
  std::memcpy(label + 4 * int64_t{number}, &one, sizeof(one));
}

void BatchReader::Convert(const Column& column, int64_t row) {
  uint8_t* const values = column.rows + row * column.row_bytes;
  const int64_t elements = column.field->elements;
  if (column.field->type == ElementType::kReal) {
    const int64_t bad = brine_first_not_below(reinterpret_cast<const float*>(values), elements, BRINE_FINITE);
    if (bad < 0) return;
    if (column.input->source == BRINE_LABEL) return Report(row, &column, "its label is not finite", 0);
    return Report(row, &column, "element %.0f is not a finite number", static_cast<double>(bad));
  }
  if (column.value->dtype != BRINE_F32) return;
  if (column.field->type == ElementType::kByte)
    ConvertToFloats<uint8_t>(values, elements);
  else
    ConvertToFloats<int32_t>(values, elements);
}

void BatchReader::ConvertRow(int64_t row) {
  for (const Column& column : columns_) {
    if (column.is_class_number)
      ConvertClassNumber(column, row);
    else if (column.input != nullptr)
      Convert(column, row);
  }
}

void BatchReader::Read(std::span<const int64_t> indices) {
  const auto rows = static_cast<int64_t>(indices.size());
  for (size_t row = 0; row < indices.size(); ++row) indices_[row] = data_.first() + indices[row];
  fault_.row = -1;
  if (data_.source().parallel()) {
    const auto read_row = [](void*, int32_t row, uint8_t* closure) {
      auto* const reader = reinterpret_cast<BatchReader*>(closure);
      const size_t fields = reader->columns_.size();
      try {
        reader->data_.source().Read({&reader->indices_[static_cast<size_t>(row)], 1},
                                    {&reader->targets_[static_cast<size_t>(row) * fields], fields});
        reader->ConvertRow(row);
      } catch (const std::exception&) {  // no exception may leave a task of the pool
        reader->Report(row, nullptr, "the source failed", 0);
      }
      return 0;
    };
    program_->backend->parallel_for(nullptr, read_row, 0, static_cast<int32_t>(rows), reinterpret_cast<uint8_t*>(this));
  } else {
    ReadSerially(rows);
  }
  if (fault_.row >= 0)
    throw Error(kExitBadInput,
                "sample " + std::to_string(indices[static_cast<size_t>(fault_.row)]) + ": " + fault_.text);
  for (const Column& column : columns_) {
    if (column.input != nullptr && rows < batch_size_)
      std::memset(column.rows + rows * column.row_bytes, 0,
                  static_cast<size_t>((batch_size_ - rows) * column.row_bytes));
  }
}

void BatchReader::ReadSerially(int64_t rows) {
  data_.source().Read({indices_.data(), static_cast<size_t>(rows)}, {targets_.data(), columns_.size()});
  // The samples were read one after another, and a row is at least as long as a sample.  They are moved to their rows
  // from the last one on, so that none is overwritten.
  for (int64_t row = rows - 1; row >= 0; --row) {
    for (const Column& column : columns_) {
      if (column.staging == nullptr && column.raw_bytes != column.row_bytes)
        std::memmove(column.rows + row * column.row_bytes, column.rows + row * column.raw_bytes,
                     static_cast<size_t>(column.raw_bytes));
    }
    ConvertRow(row);
  }
}

}  // namespace brine
