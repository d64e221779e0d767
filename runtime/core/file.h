/* Whole files: read into memory, or replaced so that a reader sees the old one or the new one and nothing between. */
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

// Reads a regular file of at most `limit` bytes into memory of malloc; null on failure, with a sentence that names the
// path in `error`.
uint8_t* brine_read_file(const char* path, size_t limit, size_t* size, char* error, size_t error_bytes);

// Writes the pieces one after another into a temporary file of the same folder, flushes it to the disk, renames it to
// `path` and flushes the folder.  0, or −1 with the reason in `error`: then `path` is as it was and the temporary is
// gone.
int brine_write_file(const char* path, const brine_bytes* pieces, size_t count, char* error, size_t error_bytes);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_FILE_H_
