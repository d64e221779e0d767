#include "runtime/trainer/batch_reader.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>

#include "runtime/core/finite.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/shapes.h"

namespace brine {
BatchReader::BatchReader(brine_state* state, const brine_function* function, const Dataset& data)
    : data_(data),
      backend_(brine_state_program(state)->backend),
      type_(data.type()),
      batch_size_(brine_state_program(state)->batch_size) {
  const brine_value& input = OnlyInput(*function, BRINE_DATA);
  real_input_ = input.dtype == BRINE_F32;
  CheckSample(type_.elements, input);
  if (type_.real && !real_input_)
    throw Error(kExitBadInput, std::string("the samples are f32, the model's input ") + input.name + " is u8");
  sample_bytes_ = type_.elements * (real_input_ ? 4 : 1);
  samples_ = static_cast<uint8_t*>(brine_input_rows(state, function, BRINE_DATA, 0));
  const int64_t raw_label_bytes = 4 * std::max<int64_t>(type_.label_elements, 1);
  raw_labels_.resize(static_cast<size_t>(batch_size_ * raw_label_bytes));
  indices_.resize(static_cast<size_t>(batch_size_));
  if (brine_input_value(function, BRINE_LABEL, 0) == nullptr) return;  // prediction
  const brine_value& label = OnlyInput(*function, BRINE_LABEL);
  labels_ = static_cast<uint8_t*>(brine_input_rows(state, function, BRINE_LABEL, 0));
  label_columns_ = label.dtype == BRINE_F32 ? RowElements(label) : 0;
  classes_ = label_columns_ > 0 ? label_columns_ : ClassCount(*brine_state_program(state));
  label_bytes_ = 4 * std::max<int64_t>(label_columns_, 1);
  if (type_.label_elements > 0 && type_.label_elements != label_columns_) {
    throw Error(kExitBadInput, "a label has " + std::to_string(type_.label_elements) +
                                   " elements, the model's labels are " + ShapeText(label) +
                                   (label_columns_ == 0 ? " class numbers" : ""));
  }
}

void BatchReader::Report(int64_t row, const char* format, double number) {
  const std::lock_guard<std::mutex> lock(mutex_);  // of several the first row is told, on any number of threads
  if (fault_.row >= 0 && fault_.row <= row) return;
  fault_.row = row;
  std::snprintf(fault_.text, sizeof(fault_.text), format, number);
}

void BatchReader::ConvertRow(int64_t row) {
  uint8_t* const sample = samples_ + row * sample_bytes_;
  if (real_input_ && !type_.real) {
    // In place, from the end backwards: each number lies at or behind the byte that it is made of.
    for (int64_t at = type_.elements - 1; at >= 0; --at) {
      const float real = sample[at];
      std::memcpy(sample + 4 * at, &real, sizeof(real));
    }
  }
  if (type_.real) {
    const int64_t bad = brine_first_not_below(reinterpret_cast<const float*>(sample), type_.elements, BRINE_FINITE);
    if (bad >= 0) Report(row, "element %.0f is not a finite number", static_cast<double>(bad));
  }
  if (labels_ == nullptr) return;
  uint8_t* const label = labels_ + row * label_bytes_;
  if (type_.label_elements > 0) {
    std::memcpy(label, raw_labels_.data() + row * label_bytes_, static_cast<size_t>(label_bytes_));
    if (brine_all_below(reinterpret_cast<const float*>(label), label_columns_, BRINE_FINITE) == 0)
      Report(row, "its label is not finite", 0);
    return;
  }
  int32_t number;
  std::memcpy(&number, raw_labels_.data() + row * 4, sizeof(number));
  if (number < 0 || number >= classes_) {
    Report(row, ("label %.0f is out of range: there are " + std::to_string(classes_) + " classes").c_str(), number);
    return;
  }
  if (label_columns_ == 0) {
    std::memcpy(label, &number, sizeof(number));
    return;
  }
  const float one = 1;
  std::memset(label, 0, static_cast<size_t>(label_bytes_));
  std::memcpy(label + 4 * int64_t{number}, &one, sizeof(one));
}

void BatchReader::Read(std::span<const int64_t> indices) {
  const auto rows = static_cast<int64_t>(indices.size());
  for (size_t row = 0; row < indices.size(); ++row) indices_[row] = data_.first() + indices[row];
  fault_.row = -1;
  if (data_.source().parallel()) {
    const auto read_row = [](void*, int32_t row, uint8_t* closure) {
      auto* const reader = reinterpret_cast<BatchReader*>(closure);
      try {
        const int64_t raw_label_bytes = 4 * std::max<int64_t>(reader->type_.label_elements, 1);
        reader->data_.source().Read({&reader->indices_[static_cast<size_t>(row)], 1},
                                    reader->samples_ + row * reader->sample_bytes_,
                                    reader->raw_labels_.data() + row * raw_label_bytes);
        reader->ConvertRow(row);
      } catch (const std::exception&) {  // none may pass through the pool
        reader->Report(row, "the source failed", 0);
      }
      return 0;
    };
    backend_->parallel_for(nullptr, read_row, 0, static_cast<int32_t>(rows), reinterpret_cast<uint8_t*>(this));
  } else {
    ReadSerially(rows);
  }
  if (fault_.row >= 0)
    throw Error(kExitBadInput,
                "sample " + std::to_string(indices[static_cast<size_t>(fault_.row)]) + ": " + fault_.text);
  const auto zero_behind = [&](uint8_t* data, int64_t row_bytes) {
    if (data != nullptr && rows < batch_size_)
      std::memset(data + rows * row_bytes, 0, static_cast<size_t>((batch_size_ - rows) * row_bytes));
  };
  zero_behind(samples_, sample_bytes_);
  zero_behind(labels_, label_bytes_);
}

void BatchReader::ReadSerially(int64_t rows) {
  data_.source().Read({indices_.data(), static_cast<size_t>(rows)}, samples_, raw_labels_.data());
  const int64_t raw_bytes = type_.elements * (type_.real ? 4 : 1);
  for (int64_t row = rows - 1; row >= 0;
       --row) {  // to their rows, from the last on, which lie at or behind where they are
    if (raw_bytes != sample_bytes_)
      std::memmove(samples_ + row * sample_bytes_, samples_ + row * raw_bytes, static_cast<size_t>(raw_bytes));
    ConvertRow(row);
  }
}

}  // namespace brine
