// Bytes as text (RFC 4648, with + and /, padded by =).
#ifndef BRINE_RUNTIME_TRAINER_BASE64_H_
#define BRINE_RUNTIME_TRAINER_BASE64_H_

#include <cstdint>
#include <span>
#include <string>

namespace brine {

std::string Base64(std::span<const uint8_t> bytes);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_BASE64_H_
