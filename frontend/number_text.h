// Numbers as people read them.
#ifndef BRINE_FRONTEND_NUMBER_TEXT_H_
#define BRINE_FRONTEND_NUMBER_TEXT_H_

#include <cstdint>
#include <string>

namespace brine::internal {

std::string WithCommas(int64_t number);   // "12,345"
std::string BytesText(int64_t bytes);     // "12.35 KB", where a KB has 1024 bytes
std::string SecondsText(double seconds);  // "2 h 05 min", "3 min 20 s", "4.2 s"

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_NUMBER_TEXT_H_
