/* Reads and writes the safetensors format: the length of the header as u64, a JSON header, and the bytes of the
 * tensors. Reading is stricter than the specification: a file that two readers could understand differently is refused.
 */
#ifndef BRINE_RUNTIME_CORE_SAFETENSORS_H_
#define BRINE_RUNTIME_CORE_SAFETENSORS_H_

#include "runtime/core/file.h"
#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BRINE_MAX_HEADER_BYTES (16 << 20)
#define BRINE_MAX_TENSORS 100000

// A part of the header's text, without quotes, with escape sequences as they are, and not terminated.
typedef struct brine_text {
  const char* data;
  size_t size;
} brine_text;

typedef struct brine_tensor {
  brine_text name;
  uint8_t dtype;  // BRINE_F32, BRINE_I32, BRINE_U32 or BRINE_U8
  uint8_t rank;
  int32_t dims[BRINE_MAX_RANK];
  const uint8_t* data;
  int64_t bytes;
} brine_tensor;

// An entry of the header's __metadata__.
typedef struct brine_note {
  brine_text key, value;
} brine_note;

// The content of a file.  All pointers but the two arrays are into the bytes of the file.  The tensors are in the order
// of their bytes.
typedef struct brine_tensors {
  brine_tensor* tensors;
  brine_note* notes;
  size_t tensor_count, note_count;
} brine_tensors;

// Parses the bytes of a file.  Returns 0, or −1 with one sentence in `error` that names the byte or the tensor.  After
// 0, the caller must call brine_release_tensors, and `bytes` must outlive `result`.
// Refused are: a name or a key that occurs twice, gaps between tensors, overlaps, trailing bytes, other element types
// than those of brine_tensor, more than 8 dimensions, dimensions beyond 2³¹ − 1, unknown fields, escapes in names, a
// header of more than 16 MiB, and a wrong checksum (the note "crc32").
int brine_parse_tensors(const uint8_t* bytes, size_t size, brine_tensors* result, char* error, size_t error_bytes);
void brine_release_tensors(brine_tensors* tensors);

const char* brine_type_name(uint8_t dtype);  // the format's name of a brine_dtype: "F32"

// The value of the note with this key.  If there is none, `data` is null.
brine_text brine_find_note(const brine_tensors* tensors, const char* key);
int brine_text_is(brine_text text, const char* terminated);  // whether the two are equal

// Writes tensors and notes to `path` as brine_write_file does.  The tensors begin at a multiple of 64, and the first
// note, "crc32", is a checksum of everything after it.  Equal arguments give equal bytes.  Returns 0, or −1 with the
// reason in `error`.
int brine_write_tensors(const char* path, const brine_tensor* tensors, size_t tensor_count, const brine_note* notes,
                        size_t note_count, char* error, size_t error_bytes);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_SAFETENSORS_H_
