// Tests LoadPacked, and the program on packed files.
#include <gmock/gmock.h>

#include <numeric>

#include "runtime/trainer/readers.h"
#include "tests/runtime/message.h"
#include "tests/runtime/packed_file.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const RawTensor kData = {"train/data", "U8", "3,2,1,1", "abcdef"},
                kLabels = {"train/label", "I32", "3", BytesOf<int32_t>({1, 0, 1})},
                kClasses = {"class_names", "U8", "8", "cat\ndog\n"}, kTest = {"test/data", "U8", "1,2,1,1", "xy"};

class PackedTest : public ::testing::Test {
 protected:
  Splits Load(const std::vector<RawTensor>& tensors) const {
    return LoadPacked(folder_.Write("x.brd", Safetensors(tensors)));
  }
  // The sentence about a file with these bytes, without its path.
  std::string Refusal(const std::string& bytes) const {
    const std::string path = folder_.Write("x.brd", bytes);
    const std::string text = Message([&] { LoadPacked(path); });
    EXPECT_THAT(text, StartsWith(path + ": "));
    return text.substr(std::min(text.size(), path.size() + 2));
  }
  std::string Refusal(const std::vector<RawTensor>& tensors) const { return Refusal(Safetensors(tensors)); }

  TemporaryFolder folder_;
};

std::string NamesText(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  return text;
}

TEST_F(PackedTest, ReadsPartsClassesAndNames) {
  const std::string names = NamesText({"a/1.png", "", "b/2.png"});
  const Splits data =
      Load({kData, kTest, kLabels, {"train/names", "U8", std::to_string(names.size()), names}, kClasses});
  EXPECT_EQ(data.train.size(), 3);
  EXPECT_EQ(data.validation.size(), 0);
  EXPECT_EQ(data.test.size(), 1);
  ASSERT_EQ(data.train.fields().size(), 2u);
  const Field &image = data.train.fields()[0], &label = data.train.fields()[1];
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.width, 1);
  EXPECT_EQ(image.channels, 1);
  EXPECT_EQ(image.elements, 2);
  EXPECT_THAT(image.name, IsEmpty());
  EXPECT_FALSE(image.label);
  EXPECT_THAT(label.name, IsEmpty());
  EXPECT_TRUE(label.label);
  EXPECT_EQ(label.type, ElementType::kInteger);
  char pixels[5] = {};
  int32_t numbers[2];
  const int64_t indices[] = {2, 0};
  void* const targets[] = {pixels, numbers};
  data.train.source().Read(indices, targets);
  EXPECT_STREQ(pixels, "efab");
  EXPECT_THAT(numbers, ElementsAre(1, 1));
  for (const Dataset* part : {&data.train, &data.validation, &data.test})
    EXPECT_THAT(part->class_names, ElementsAre("cat", "dog"));
  EXPECT_EQ(data.train.source().NameOf(0), "a/1.png");
  EXPECT_EQ(data.train.source().NameOf(1), "");
  EXPECT_EQ(data.train.source().NameOf(2), "b/2.png");
  EXPECT_EQ(data.train.EnlargedTo(4, 2).source().NameOf(2), "b/2.png");
  EXPECT_EQ(data.test.source().NameOf(0), "");
}

TEST_F(PackedTest, FindsEveryName) {
  constexpr int kCount = 200;
  std::vector<std::string> names;
  for (int index = 0; index < kCount; ++index)
    names.push_back(std::string(static_cast<size_t>(index % 7), 'x') + std::to_string(index));
  const std::string text = NamesText(names);
  const Splits data = Load({{"test/data", "U8", std::to_string(kCount), std::string(kCount, 'p')},
                            {"test/names", "U8", std::to_string(text.size()), text}});
  for (int index = kCount; index-- > 0;) EXPECT_EQ(data.test.source().NameOf(index), names[static_cast<size_t>(index)]);
}

// Python's safetensors sorts tensors by the size of their elements, so that labels come before the bytes of images and
// numbers need not be aligned.
TEST_F(PackedTest, TheOrderOfTensorsDoesNotMatter) {
  const Splits data = Load({{"train/label", "F32", "3,1", BytesOf<float>({1.5f, 2.5f, 3.5f})},
                            kData,
                            {"validation/data", "U8", "1,2,1,1", "vw"},
                            {"validation/label", "F32", "1", BytesOf<float>({7})}});
  EXPECT_FALSE(data.train.fields()[0].label);
  EXPECT_EQ(data.train.fields()[0].height, 2);
  float label = 0;
  char pixels[2] = {};
  const int64_t index = 0;
  void* const targets[] = {pixels, &label};
  data.validation.source().Read({&index, 1}, targets);
  EXPECT_EQ(std::string(pixels, 2), "vw");
  EXPECT_EQ(label, 7);
}

