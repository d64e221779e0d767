#include "runtime/trainer/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "tests/runtime/message.h"

namespace brine {
namespace {

using ::testing::ElementsAre;

std::string Header(const std::string& type, const std::string& shape, const char* order = "False") {
  return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

std::string File(int version, const std::string& header, const std::string& data) {
  std::string file = "\x93NUMPY" + std::string(1, static_cast<char>(version)) + std::string(1, '\0');
  const uint32_t length = static_cast<uint32_t>(header.size());
  return file + std::string(reinterpret_cast<const char*>(&length), version == 1 ? 2 : 4) + header + data;
}

template <typename T>
std::string Bytes(std::initializer_list<T> numbers) {
  return std::string(reinterpret_cast<const char*>(numbers.begin()), numbers.size() * sizeof(T));
}

std::string path;

Array Read(const std::string& bytes) {
  path = ::testing::TempDir() + "/npy_test." + std::to_string(getpid()) + ".npy";
  std::ofstream(path, std::ios::binary) << bytes;
  return ReadNpy(path);
}

std::string Refusal(const std::string& bytes) {
  const std::string text = testing::Message([&] { Read(bytes); });
  return text.substr(text.starts_with(path) ? path.size() + 2 : 0);
}

TEST(Npy, ReadsEachElementType) {
  const Array bytes = Read(File(1, Header("|u1", "(2, 3)"), Bytes<uint8_t>({1, 2, 3, 4, 5, 255})));
  EXPECT_THAT(bytes.shape, ElementsAre(2, 3));
  EXPECT_THAT(bytes.bytes, ElementsAre(1, 2, 3, 4, 5, 255));
  EXPECT_THAT(Read(File(1, Header("<f4", "(2,)"), Bytes<float>({0.5f, -2}))).reals, ElementsAre(0.5f, -2));
  EXPECT_THAT(Read(File(2, Header("<f8", "(1, 1)"), Bytes<double>({0.1}))).reals, ElementsAre(0.1f));
  EXPECT_THAT(Read(File(3, Header("<f4", "()"), Bytes<float>({7}))).reals, ElementsAre(7));
  EXPECT_THAT(Read(File(1, Header("<i4", "(2,)"), Bytes<int32_t>({-3, 7}))).integers, ElementsAre(-3, 7));
  EXPECT_THAT(Read(File(1, Header("<i8", "(2,)"), Bytes<int64_t>({-3, 7}))).integers, ElementsAre(-3, 7));
}

TEST(Npy, RefusesOtherFiles) {
  EXPECT_EQ(Refusal("PNG, or something else"), "is not a .npy file");
  EXPECT_EQ(Refusal("\x93NUMPY"), "is not a .npy file");
  EXPECT_EQ(Refusal(File(4, Header("|u1", "(1,)"), "x")), "is of .npy version 4, 1 to 3 can be read");
  EXPECT_EQ(Refusal(File(1, Header("|u1", "(1,)"), "x").substr(0, 40)), "ends within its header");
  EXPECT_EQ(Refusal(File(2, Header("|u1", "(1,)"), "x").replace(8, 4, "\xff\xff\xff\xff")), "ends within its header");
  EXPECT_EQ(Refusal(File(1, Header("|u1", "(1,)", "True"), "x")), "is in Fortran order; save it in C order");
  EXPECT_EQ(Refusal(File(1, Header("<i2", "(1,)"), "12")),
            "holds elements of type <i2; uint8, int32, int64, float32 and float64 can be read");
  EXPECT_EQ(Refusal(File(1, Header("<i8", "(2,)"), Bytes<int64_t>({7, int64_t{1} << 31}))),
            "element 1 is out of the range of 32 bits");
  EXPECT_EQ(Refusal(File(1, Header(">f4", "(1,)"), "1234")),
            "holds elements of type >f4; uint8, int32, int64, float32 and float64 can be read");
  EXPECT_EQ(Refusal(File(1, Header("<f4", "(2,)"), "1234")), "holds 4 bytes of data, its shape needs 8");
  EXPECT_EQ(Refusal(File(1, Header("|u1", "(1,)"), "xy")), "holds 2 bytes of data, its shape needs 1");
  EXPECT_EQ(Refusal(File(1, Header("|u1", "(-1,)"), "x")), "its shape cannot be read");
  EXPECT_EQ(Refusal(File(1, Header("|u1", "(a,)"), "x")), "its shape cannot be read");
  EXPECT_EQ(Refusal(File(1, Header("|u1", "1"), "x")), "its shape cannot be read");
  EXPECT_EQ(Refusal(File(1, Header("|u1", "(4294967296, 4294967296)"), "x")), "its shape is too large");
  EXPECT_EQ(Refusal(File(1, Header("|u1", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), "x")), "its shape is too large");
  EXPECT_EQ(Refusal(File(1, "{'descr': '|u1', 'shape': (1,)}", "x")), "its header lacks fortran_order");
  EXPECT_EQ(Refusal(File(1, "{'fortran_order': False, 'shape': (1,)}", "x")), "its header lacks descr");
}

}  // namespace
}  // namespace brine
