// Reads files of events for TensorBoard with a parser of Protobuf, and checks their checksums by an algorithm that is
// not that of Brine.
#ifndef BRINE_TESTS_RUNTIME_READ_EVENTS_H_
#define BRINE_TESTS_RUNTIME_READ_EVENTS_H_

#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace brine::testing {

struct ReadEvent {
  double wall_time = 0;
  int64_t step = 0;
  std::string version;
  std::vector<std::pair<std::string, float>> values;
};

// The checksum by long division of the message, whose bits are not reflected, by the polynomial.
inline uint32_t SlowCrc32c(const std::string& bytes) {
  const auto reversed = [](uint32_t word, int bits) {
    uint32_t result = 0;
    for (int bit = 0; bit < bits; ++bit) result |= (word >> bit & 1) << (bits - 1 - bit);
    return result;
  };
  uint32_t remainder = 0xffffffff;
  for (const char byte : bytes) {
    remainder ^= reversed(static_cast<uint8_t>(byte), 8) << 24;
    for (int bit = 0; bit < 8; ++bit) remainder = (remainder << 1) ^ (remainder >> 31 != 0 ? 0x1edc6f41u : 0);
  }
  return ~reversed(remainder, 32);
}

inline uint32_t SlowMaskedCrc32c(const std::string& bytes) {
  const uint32_t crc = SlowCrc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

template <typename To, typename From>
To Bits(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

inline std::vector<ReadEvent> ReadEvents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::vector<ReadEvent> events;
  for (size_t begin = 0; begin < bytes.size();) {
    uint64_t size = 0;
    uint32_t sums[2] = {};
    EXPECT_GE(bytes.size() - begin, 16u) << path;
    std::memcpy(&size, bytes.data() + begin, 8);
    EXPECT_LE(size, bytes.size() - begin - 16) << path;
    std::memcpy(&sums[0], bytes.data() + begin + 8, 4);
    std::memcpy(&sums[1], bytes.data() + begin + 12 + size, 4);
    const std::string content = bytes.substr(begin + 12, size);
    EXPECT_EQ(sums[0], SlowMaskedCrc32c(bytes.substr(begin, 8))) << path;
    EXPECT_EQ(sums[1], SlowMaskedCrc32c(content)) << path;
    begin += 16 + size;
    ReadEvent& event = events.emplace_back();
    google::protobuf::UnknownFieldSet fields, summary, value;
    EXPECT_TRUE(fields.ParseFromString(content)) << path;
    for (int index = 0; index < fields.field_count(); ++index) {
      const google::protobuf::UnknownField& field = fields.field(index);
      if (field.number() == 1) event.wall_time = Bits<double>(field.fixed64());
      if (field.number() == 2) event.step = static_cast<int64_t>(field.varint());
      if (field.number() == 3) event.version = field.length_delimited();
      if (field.number() != 5) continue;
      EXPECT_TRUE(summary.ParseFromString(field.length_delimited())) << path;
    }
    for (int index = 0; index < summary.field_count(); ++index) {
      EXPECT_EQ(summary.field(index).number(), 1);
      EXPECT_TRUE(value.ParseFromString(summary.field(index).length_delimited())) << path;
      EXPECT_EQ(value.field_count(), 2);
      EXPECT_EQ(value.field(0).number(), 1);
      EXPECT_EQ(value.field(1).number(), 2);
      event.values.emplace_back(value.field(0).length_delimited(), Bits<float>(value.field(1).fixed32()));
    }
  }
  return events;
}

}  // namespace brine::testing

#endif  // BRINE_TESTS_RUNTIME_READ_EVENTS_H_
