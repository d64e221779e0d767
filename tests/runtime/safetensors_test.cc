#include "runtime/core/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace {

std::string File(const std::string& header, size_t data_bytes) {
  const uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(data_bytes, '\1');
}

// The error of the reader, or an empty string.  The bytes are copied to a block of exactly their size, so that a
// sanitizer finds each access beyond it.
std::string Parse(const std::string& file) {
  const std::vector<uint8_t> bytes(file.begin(), file.end());
  brine_tensors tensors;
  char error[400];
  if (brine_parse_tensors(bytes.data(), bytes.size(), &tensors, error, sizeof(error)) != 0) return error;
  brine_release_tensors(&tensors);
  return "";
}

struct Row {
  const char* name;
  std::string file;
  const char* error;
};

const std::string kA = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";

TEST(Safetensors, MaliciousFilesAreRefused) {
  const std::string nested(100000, '['), many(300, 'x');
  std::string wide;
  for (int axis = 0; axis < 9; ++axis) wide += axis == 0 ? "1" : ",1";
  const Row rows[] = {
      {"nothing", "", "is not a safetensors file: 0 bytes, header of 0"},
      {"seven bytes", "1234567", "is not a safetensors file: 7 bytes, header of 0"},
      {"length past the end", std::string("\x09\0\0\0\0\0\0\0{}", 10),
       "is not a safetensors file: 10 bytes, header of 9"},
      {"length of all ones", std::string(8, '\xff') + "{}",
       "is not a safetensors file: 10 bytes, header of 18446744073709551615"},
      {"length that wraps", std::string("\xf8\xff\xff\xff\xff\xff\xff\xff", 8) + "{}",
       "is not a safetensors file: 10 bytes, header of 18446744073709551608"},
      {"no object", File("[]", 0), "byte 8: { expected"},
      {"space in front", File(" {}", 0), "byte 8: { expected"},
      {"object that does not end", File("{" + kA, 8), "byte 61: } expected"},
      {"text after the object", File("{" + kA + "}x", 8), "byte 62: the end of the header expected"},
      {"trailing comma", File("{" + kA + ",}", 8), "byte 62: a string expected"},
      {"name twice", File("{" + kA + R"(,"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})", 12),
       "tensor a is there twice"},
      {"empty name", File(R"({"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4),
       "byte 12: a tensor's name has 0 characters"},
      {"escape in a name", File(R"({"a\u0041":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4),
       "byte 11: a plain character expected"},
      {"control character", File("{\"a\n\":{}}", 0), "byte 11: a plain character expected"},
      {"name not ASCII", File("{\"\xc3\xa4\":{}}", 0), "byte 14: a tensor's name holds a character that is not ASCII"},
      {"unknown dtype", File(R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", 1),
       "tensor a has dtype F8_E4M3; F32, I32, U32 and U8 are known"},
      {"field twice", File(R"({"a":{"dtype":"F32","dtype":"U8","shape":[1],"data_offsets":[0,4]}})", 4),
       "tensor a has a field dtype that is unknown or there twice"},
      {"unknown field", File(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"strides":[1]}})", 4),
       "tensor a has a field strides that is unknown or there twice"},
      {"field missing", File(R"({"a":{"dtype":"F32","shape":[1]}})", 4), "tensor a lacks dtype, shape or data_offsets"},
      {"negative dimension", File(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4),
       "byte 37: a whole number expected"},
      {"zero dimension", File(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})", 0),
       "tensor a has a dimension of 0"},
      {"leading zero", File(R"({"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}})", 4),
       "byte 39: a whole number expected"},
      {"fraction", File(R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4), "byte 38: ] expected"},
      {"dimension beyond 31 bits", File(R"({"a":{"dtype":"U8","shape":[2147483648],"data_offsets":[0,4]}})", 4),
       "tensor a has a dimension of 2147483648"},
      {"number beyond 63 bits", File(R"({"a":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,4]}})", 4),
       "byte 54: a smaller number expected"},
      {"size that overflows",
       File(R"({"a":{"dtype":"F32","shape":[2147483647,2147483647,4],"data_offsets":[0,4]}})", 4),
       "tensor a has a size that overflows"},
      {"nine dimensions", File(R"({"a":{"dtype":"U8","shape":[)" + wide + R"(],"data_offsets":[0,1]}})", 1),
       "tensor a has more than 8 dimensions"},
      {"end before begin", File(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4),
       "tensor a lies at 4 to 0, but its shape needs 4 bytes"},
      {"shape and place differ", File(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8),
       "tensor a lies at 0 to 8, but its shape needs 12 bytes"},
      {"a gap", File("{" + kA + R"(,"b":{"dtype":"U8","shape":[1],"data_offsets":[9,10]}})", 10),
       "tensor b begins at byte 9 of the data, the one before it ends at 8"},
      {"an overlap", File("{" + kA + R"(,"b":{"dtype":"U8","shape":[1],"data_offsets":[7,8]}})", 8),
       "tensor b begins at byte 7 of the data, the one before it ends at 8"},
      {"data missing", File("{" + kA + "}", 7), "the tensors need 8 bytes of data, the file has 7"},
      {"data after the last", File("{" + kA + "}", 9), "the tensors need 8 bytes of data, the file has 9"},
      {"deep nesting", File("{\"a\":" + nested, 0), "byte 13: { expected"},
      {"metadata twice", File(R"({"__metadata__":{},"__metadata__":{}})", 0), "__metadata__ is there twice"},
      {"metadata key twice", File(R"({"__metadata__":{"k":"1","k":"2"}})", 0),
       "byte 40: a key of __metadata__ is there twice"},
      {"metadata number", File(R"({"__metadata__":{"k":1}})", 0), "byte 29: a string expected"},
      {"string that does not end", File(R"({"a)", 0), "byte 11: the end of a string expected"},
      {"escape at the end", File(R"({"__metadata__":{"k":"\)", 0), "byte 32: the end of a string expected"},
      {"checksum", File(R"({"__metadata__":{"crc32":"00000000"}})", 0),
       "the checksum does not fit: the file was damaged"},
      {"long name", File("{\"" + many + "\":{}}", 0), "byte 312: a tensor's name has 300 characters"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parse(row.file), row.error) << row.name;
}

TEST(Safetensors, OrdinaryFilesAreRead) {
  EXPECT_EQ(Parse(File("{}", 0)), "");
  EXPECT_EQ(Parse(File("{" + kA + "}   ", 8)), "");
  EXPECT_EQ(Parse(File(R"({"scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})", 4)), "");
  // Fields may have any order; there may be blanks, as json.dumps writes them, and escapes in notes.
  EXPECT_EQ(
      Parse(File(
          R"({"__metadata__": {"by": "a \"tool\" \u00e4"}, "b": {"shape": [1], "data_offsets": [8, 9], "dtype": "U8"}, )" +
              kA + "}",
          9)),
      "");
}

