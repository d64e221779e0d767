#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/core/crc32.h"
#include "runtime/core/safetensors.h"

namespace {

// A tensor whose bytes, [begin, end) of the data, have not been checked yet.
struct Entry {
  brine_tensor tensor;
  int64_t begin, end;
};

// Which fields of a tensor were read.
struct FieldsSeen {
  int element_bytes = 0;  // 0 if dtype was not read
  bool has_shape = false, has_offsets = false;
};

struct Parser {
  const uint8_t* bytes;
  const char* text;           // the header
  size_t size, position = 0;  // of the header
  char* error;
  size_t error_bytes;
  Entry* entries = nullptr;
  size_t entry_count = 0, entry_capacity = 0;
  brine_note* notes = nullptr;
  size_t note_count = 0, note_capacity = 0;
  bool seen_metadata = false;

  __attribute__((format(printf, 2, 3))) bool Fail(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, error_bytes, format, arguments);
    va_end(arguments);
    return false;
  }
  bool FailHere(const char* expected) { return Fail("byte %zu: %s expected", position + 8, expected); }

  void SkipSpace() {
    while (position < size &&
           (text[position] == ' ' || text[position] == '\n' || text[position] == '\t' || text[position] == '\r'))
      ++position;
  }
  bool Accept(char c) {
    SkipSpace();
    if (position >= size || text[position] != c) return false;
    ++position;
    return true;
  }
  bool String(brine_text* result, bool allow_escapes) {
    if (!Accept('"')) return FailHere("a string");
    const size_t begin = position;
    for (; position < size && text[position] != '"'; ++position) {
      if (static_cast<unsigned char>(text[position]) < 0x20 || (text[position] == '\\' && !allow_escapes))
        return FailHere("a plain character");
      if (text[position] == '\\') ++position;
    }
    if (position >= size) return FailHere("the end of a string");
    *result = {text + begin, position - begin};
    ++position;
    return true;
  }
  // Digits only: no sign, fraction, exponent or leading zero.
  bool Number(int64_t* result) {
    SkipSpace();
    const size_t begin = position;
    *result = 0;
    for (; position < size && text[position] >= '0' && text[position] <= '9'; ++position) {
      if (__builtin_mul_overflow(*result, 10, result) || __builtin_add_overflow(*result, text[position] - '0', result))
        return FailHere("a smaller number");
    }
    if (position == begin || (text[begin] == '0' && position > begin + 1)) return FailHere("a whole number");
    return true;
  }

  bool Header();
  bool Metadata();
  bool Tensor(brine_text name);
  bool CheckName(brine_text name);
  bool Field(brine_text field, Entry* entry, FieldsSeen* seen);
  bool ElementType(Entry* entry, int* bytes);
  bool Shape(brine_tensor* tensor);
  bool Offsets(Entry* entry);
  bool CheckSize(Entry* entry, int element_bytes);
  bool CheckOffsets(int64_t data_bytes);
  bool CheckNames();
  bool CheckSum(size_t file_size);
};

// Appends an element to an array of malloc, and returns the element; null if there is no memory.
template <typename T>
T* Append(T*& array, size_t& count, size_t& capacity) {
  if (count == capacity) {
    const size_t more = capacity == 0 ? 16 : 2 * capacity;
    T* const larger = static_cast<T*>(realloc(static_cast<void*>(array), more * sizeof(T)));
    if (larger == nullptr) return nullptr;
    array = larger;
    capacity = more;
  }
  return &array[count++];
}

bool Parser::Shape(brine_tensor* tensor) {
  if (!Accept('[')) return FailHere("[");
  if (Accept(']')) return true;
  do {
    int64_t dim = 0;
    if (!Number(&dim)) return false;
    if (tensor->rank == BRINE_MAX_RANK)
      return Fail("tensor %.*s has more than %d dimensions", static_cast<int>(tensor->name.size), tensor->name.data,
                  BRINE_MAX_RANK);
    if (dim < 1 || dim > INT32_MAX) {
      return Fail("tensor %.*s has a dimension of %lld", static_cast<int>(tensor->name.size), tensor->name.data,
                  static_cast<long long>(dim));
    }
    tensor->dims[tensor->rank++] = static_cast<int32_t>(dim);
  } while (Accept(','));
  return Accept(']') || FailHere("]");
}

// The number of bytes of a name that messages show, for %.*s of printf.
int ShownBytes(brine_text name) { return static_cast<int>(name.size < 100 ? name.size : 100); }

bool Parser::ElementType(Entry* entry, int* bytes) {
  static constexpr struct {
    const char* name;
    uint8_t dtype;
    int bytes;
  } kTypes[] = {{"F32", BRINE_F32, 4}, {"I32", BRINE_I32, 4}, {"U32", BRINE_U32, 4}, {"U8", BRINE_U8, 1}};
  brine_text dtype = {};
  if (!String(&dtype, false)) return false;
  for (const auto& type : kTypes) {
    if (!brine_text_is(dtype, type.name)) continue;
    entry->tensor.dtype = type.dtype;
    *bytes = type.bytes;
    return true;
  }
  const brine_text name = entry->tensor.name;
  return Fail("tensor %.*s has dtype %.*s; F32, I32, U32 and U8 are known", ShownBytes(name), name.data,
              static_cast<int>(dtype.size < 20 ? dtype.size : 20), dtype.data);
}

