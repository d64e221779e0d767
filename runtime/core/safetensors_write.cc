#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alignment.h"
#include "runtime/core/crc32.h"
#include "runtime/core/safetensors.h"

namespace {

// The text of a header that is being written.
struct Writer {
  char* text = nullptr;
  size_t size = 0, capacity = 0;
  bool failed = false;  // whether memory was out, or a text needs escapes, which are not supported

  // Makes room for so many characters.
  void Reserve(size_t characters) {
    if (failed || capacity - size >= characters) return;
    capacity = 2 * capacity + characters + 4096;
    char* const larger = static_cast<char*>(realloc(text, capacity));
    failed = larger == nullptr;
    if (!failed) text = larger;
  }

  __attribute__((format(printf, 2, 3))) void Add(const char* format, ...) {
    Reserve(512);
    if (failed) return;
    va_list arguments;
    va_start(arguments, format);
    const int added = vsnprintf(text + size, capacity - size, format, arguments);
    va_end(arguments);
    if (added < 0 || added >= static_cast<int>(capacity - size))
      failed = true;
    else
      size += static_cast<size_t>(added);
  }
  void AddString(brine_text string) {
    for (size_t index = 0; index < string.size; ++index) {
      const char c = string.data[index];
      failed = failed || c < 0x20 || c > 0x7e || c == '"' || c == '\\';
    }
    failed = failed || string.size > BRINE_MAX_HEADER_BYTES;
    if (!failed) Reserve(string.size + 512);
    if (!failed) Add("\"%.*s\"", static_cast<int>(string.size), string.data);
  }
};

void WriteHeader(Writer* writer, const brine_tensor* tensors, size_t tensor_count, const brine_note* notes,
                 size_t note_count) {
  for (size_t index = 0; index < note_count; ++index) {
    writer->Add(",");
    writer->AddString(notes[index].key);
    writer->Add(":");
    writer->AddString(notes[index].value);
  }
  writer->Add("}");
  long long offset = 0;
  for (size_t index = 0; index < tensor_count; ++index) {
    const brine_tensor& tensor = tensors[index];
    writer->Add(",");
    writer->AddString(tensor.name);
    writer->Add(":{\"dtype\":\"%s\",\"shape\":[", brine_type_name(tensor.dtype));
    for (int axis = 0; axis < tensor.rank; ++axis) writer->Add("%s%d", axis == 0 ? "" : ",", tensor.dims[axis]);
    writer->Add("],\"data_offsets\":[%lld,%lld]}", offset, offset + static_cast<long long>(tensor.bytes));
    offset += static_cast<long long>(tensor.bytes);
  }
  writer->Add("}");
}

}  // namespace

const char* brine_type_name(uint8_t dtype) {
  return dtype == BRINE_F32 ? "F32" : dtype == BRINE_I32 ? "I32" : dtype == BRINE_U32 ? "U32" : "U8";
}

int brine_write_tensors(const char* path, const brine_tensor* tensors, size_t tensor_count, const brine_note* notes,
                        size_t note_count, char* error, size_t error_bytes) {
  static constexpr char kStart[] = "{\"__metadata__\":{\"crc32\":\"";
  char front[8 + sizeof(kStart) - 1 + 8];
  Writer writer;
  WriteHeader(&writer, tensors, tensor_count, notes, note_count);
  // The file is `front`, which ends with the digits of the checksum, and then what the checksum covers: the quote that
  // closes it, the rest of the header and the tensors.
  const size_t unpadded = sizeof(front) + 1 + writer.size, header = brine::base::RoundUp(unpadded) - 8;
  writer.Add("%*s", static_cast<int>(header + 8 - unpadded), "");
  brine_bytes* const pieces = static_cast<brine_bytes*>(malloc((tensor_count + 3) * sizeof(brine_bytes)));
  int result = -1;
  if (writer.failed || pieces == nullptr || header > BRINE_MAX_HEADER_BYTES) {
    snprintf(error, error_bytes,
             "%s: a header of %zu bytes cannot be written: a name is too long or not plain ASCII, or memory is out",
             path, header);
  } else {
    pieces[0] = {front, sizeof(front)};
    pieces[1] = {"\"", 1};
    pieces[2] = {writer.text, writer.size};
    for (size_t index = 0; index < tensor_count; ++index)
      pieces[3 + index] = {tensors[index].data, static_cast<size_t>(tensors[index].bytes)};
    uint32_t crc = 0;
    for (size_t piece = 1; piece < tensor_count + 3; ++piece)
      crc = brine_crc32(crc, pieces[piece].data, pieces[piece].size);
    const uint64_t header_bytes = header;
    char digits[9];
    snprintf(digits, sizeof(digits), "%08x", crc);
    memcpy(front, &header_bytes, 8);
    memcpy(front + 8, kStart, sizeof(kStart) - 1);
    memcpy(front + sizeof(front) - 8, digits, 8);
    result = brine_write_file(path, pieces, tensor_count + 3, error, error_bytes);
  }
  free(pieces);
  free(writer.text);
  return result;
}