// A file that differs from a correct one in one byte, or ends early, causes no access outside it, and damage to the
// data is found.
TEST(Safetensors, AChangedByteIsNeverBelieved) {
  const std::string path = ::testing::TempDir() + "/changed.safetensors";
  const float numbers[3] = {1, 2, 3};
  brine_tensor tensor = {{"dense/bias", 10}, BRINE_F32, 1, {3}, reinterpret_cast<const uint8_t*>(numbers), 12};
  const brine_note note = {{"step", 4}, {"7", 1}};
  char error[400];
  ASSERT_EQ(brine_write_tensors(path.c_str(), &tensor, 1, &note, 1, error, sizeof(error)), 0) << error;
  size_t size = 0;
  uint8_t* const bytes = brine_read_file(path.c_str(), 1 << 20, &size, error, sizeof(error));
  ASSERT_NE(bytes, nullptr) << error;
  const std::string good(reinterpret_cast<const char*>(bytes), size);
  free(bytes);
  EXPECT_EQ(Parse(good), "");
  EXPECT_EQ((size - 12) % 64, 0u);  // the data begin at a multiple of 64
  for (size_t offset = 0; offset < size; ++offset) {
    std::string changed = good;
    changed[offset] ^= 4;
    // If the key of the checksum is changed, the file has none.
    const bool in_key = offset >= good.find("crc32") && offset < good.find("crc32") + 5;
    if (!in_key) {
      EXPECT_NE(Parse(changed), "") << offset;
    }
    EXPECT_NE(Parse(good.substr(0, offset)), "") << offset;
  }
}

}  // namespace
