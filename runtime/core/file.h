/* Reads whole files, and replaces them so that a reader sees either the old content or the new one. */
#ifndef BRINE_RUNTIME_CORE_FILE_H_
#define BRINE_RUNTIME_CORE_FILE_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct brine_bytes {
  const void* data;
  size_t size;
} brine_bytes;

// Reads a regular file of at most `limit` bytes.  Returns memory that the caller must free, or null; then `error` has
// one sentence that names the path.
uint8_t* brine_read_file(const char* path, size_t limit, size_t* size, char* error, size_t error_bytes);

// Writes the pieces one after another to a temporary file in the same folder, flushes the file to the disk, renames it
// to `path` and flushes the folder.  Returns 0, or −1 with the reason in `error`; then `path` is as it was, unless only
// the last step failed, and the temporary file is gone.
int brine_write_file(const char* path, const brine_bytes* pieces, size_t count, char* error, size_t error_bytes);

// Whether brine_write_file can create its temporary file, so that a long computation whose result could not be written
// need not begin.  Returns 0, or −1 with the reason in `error`.
int brine_check_writable(const char* path, char* error, size_t error_bytes);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_FILE_H_
