// Tests the readers of numpy's arrays on what numpy wrote (make_arrays.py), and on files that lie.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "frontend/data/source.h"
#include "tests/data/samples.h"
#include "tests/data/scratch.h"

namespace brine {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

struct TypeRow {
  const char* name;
  ElementType type;
  std::function<double(int)> value;  // of element number k
};

TEST(Arrays, EachElementTypeByteOrderAndOrderOfAxes) {
  const auto flag = [](int k) { return k % 3 == 0 ? 1.0 : 0.0; };
  const auto positive = [](int k) { return 7.0 * k; };
  const auto both = [](int k) { return 7.0 * k - 80; };
  const auto real = [](int k) { return k / 8.0 - 1.5; };
  const TypeRow rows[] = {{"b1", ElementType::kByte, flag},        {"u1", ElementType::kByte, positive},
                          {"u2", ElementType::kInteger, positive}, {"u4", ElementType::kInteger, positive},
                          {"u8", ElementType::kInteger, positive}, {"i1", ElementType::kInteger, both},
                          {"i2", ElementType::kInteger, both},     {"i4", ElementType::kInteger, both},
                          {"i8", ElementType::kInteger, both},     {"f2", ElementType::kReal, real},
                          {"f4", ElementType::kReal, real},        {"f8", ElementType::kReal, real}};
  for (const TypeRow& row : rows) {
    const Source source = OpenSource(Golden("arrays/") + row.name + ".npz", {});
    std::vector<double> expected;
    for (int k = 0; k < 24; ++k) expected.push_back(row.value(k));
    for (const Dataset* data : {&source.splits.train, &source.splits.validation, &source.splits.test}) {
      EXPECT_EQ(data->fields()[0].type, row.type) << row.name;
      EXPECT_EQ(data->fields()[0].elements, 6) << row.name;
      EXPECT_THAT(ReadAll(*data, 0), ElementsAreArray(expected)) << row.name;
      EXPECT_EQ(data->fields()[1].type, ElementType::kInteger) << row.name;
      EXPECT_THAT(ReadAll(*data, 1), ElementsAre(1, 0, 1, 0)) << row.name;
    }
    EXPECT_THAT(source.train_classes, ElementsAre(1, 0, 1, 0)) << row.name;
    // Bytes [4, 3, 2] are images of 3×2; other numbers need not be.
    EXPECT_EQ(source.splits.train.fields()[0].height, row.type == ElementType::kByte ? 3 : 0) << row.name;
  }
}

TEST(Arrays, OneHotRowsStayAsTheyAre) {
  const Source source = OpenSource(Golden("arrays/one_hot.npz"), {.test_split = 0});
  EXPECT_THAT(source.train_classes, ElementsAre(2, 0, 1, 0, 2, 1));
  EXPECT_EQ(source.splits.train.fields()[1].type, ElementType::kReal);
  EXPECT_EQ(source.splits.train.fields()[1].elements, 3);
  EXPECT_THAT(ReadSample(source.splits.train, 4, 1), ElementsAre(0, 0, 1));
}

// A .npy file of version 1.
std::string Npy(const std::string& type, const std::string& shape, const std::string& data) {
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
  return std::string("\x93NUMPY\1\0", 8) + static_cast<char>(header.size()) + '\0' + header + data;
}
template <typename T>
std::string Bytes(std::initializer_list<T> numbers) {
  return std::string(reinterpret_cast<const char*>(numbers.begin()), numbers.size() * sizeof(T));
}

class NumpyFolder : public ::testing::Test {
 protected:
  NumpyFolder() {
    Write("x_train", Npy("|u1", "(4, 2)", "abcdefgh"));
    Write("y_train", Npy("<i8", "(4,)", Bytes<int64_t>({0, 1, 0, 1})));
  }
  void Write(const std::string& name, const std::string& bytes) const { scratch_.Write("set/" + name + ".npy", bytes); }
  std::string Refusal() const {
    return ErrorOf(scratch_, [&] {
      const Source source = OpenSource(scratch_.path("set"), {.test_split = 0});
      ReadAll(source.splits.train, 0);
    });
  }
  // The refusal of the folder with this array instead.
  std::string With(const std::string& name, const std::string& bytes) const {
    const std::string before = ReadBytes(scratch_.path("set/" + name + ".npy"));
    Write(name, bytes);
    const std::string refusal = Refusal();
    Write(name, before);
    return refusal;
  }
  Scratch scratch_;
};

TEST_F(NumpyFolder, IsReadAsAnArchiveIs) {
  const Source source = OpenSource(scratch_.path("set"), {.test_split = 0});
  EXPECT_EQ(source.kind, "a folder with x_train.npy and y_train.npy");
  EXPECT_THAT(ReadAll(source.splits.train, 0), ElementsAre('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'));
  EXPECT_EQ(source.splits.test.size(), 0);
}

TEST_F(NumpyFolder, TargetsKeepTheirFractions) {
  Write("y_train", Npy("<f8", "(4, 1)", Bytes<double>({0.5, 1, -2, 7})));
  const Source source = OpenSource(scratch_.path("set"), {.test_split = 0});
  EXPECT_THAT(ReadAll(source.splits.train, 1), ElementsAre(0.5, 1, -2, 7));
  EXPECT_THAT(source.train_classes, IsEmpty());
}

TEST_F(NumpyFolder, ManyDifferentNumbersAreNoClasses) {
  Write("y_train", Npy("<i4", "(4,)", Bytes<int32_t>({100, 250, 300, 100})));
  const Source source = OpenSource(scratch_.path("set"), {.test_split = 0});
  EXPECT_THAT(ReadAll(source.splits.train, 1), ElementsAre(100, 250, 300, 100));
  EXPECT_THAT(source.train_classes, IsEmpty());
}

TEST_F(NumpyFolder, TargetsOfWhichSomeHaveFractionsAreNoClasses) {
  Write("x_test", Npy("|u1", "(2, 2)", "abcd"));
  Write("y_test", Npy("<f4", "(2,)", Bytes<float>({0.5, 1})));
  const Source source = OpenSource(scratch_.path("set"), {});
  EXPECT_EQ(source.splits.train.fields()[1].type, ElementType::kReal);
  EXPECT_THAT(ReadAll(source.splits.train, 1), ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(source.train_classes, IsEmpty());
}

TEST_F(NumpyFolder, FaultsAreNamed) {
  const auto with = [&](const char* name, const std::string& bytes) { return With(name, bytes); };
  EXPECT_EQ(Refusal(), "");
  EXPECT_EQ(with("y_train", Npy("<i8", "(4,)", Bytes<int64_t>({0, 1, int64_t{1} << 31, 1}))),
            "3: set/y_train.npy: element 0 of sample 2 is not a whole number of 32 bits");
  EXPECT_EQ(with("x_train", Npy("<f4", "(4, 2)", Bytes<float>({0, 1, 2, 3, 4, NAN, 6, 7}))),
            "3: set/x_train.npy: element 1 of sample 2 is not a finite number");
  EXPECT_EQ(with("x_train", Npy("<f8", "(4, 1)", Bytes<double>({0, 1e300, 2, 3}))),
            "3: set/x_train.npy: element 0 of sample 1 is not a finite number");
  EXPECT_EQ(with("y_train", Npy("<f4", "(4,)", Bytes<float>({0.5, INFINITY, 0, 0}))),
            "3: set/y_train.npy: element 0 of sample 1 is not a finite number");
  EXPECT_EQ(with("y_train", Npy("<i4", "(3,)", Bytes<int32_t>({0, 1, 2}))),
            "3: set/x_train.npy: has 4 samples, but set/y_train.npy has 3");
  EXPECT_EQ(with("x_train", Npy("|O", "(4,)", "pickled")),
            "3: set/x_train.npy: holds Python objects, which cannot be read");
  EXPECT_EQ(
      with("x_train", Npy("<U2", "(1,)", "12345678")),
      "3: set/x_train.npy: holds elements of type <U2; bool, whole numbers of 8 to 64 bits and floats of 16 to 64 "
      "bits can be read");
  EXPECT_EQ(with("x_train", Npy("|u1", "()", "a")),
            "3: set/x_train.npy: has the shape (), in which there are no samples");
  EXPECT_EQ(with("x_train", Npy("|u1", "(0, 4)", "")),
            "3: set/x_train.npy: has the shape (0, 4), in which there are no samples");
  EXPECT_EQ(with("x_train", Npy("<f8", "(1000000, 1000000)", "12345678")),
            "3: set/x_train.npy: holds 8 bytes of data, its shape needs 8000000000000");
  EXPECT_EQ(with("x_train", Npy("<f8", "(4294967296, 4294967296)", "12345678")),
            "3: set/x_train.npy: its shape is too large");
  Write("x_test", Npy("|u1", "(1, 3)", "abc"));
  EXPECT_EQ(Refusal(), "3: set: has x_test, but no y_test");
  Write("y_test", Npy("<i4", "(1,)", Bytes<int32_t>({0})));
  EXPECT_EQ(Refusal(), "3: set/x_test.npy: has the shape (1, 3), but set/x_train.npy has (4, 2)");
  Write("x_test", Npy("<f4", "(1, 2)", Bytes<float>({1, 2})));
  EXPECT_EQ(Refusal(), "3: set/x_test.npy: has elements that are floats, but in set/x_train.npy they are bytes");
  std::filesystem::remove(scratch_.path("set/x_test.npy"));
  EXPECT_EQ(Refusal(), "3: set: has y_test, but no x_test");
}

TEST(Arrays, RefusesTruncatedAndSurvivesDamagedFiles) {
  const Scratch scratch;
  const auto read = [](const std::string& path) { OpenSource(path, {}); };
  const std::string bytes = ReadBytes(Golden("arrays/f2.npz"));
  ExpectTruncationsRefused(scratch, "a.npz", bytes, read);
  ExpectDamageSurvived(scratch, "a.npz", bytes, read);
  scratch.Write("set/y_train.npy", Npy("<i4", "(1,)", Bytes<int32_t>({0})));
  const auto read_folder = [&](const std::string&) { OpenSource(scratch.path("set"), {}); };
  const std::string array = Npy("<f4", "(1, 4)", Bytes<float>({1, 2, 3, 4}));
  ExpectTruncationsRefused(scratch, "set/x_train.npy", array, read_folder);
  ExpectDamageSurvived(scratch, "set/x_train.npy", array, read_folder);
}

TEST(Arrays, AnArchiveWithoutTheNamesIsRefused) {
  const Scratch scratch;
  const std::string path = scratch.Write("a.npz", ReadBytes(Golden("archives/stored.zip")));
  EXPECT_EQ(ErrorOf(scratch, [&] { OpenSource(path, {}); }), "3: a.npz: has no arrays x_train and y_train");
}

}  // namespace
}  // namespace brine
