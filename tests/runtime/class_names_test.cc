// Tests that names of classes travel with the weights.
#include "runtime/trainer/class_names.h"

#include <gmock/gmock.h>

#include "runtime/trainer/trainer.h"
#include "tests/runtime/message.h"
#include "tests/runtime/softmax_program.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Names = std::vector<std::string>;

TEST(ClassNames, AreTextOfANote) {
  EXPECT_EQ(EncodeClassNames({"cat", "sea lion", "a,b", "50%", "\"x\\", "caf\xc3\xa9\n"}),
            "cat,sea lion,a%2Cb,50%25,%22x%5C,caf%C3%A9%0A");
  EXPECT_EQ(EncodeClassNames({}), "");
  EXPECT_EQ(EncodeClassNames(Names(100, std::string(50000, 'x'))), "");  // too long
}

TEST(ClassNames, AreReadBack) {
  Names names;
  for (int byte = 0; byte < 256; ++byte) names.push_back(std::string(2, static_cast<char>(byte)));
  EXPECT_EQ(DecodeClassNames(EncodeClassNames(names)), names);
  EXPECT_EQ(DecodeClassNames(EncodeClassNames({"a", "", "b", ""})), (Names{"a", "", "b", ""}));
  EXPECT_THAT(DecodeClassNames(""), IsEmpty());
  EXPECT_THAT(DecodeClassNames("%,%4,%zz,%4g,%41"), ElementsAre("%", "%4", "%zz", "%4g", "A"));  // another's text
}

// Users may call their classes as Brine calls those without a name.
TEST(ClassNames, ThoseThatAreMissingDifferFromTheOthers) {
  EXPECT_THAT(WithAllNames({"cat"}, 3), ElementsAre("cat", "class 1", "class 2"));
  EXPECT_THAT(WithAllNames({"class 1", "class 2"}, 4), ElementsAre("class 1", "class 2", "class 2'", "class 3"));
  EXPECT_THAT(WithAllNames({"cat", "dog"}, 1), ElementsAre("cat", "dog"));
}

TEST(ClassNames, TravelWithTheWeights) {
  const TemporaryFolder folder;
  const Images images(32);
  Dataset data = images.data();
  Trainer unnamed(kSoftmaxProgram), named(kSoftmaxProgram), reader(kSoftmaxProgram);
  unnamed.Fit(data, {.verbose = false});
  unnamed.Save(folder / "unnamed");
  EXPECT_THAT(folder.Read("unnamed"), Not(HasSubstr("class_names")));
  data.class_names = {"ant", "bee", "cat", "dog"};
  named.Fit(data, {.verbose = false});
  EXPECT_EQ(named.class_names(), data.class_names);
  named.Save(folder / "named");
  EXPECT_THAT(folder.Read("named"), HasSubstr("\"class_names\":\"ant,bee,cat,dog\""));
  reader.LoadParameters(folder / "named");
  EXPECT_EQ(reader.class_names(), data.class_names);
  reader.Load(folder / "unnamed");  // says nothing about names
  EXPECT_EQ(reader.class_names(), data.class_names);
  // Those of data win.
  data.class_names = {"w", "x", "y", "z"};
  reader.Fit(data, {.verbose = false});
  EXPECT_EQ(reader.class_names(), data.class_names);
}

TEST(ClassNames, ARunThatIsResumedKeepsThem) {
  const TemporaryFolder folder;
  const Images images(32);
  Dataset data = images.data();
  data.class_names = {"ant", "bee", "cat", "dog"};
  Trainer(kSoftmaxProgram).Fit(data, {.checkpoint = folder / "run", .verbose = false});
  EXPECT_THAT(folder.Read("run/step-2.safetensors"), HasSubstr("\"class_names\":\"ant,bee,cat,dog\""));
  Trainer resumed(kSoftmaxProgram);
  resumed.Fit(images.data(), {.epochs = 2, .checkpoint = folder / "run", .resume = true, .verbose = false});
  EXPECT_THAT(resumed.class_names(), ElementsAre("ant", "bee", "cat", "dog"));
  EXPECT_THAT(folder.Read("run/step-4.safetensors"), HasSubstr("\"class_names\":\"ant,bee,cat,dog\""));
}