bool Parser::Offsets(Entry* entry) {
  if (!Accept('[')) return FailHere("[");
  if (!Number(&entry->begin)) return false;
  if (!Accept(',')) return FailHere(",");
  if (!Number(&entry->end)) return false;
  return Accept(']') || FailHere("]");
}

// Reads the value of a field of a tensor.
bool Parser::Field(brine_text field, Entry* entry, FieldsSeen* seen) {
  if (brine_text_is(field, "dtype") && seen->element_bytes == 0) return ElementType(entry, &seen->element_bytes);
  if (brine_text_is(field, "shape") && !seen->has_shape) {
    seen->has_shape = true;
    return Shape(&entry->tensor);
  }
  if (brine_text_is(field, "data_offsets") && !seen->has_offsets) {
    seen->has_offsets = true;
    return Offsets(entry);
  }
  const brine_text name = entry->tensor.name;
  return Fail("tensor %.*s has a field %.*s that is unknown or there twice", ShownBytes(name), name.data,
              static_cast<int>(field.size < 40 ? field.size : 40), field.data);
}

// Whether the tensor's bytes are as many as its shape needs.
bool Parser::CheckSize(Entry* entry, int element_bytes) {
  const brine_text name = entry->tensor.name;
  int64_t bytes = element_bytes;
  for (int axis = 0; axis < entry->tensor.rank; ++axis) {
    if (__builtin_mul_overflow(bytes, int64_t{entry->tensor.dims[axis]}, &bytes))
      return Fail("tensor %.*s has a size that overflows", ShownBytes(name), name.data);
  }
  if (entry->end < entry->begin || entry->end - entry->begin != bytes) {
    return Fail("tensor %.*s lies at %lld to %lld, but its shape needs %lld bytes", ShownBytes(name), name.data,
                static_cast<long long>(entry->begin), static_cast<long long>(entry->end),
                static_cast<long long>(bytes));
  }
  entry->tensor.bytes = bytes;
  return true;
}

bool Parser::CheckName(brine_text name) {
  if (name.size == 0 || name.size > 256)
    return Fail("byte %zu: a tensor's name has %zu characters", position + 8, name.size);
  for (size_t index = 0; index < name.size; ++index) {
    if (name.data[index] < 0x20 || name.data[index] > 0x7e)
      return Fail("byte %zu: a tensor's name holds a character that is not ASCII", position + 8);
  }
  return true;
}

bool Parser::Tensor(brine_text name) {
  if (!CheckName(name)) return false;
  if (entry_count == BRINE_MAX_TENSORS) return Fail("more than %d tensors", BRINE_MAX_TENSORS);
  Entry* const entry = Append(entries, entry_count, entry_capacity);
  if (entry == nullptr) return Fail("no memory for %zu tensors", entry_count);
  *entry = {};
  entry->tensor.name = name;
  FieldsSeen seen;
  if (!Accept('{')) return FailHere("{");
  do {
    brine_text field = {};
    if (!String(&field, false) || (!Accept(':') && !FailHere(":"))) return false;
    if (!Field(field, entry, &seen)) return false;
  } while (Accept(','));
  if (!Accept('}')) return FailHere("}");
  if (seen.element_bytes == 0 || !seen.has_shape || !seen.has_offsets)
    return Fail("tensor %.*s lacks dtype, shape or data_offsets", ShownBytes(name), name.data);
  return CheckSize(entry, seen.element_bytes);
}

bool Parser::Metadata() {
  if (seen_metadata) return Fail("__metadata__ is there twice");
  seen_metadata = true;
  if (!Accept('{')) return FailHere("{");
  if (Accept('}')) return true;
  do {
    brine_text key = {}, value = {};
    if (!String(&key, true) || (!Accept(':') && !FailHere(":")) || !String(&value, true)) return false;
    for (size_t index = 0; index < note_count; ++index) {
      if (notes[index].key.size == key.size && memcmp(notes[index].key.data, key.data, key.size) == 0) {
        return Fail("byte %zu: a key of __metadata__ is there twice", position + 8);
      }
    }
    if (note_count == 1000) return Fail("__metadata__ has more than 1000 keys");
    brine_note* const note = Append(notes, note_count, note_capacity);
    if (note == nullptr) return Fail("no memory for %zu notes", note_count);
    *note = {key, value};
  } while (Accept(','));
  return Accept('}') || FailHere("}");
}

bool Parser::Header() {
  if (size == 0 || text[0] != '{') return FailHere("{");
  ++position;
  if (!Accept('}')) {
    do {
      brine_text name = {};
      if (!String(&name, false) || (!Accept(':') && !FailHere(":"))) return false;
      if (brine_text_is(name, "__metadata__") ? !Metadata() : !Tensor(name)) return false;
    } while (Accept(','));
    if (!Accept('}')) return FailHere("}");
  }
  SkipSpace();
  return position == size || FailHere("the end of the header");
}

