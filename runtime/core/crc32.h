/* The CRC-32 of zlib and PNG.  A sum over several pieces begins with crc = 0; each call takes the result of the one
 * before.
 */
#ifndef BRINE_RUNTIME_CORE_CRC32_H_
#define BRINE_RUNTIME_CORE_CRC32_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint32_t brine_crc32(uint32_t crc, const void* data, size_t size);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_CRC32_H_