// Labels of data with these class names, read through WithClasses.
std::vector<int32_t> Renumbered(const Names& of_data, const Names& of_weights, std::vector<int32_t> labels) {
  const std::vector<uint8_t> samples(labels.size());
  Dataset data(static_cast<int64_t>(labels.size()), Samples(std::span<const uint8_t>(samples)),
               Labels(std::span<const int32_t>(labels)));
  data.class_names = of_data;
  const Dataset matched = WithClasses(data, of_weights);
  std::vector<int32_t> read(labels.size());
  for (int64_t index = 0; index < matched.size(); ++index) {
    uint8_t sample = 0;
    void* const targets[] = {&sample, &read[static_cast<size_t>(index)]};
    matched.source().Read({&index, 1}, targets);
  }
  return read;
}

TEST(ClassNames, DataGetTheNumbersOfTheWeights) {
  EXPECT_THAT(Renumbered({"kiwi", "plum"}, {"apple", "kiwi", "plum"}, {0, 1, 1, 0}), ElementsAre(1, 2, 2, 1));
  EXPECT_THAT(Renumbered({"plum", "apple"}, {"apple", "kiwi", "plum"}, {0, 1}), ElementsAre(2, 0));
  EXPECT_THAT(Renumbered({"a", "b"}, {"a", "b"}, {1, 0}), ElementsAre(1, 0));
  EXPECT_THAT(Renumbered({}, {"b", "a"}, {1, 0}), ElementsAre(1, 0));  // data without names
  EXPECT_THAT(Renumbered({"b", "a"}, {}, {1, 0}), ElementsAre(1, 0));  // weights without names
  EXPECT_EQ(Message([] {
              Renumbered({"fig"}, {"apple", "kiwi"}, {0});
            }),
            "the data have a class fig, which the weights were not trained on; they know apple, kiwi");
}

TEST(ClassNames, EvaluationAndResumingCompareThem) {
  const TemporaryFolder folder;
  const Images images(32);
  Dataset data = images.data(), turned = images.data();
  data.class_names = {"ant", "bee", "cat", "dog"};
  turned.class_names = {"dog", "cat", "bee", "ant"};
  Trainer trainer(kSoftmaxProgram);
  trainer.Fit(data, {.checkpoint = folder / "run", .verbose = false});
  EXPECT_NE(trainer.Evaluate(data)["loss"], trainer.Evaluate(turned)["loss"]);
  EXPECT_EQ(Message([&] {
              Trainer(kSoftmaxProgram).Fit(turned, {.epochs = 2, .checkpoint = folder / "run", .resume = true});
            }),
            "the data have the classes dog, cat, bee, ant, but the weights were trained on ant, bee, cat, dog");
}

TEST(ClassNames, ColumnsOfTablesAreCompared) {
  const TemporaryFolder folder;
  const Images images(32);
  Dataset data = images.data(), swapped = images.data();
  data.element_names = {"age", "city=Rome"};
  swapped.element_names = {"city=Rome", "age"};
  Trainer trainer(kSoftmaxProgram), reader(kSoftmaxProgram);
  trainer.Fit(data, {.verbose = false});
  trainer.Save(folder / "w");
  reader.LoadParameters(folder / "w");
  EXPECT_NO_THROW(reader.Evaluate(data));
  const char kDiffer[] = "the data have the columns city=Rome, age, but the weights were trained on age, city=Rome";
  EXPECT_EQ(Message([&] { reader.Evaluate(swapped); }), kDiffer);
  EXPECT_EQ(Message([&] { reader.Predict(swapped); }), kDiffer);
}

}  // namespace
}  // namespace brine::testing
