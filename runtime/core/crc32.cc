#include "runtime/core/crc32.h"

#include <pthread.h>
#include <string.h>

namespace {

struct Tables {
  uint32_t row[8][256];  // row[k][b] is the remainder of byte b followed by k zero bytes
};

// Made at the first use, since they would take 8 KB of each program.
Tables tables;
pthread_once_t made = PTHREAD_ONCE_INIT;

void MakeTables() {
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    tables.row[0][byte] = crc;
  }
  for (int k = 1; k < 8; ++k) {
    for (int byte = 0; byte < 256; ++byte)
      tables.row[k][byte] = tables.row[k - 1][byte] >> 8 ^ tables.row[0][tables.row[k - 1][byte] & 255];
  }
}

}  // namespace

uint32_t brine_crc32(uint32_t crc, const void* data, size_t size) {
  pthread_once(&made, MakeTables);
  const uint8_t* bytes = static_cast<const uint8_t*>(data);
  crc = ~crc;
  // Eight bytes at once ("slicing by 8", Kounavis and Berry 2005), so that checkpoints are not slower than the disk.
  for (; size >= 8; size -= 8, bytes += 8) {
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    word ^= crc;
    crc = 0;
    for (int k = 0; k < 8; ++k) crc ^= tables.row[7 - k][word >> (8 * k) & 255];
  }
  for (; size > 0; --size, ++bytes) crc = crc >> 8 ^ tables.row[0][(crc ^ *bytes) & 255];
  return ~crc;
}
