// Tests that names of classes travel with the weights.
#include "runtime/trainer/class_names.h"

#include <gmock/gmock.h>

#include "runtime/trainer/trainer.h"
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

}  // namespace
}  // namespace brine::testing
