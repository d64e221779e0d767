/* The safetensors format: u64 header length, JSON header, bytes.  Stricter than the specification: nothing that two
 * readers could understand differently is accepted. */
#ifndef BRINE_RUNTIME_CORE_SAFETENSORS_H_
#define BRINE_RUNTIME_CORE_SAFETENSORS_H_

#include "runtime/core/file.h"
#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BRINE_MAX_HEADER_BYTES (16 << 20)
#define BRINE_MAX_TENSORS 100000

// A piece of the header's text, verbatim and without the quotes; not terminated.
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

typedef struct brine_note {
  brine_text key, value;
} brine_note;  // of __metadata__

// What a file holds, pointing into its bytes.  Tensors in the order of their bytes.
typedef struct brine_tensors {
  brine_tensor* tensors;
  brine_note* notes;
  size_t tensor_count, note_count;
} brine_tensors;

// 0, or −1 with one sentence that names the byte or tensor in `error`.  On success brine_release_tensors frees the
// tables. Refused: names and notes twice, gaps, overlaps, trailing bytes, other dtypes, more than 8 dimensions,
// dimensions beyond 2³¹−1, other fields, escapes in names, a header above 16 MiB, and a checksum ("crc32", the first
// note) that does not fit.
int brine_parse_tensors(const uint8_t* bytes, size_t size, brine_tensors* result, char* error, size_t error_bytes);
void brine_release_tensors(brine_tensors* tensors);

const char* brine_type_name(uint8_t dtype);  // in the format's words: "F32"

// The value of a note, or null data.
brine_text brine_find_note(const brine_tensors* tensors, const char* key);
int brine_text_is(brine_text text, const char* terminated);

// Writes tensors and notes to `path` (brine_write_file).  Data is aligned to 64, and the first note is a checksum of
// everything after it.  The same arguments always give the same bytes.  Returns 0, or −1 with the reason in `error`.
int brine_write_tensors(const char* path, const brine_tensor* tensors, size_t tensor_count, const brine_note* notes,
                        size_t note_count, char* error, size_t error_bytes);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_SAFETENSORS_H_
