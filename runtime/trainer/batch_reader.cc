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
  ThrowError(kExitBadInput, {(field.name.empty() ? "" : field.name + ": "), sentence});
}

void CheckField(const Field& field, const brine_input& input, const brine_value& value) {
  if (input.classes > 0) {
    const int64_t elements = RowElements(value),
                  positions = value.dtype == BRINE_F32 ? elements / input.classes : elements;
    const bool is_accepted =
        HasWholeNumbers(field) ? field.elements == positions : value.dtype == BRINE_F32 && field.elements == elements;
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

// The class of a label that has one: its number, or the position of the largest probability.
int32_t ClassOf(const brine_value& value, const uint8_t* label) {
  int32_t number = 0;
  if (value.dtype == BRINE_I32) {
    std::memcpy(&number, label, sizeof(number));
    return number;
  }
  const auto* const shares = reinterpret_cast<const float*>(label);
  const int64_t elements = RowElements(value);
  if (elements == 1) return shares[0] > 0.5f ? 1 : 0;
  return static_cast<int32_t>(std::max_element(shares, shares + elements) - shares);
}

}  // namespace

BatchReader::BatchReader(brine_state* state, const brine_function* function, const Dataset& data,
                         const ClassWeights& class_weights)
    : data_(data),
      state_(state),
      program_(brine_state_program(state)),
      function_(*function),
      class_weights_(class_weights),
      batch_size_(program_->batch_size),
      indices_(static_cast<size_t>(batch_size_)) {
  MakeWeights();
  Match();
  FindClasses();
  for (int64_t row = 0; row < batch_size_; ++row) {
    for (const Column& column : columns_)
      targets_.push_back(column.raw() + row * (column.staging == nullptr ? column.row_bytes : column.raw_bytes));
  }
}

BatchReader::~BatchReader() {
  for (const RowWeights& weights : weights_)
    brine_set_weights(state_, &function_, InputName(function_, *weights.input), nullptr);
}

void BatchReader::MakeWeights() {
  for (int32_t index = 0; index < function_.input_count; ++index) {
    if (function_.inputs[index].source != BRINE_WEIGHT) continue;
    weights_.emplace_back();
    weights_.back().input = &function_.inputs[index];
    weights_.back().rows.reset(new float[static_cast<size_t>(batch_size_)]);
  }
}

void BatchReader::Match() {
  const std::vector<const brine_input*> inputs = FedInputs(function_);
  std::vector<bool> fed(inputs.size());
  for (const Field& field : data_.fields()) {
    const brine_input* input = nullptr;
    for (size_t index = 0; index < inputs.size(); ++index) {
      if (field.name != InputName(function_, *inputs[index]) && !MatchesByKind(field, *inputs[index])) continue;
      if (input != nullptr)
        ThrowError(kExitBadInput,
                   {program_->name, " takes ", FedNames(*program_), "; data for it must have these names"});
      input = inputs[index];
      fed[index] = true;
    }
    for (RowWeights& weights : weights_) {
      if (field.name != InputName(function_, *weights.input)) continue;
      input = weights.input;
      weights.from_field = true;
    }
    if (input == nullptr && !field.name.empty() && !IsFed(*program_, field.name))
      ThrowError(kExitBadInput, {program_->name, " has no input ", field.name, "; it takes ", FedNames(*program_)});
    columns_.push_back(MakeColumn(field, input));
  }
  for (size_t index = 0; index < inputs.size(); ++index) {
    if (!fed[index])
      ThrowError(kExitBadInput,
                 {"there are no data for the ", (inputs[index]->source == BRINE_LABEL ? "label " : "input "),
                  InputName(function_, *inputs[index])});
  }
}

// Finds the label whose classes have weights.
void BatchReader::FindClasses() {
  if (!class_weights_.empty() && weights_.empty())
    ThrowError(kExitUsage, {program_->name, " was compiled without weights of samples"});
  for (RowWeights& weights : weights_) {
    if (class_weights_.empty()) break;
    if (weights_.size() > 1)
      ThrowError(kExitUsage,
                 {"class weights are for models with one output, but ", program_->name, " trains ", weights_.size()});
    for (const Column& column : columns_) {
      if (column.input != nullptr && column.input->source == BRINE_LABEL) weights.label = &column;
    }
    const brine_input& label = *weights.label->input;
    const int64_t elements = RowElements(*weights.label->value);
    const int64_t classes = label.classes > 0 ? label.classes : 2;
    if (elements != 1 && elements != label.classes)
      ThrowError(kExitUsage,
                 {"class weights need one class for each sample, but a label is ", ShapeText(*weights.label->value)});
    for (const auto& [number, weight] : class_weights_) {
      if (number < 0 || number >= classes)
        ThrowError(kExitUsage, {"class weights: there is no class ", number, " among ", classes});
      if (!(weight >= 0 && weight <= 1e30))
        ThrowError(kExitUsage, {"class weights: that of class ", number, " must be a number of at least 0"});
    }
  }
  for (const RowWeights& weights : weights_) {
    const bool is_weighted = weights.from_field || weights.label != nullptr;
    brine_set_weights(state_, &function_, InputName(function_, *weights.input),
                      is_weighted ? weights.rows.get() : nullptr);
  }
}

BatchReader::Column BatchReader::MakeColumn(const Field& field, const brine_input* input) {
  Column column;
  column.field = &field;
  column.input = input;
  column.raw_bytes = field.elements * ByteCount(field.type);
  if (input != nullptr) {
    column.value = &function_.values[input->value];
    CheckField(field, *input, *column.value);
    column.rows = static_cast<uint8_t*>(brine_input_data(state_, &function_, column.value->name));
    for (const RowWeights& weights : weights_) {
      if (weights.input == input) column.rows = reinterpret_cast<uint8_t*>(weights.rows.get());
    }
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

void BatchReader::ConvertClassNumbers(const Column& column, int64_t row) {
  const brine_input& input = *column.input;
  uint8_t* const label = column.rows + row * column.row_bytes;
  if (column.value->dtype == BRINE_F32) std::memset(label, 0, static_cast<size_t>(column.row_bytes));
  for (int64_t position = 0; position < column.field->elements; ++position) {
    const uint8_t* const raw = column.raw() + row * column.raw_bytes + position * ByteCount(column.field->type);
    int32_t number = *raw;
    if (column.field->type == ElementType::kInteger) std::memcpy(&number, raw, sizeof(number));
    if ((number < 0 || number >= input.classes) && !IsIgnored(input, number)) {
      char format[100];
      std::snprintf(format, sizeof(format), "label %%.0f is out of range: there are %d classes", input.classes);
      return Report(row, &column, format, number);
    }
    const float one = 1;
    if (column.value->dtype == BRINE_I32)
      std::memcpy(label + 4 * position, &number, sizeof(number));
    else
      std::memcpy(label + 4 * (position * input.classes + number), &one, sizeof(one));
  }
}

void BatchReader::ConvertWeights(int64_t row) {
  for (const RowWeights& weights : weights_) {
    float& weight = weights.rows[static_cast<size_t>(row)];
    if (!weights.from_field) weight = 1;
    if (weights.label == nullptr) continue;
    const Column& label = *weights.label;
    const uint8_t* const content = label.rows + row * label.row_bytes;
    if (const auto share = reinterpret_cast<const float*>(content);
        label.value->dtype == BRINE_F32 && RowElements(*label.value) == 1 && *share != 0 && *share != 1)
      return Report(row, &label, "its label %g is neither class 0 nor class 1, and classes have weights", *share);
    const auto of_class = class_weights_.find(ClassOf(*label.value, content));
    if (of_class != class_weights_.end()) weight = static_cast<float>(weight * of_class->second);
  }
}

void BatchReader::Convert(const Column& column, int64_t row) {
  uint8_t* const values = column.rows + row * column.row_bytes;
  const int64_t elements = column.field->elements;
  if (column.field->type == ElementType::kReal) {
    const int64_t bad = brine_first_not_below(reinterpret_cast<const float*>(values), elements, BRINE_FINITE);
    if (bad < 0) return;
    if (column.input->source == BRINE_LABEL) return Report(row, &column, "its label is not finite", 0);
    if (column.input->source == BRINE_WEIGHT) return Report(row, &column, "its weight is not finite", 0);
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
      ConvertClassNumbers(column, row);
    else if (column.input != nullptr)
      Convert(column, row);
  }
  ConvertWeights(row);
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
    ThrowError(kExitBadInput, {"sample ", indices[static_cast<size_t>(fault_.row)], ": ", fault_.text});
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