TEST_F(PackedTest, SeveralFieldsKeepTheirNames) {
  const Splits data = Load({{"train/left", "U8", "2,3", "abcdef"},
                            {"train/data", "F32", "2", BytesOf<float>({1, 2})},
                            {"train/kind_label", "U8", "2", std::string("\0\1", 2)}});
  std::vector<std::string> names;
  for (const Field& field : data.train.fields()) names.push_back(field.name);
  EXPECT_THAT(names, ElementsAre("left", "data", "kind_label"));
}

TEST_F(PackedTest, FaultsAreNamed) {
  const auto with_notes = [](const std::string& notes) { return Safetensors({kData, kLabels}, notes); };
  const struct {
    const char* fault;
    std::string bytes, sentence;
  } rows[] = {
      {"another file", "height,width\n1,2\n", "is not a packed file, as brine data pack writes them"},
      {"no format", with_notes(""), "is not a packed file: it lacks the note \"format\""},
      {"a checkpoint", with_notes("\"format\": \"brine\""), "is not a packed file: its format is brine"},
      {"no version", with_notes("\"format\": \"brine.data \""), "is not a packed file: its format is brine.data "},
      {"version 0", with_notes("\"format\": \"brine.data 0\""), "is not a packed file: its format is brine.data 0"},
      {"text behind the version", with_notes("\"format\": \"brine.data 1x\""),
       "is not a packed file: its format is brine.data 1x"},
      {"newer", with_notes("\"format\": \"brine.data 2\""),
       "has version 2 of the packed format; this program reads version 1"},
      {"nothing", Safetensors({kClasses}), "has no samples"},
      {"no data", Safetensors({kLabels}), "has train/label, but no train/data"},
      {"no labels", Safetensors({kData}), "has train/data, but no train/label"},
      {"names only", Safetensors({{"test/names", "U8", "2", "a\n"}}), "has test/names, but no test/data"},
      {"counts", Safetensors({kData, {"train/label", "I32", "2", BytesOf<int32_t>({1, 0})}}),
       "train/label has 2 samples, but train/data has 3 samples"},
      {"a number", Safetensors({kData, {"train/label", "I32", "", BytesOf<int32_t>({1})}}),
       "train/label is a number, and not one for each sample"},
      {"type", Safetensors({kData, {"train/label", "U32", "3", BytesOf<int32_t>({1, 1, 1})}}),
       "train/label has elements of type U32; U8, I32 and F32 can be read"},
      {"an unknown part", Safetensors({kData, kLabels, {"dev/data", "U8", "1", "x"}}),
       "has a tensor dev/data, which belongs to none of train, validation and test"},
      {"a part without a field", Safetensors({kData, kLabels, {"test/", "U8", "1", "x"}}),
       "has a tensor test/, which belongs to none of train, validation and test"},
      {"a label too large", Safetensors({kData, {"train/label", "I32", "3", BytesOf<int32_t>({1, 2, 0})}, kClasses}),
       "label 1 of train is 2, but there are 2 classes"},
      {"a negative label", Safetensors({kData, {"train/label", "I32", "3", BytesOf<int32_t>({1, 0, -1})}, kClasses}),
       "label 2 of train is -1, but there are 2 classes"},
      {"a byte as label", Safetensors({kData, {"train/label", "U8", "3", "\1\1\xff"}, kClasses}),
       "label 2 of train is 255, but there are 2 classes"},
      {"class names in rows", Safetensors({kData, kLabels, {"class_names", "U8", "2,2", "a\nb\n"}}),
       "class_names does not hold lines of text"},
      {"class names without an end", Safetensors({kData, kLabels, {"class_names", "U8", "3", "a\nb"}}),
       "class_names does not hold lines of text"},
      {"too many classes", Safetensors({kData, kLabels, {"class_names", "U8", "70000", std::string(70000, '\n')}}),
       "has more than 65535 classes"},
  };
  for (const auto& row : rows) EXPECT_EQ(Refusal(row.bytes), row.sentence) << row.fault;
}

TEST_F(PackedTest, NamesOfAnotherNumberAreNamed) {
  for (const char* text : {"a\nb\n", "a\nb\nc\nd\n"}) {
    const Splits data = Load({kData, kLabels, {"train/names", "U8", std::to_string(std::strlen(text)), text}});
    EXPECT_EQ(
        Message([&] { data.train.source().NameOf(0); }),
        (folder_ / "x.brd") + ": train/names has " + std::to_string(std::strlen(text) / 2) + " names for 3 samples");
  }
}

TEST_F(PackedTest, TruncatedFilesAreRefused) {
  const std::string names = NamesText({"one", "two", "three"});
  const std::string whole =
      Safetensors({kData, kTest, kLabels, {"train/names", "U8", std::to_string(names.size()), names}, kClasses});
  for (size_t part = 0; part < 16; ++part) EXPECT_NE(Refusal(whole.substr(0, whole.size() * part / 16)), "") << part;
  EXPECT_NE(Refusal(whole + "x"), "");
}

}  // namespace
}  // namespace brine::testing