// Sorts the tensors by their bytes, and checks that these fill the data without gaps and overlaps.
bool Parser::CheckOffsets(int64_t data_bytes) {
  if (entry_count > 0) {
    qsort(entries, entry_count, sizeof(Entry), [](const void* a, const void* b) {
      const Entry *x = static_cast<const Entry*>(a), *y = static_cast<const Entry*>(b);
      return x->begin < y->begin ? -1 : x->begin > y->begin ? 1 : 0;
    });
  }
  int64_t end = 0;
  for (size_t index = 0; index < entry_count; ++index) {
    const Entry& entry = entries[index];
    if (entry.begin != end) {
      return Fail("tensor %.*s begins at byte %lld of the data, the one before it ends at %lld",
                  static_cast<int>(entry.tensor.name.size), entry.tensor.name.data, static_cast<long long>(entry.begin),
                  static_cast<long long>(end));
    }
    end = entry.end;
  }
  return end == data_bytes || Fail("the tensors need %lld bytes of data, the file has %lld",
                                   static_cast<long long>(end), static_cast<long long>(data_bytes));
}

bool Parser::CheckNames() {
  if (entry_count < 2) return true;
  const Entry** const sorted = static_cast<const Entry**>(malloc(entry_count * sizeof(*sorted)));
  if (sorted == nullptr) return Fail("no memory for %zu tensors", entry_count);
  for (size_t index = 0; index < entry_count; ++index) sorted[index] = &entries[index];
  const auto compare = [](const void* a, const void* b) {
    const brine_text x = (*static_cast<const Entry*const*>(a))->tensor.name,
                     y = (*static_cast<const Entry*const*>(b))->tensor.name;
    const int order = memcmp(x.data, y.data, x.size < y.size ? x.size : y.size);
    return order != 0 ? order : x.size < y.size ? -1 : x.size > y.size ? 1 : 0;
  };
  qsort(sorted, entry_count, sizeof(*sorted), compare);
  bool unique = true;
  for (size_t index = 1; index < entry_count && unique; ++index) {
    if (compare(&sorted[index - 1], &sorted[index]) == 0) {
      unique = Fail("tensor %.*s is there twice", static_cast<int>(sorted[index]->tensor.name.size),
                    sorted[index]->tensor.name.data);
    }
  }
  free(sorted);
  return unique;
}

bool Parser::CheckSum(size_t file_size) {
  for (size_t index = 0; index < note_count; ++index) {
    if (!brine_text_is(notes[index].key, "crc32")) continue;
    const char* const begin = notes[index].value.data + notes[index].value.size;
    char expected[9];
    snprintf(expected, sizeof(expected), "%08x",
             brine_crc32(0, begin, file_size - static_cast<size_t>(reinterpret_cast<const uint8_t*>(begin) - bytes)));
    if (!brine_text_is(notes[index].value, expected)) return Fail("the checksum does not fit: the file was damaged");
  }
  return true;
}

}  // namespace

int brine_text_is(brine_text text, const char* terminated) {
  return text.data != nullptr && strlen(terminated) == text.size && memcmp(text.data, terminated, text.size) == 0;
}

brine_text brine_find_note(const brine_tensors* tensors, const char* key) {
  for (size_t index = 0; index < tensors->note_count; ++index) {
    if (brine_text_is(tensors->notes[index].key, key)) return tensors->notes[index].value;
  }
  return {nullptr, 0};
}

int brine_parse_tensors(const uint8_t* bytes, size_t size, brine_tensors* result, char* error, size_t error_bytes) {
  *result = {};
  uint64_t header = 0;
  if (size >= 8) memcpy(&header, bytes, 8);
  if (size < 8 || header > size - 8 || header > BRINE_MAX_HEADER_BYTES) {
    snprintf(error, error_bytes, "is not a safetensors file: %zu bytes, header of %llu", size,
             static_cast<unsigned long long>(header));
    return -1;
  }
  Parser parser = {bytes, reinterpret_cast<const char*>(bytes) + 8, static_cast<size_t>(header), 0, error, error_bytes};
  const size_t data = 8 + static_cast<size_t>(header);
  const bool ok = parser.Header() && parser.CheckOffsets(static_cast<int64_t>(size - data)) && parser.CheckNames() &&
                  parser.CheckSum(size);
  brine_tensor* const tensors =
      ok ? static_cast<brine_tensor*>(malloc((parser.entry_count + 1) * sizeof(brine_tensor))) : nullptr;
  if (ok && tensors == nullptr) parser.Fail("no memory for %zu tensors", parser.entry_count);
  for (size_t index = 0; tensors != nullptr && index < parser.entry_count; ++index) {
    tensors[index] = parser.entries[index].tensor;
    tensors[index].data = bytes + data + parser.entries[index].begin;
  }
  free(parser.entries);
  if (tensors == nullptr) {
    free(parser.notes);
    return -1;
  }
  *result = {tensors, parser.notes, parser.entry_count, parser.note_count};
  return 0;
}

void brine_release_tensors(brine_tensors* tensors) {
  free(tensors->tensors);
  free(tensors->notes);
  *tensors = {};
}
