// Compares brine evaluate and brine predict on weights that brine train wrote.
#include <gmock/gmock.h>

#include "tests/e2e/json.h"
#include "tests/e2e/project.h"

namespace brine {
namespace {

using ::testing::MatchesRegex;

constexpr size_t kPixels = 12 * 12, kImages = 100;

// An array of uint8 as numpy.save writes it.
std::string Npy(const std::string& shape, const std::string& bytes) {
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(117, ' ');  // the data begin at a multiple of 64
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + bytes;
}

// A project with trained weights in the file w.
struct Trained : Project {
  std::string said = Run("brine train digits.cc --data data --epochs 8 --quiet --save w --checkpoint run");
  std::string images = Read("data/t10k-images-idx3-ubyte").substr(16);
};

TEST(Predict, EvaluateRepeatsWhatTrainSaid) {
  const Trained project;
  EXPECT_THAT(project.Run("brine evaluate digits.cc --data data --init w"), testing::StartsWith(project.said));
  EXPECT_THAT(project.Run("brine evaluate digits.cc --data data --checkpoint run"), testing::StartsWith(project.said));
  const std::vector<Json> lines = ParseJsonLines(project.Run("brine evaluate digits.cc --data data --init w --json"));
  ASSERT_EQ(lines.size(), 2u);  // the second one has the confusion matrix
  EXPECT_GT(Number(lines[0], "test_accuracy"), 0.5);
}

TEST(Predict, ThePredictedClassesHaveTheEvaluatedAccuracy) {
  const Trained project;
  project.Write("all.npy", Npy("(100, 12, 12, 1)", project.images));
  const std::vector<Json> lines = ParseJsonLines(project.Run("brine predict digits.cc all.npy --init w --json"));
  ASSERT_EQ(lines.size(), kImages);
  int right = 0;
  for (size_t index = 0; index < lines.size(); ++index) {
    EXPECT_EQ(Number(lines[index], "sample"), index);
    double sum = 0, most = 0;
    std::string likeliest;
    for (const auto& [name, probability] : Field(lines[index], "probabilities").struct_value().fields()) {
      sum += probability.number_value();
      if (probability.number_value() > most) likeliest = name;
      most = std::max(most, probability.number_value());
    }
    EXPECT_NEAR(sum, 1, 1e-5);
    EXPECT_EQ(Field(lines[index], "class").string_value(), likeliest);
    right += likeliest == "class " + std::to_string(index % 10);
  }
  EXPECT_NEAR(
      Number(ParseJsonLines(project.Run("brine evaluate digits.cc --data data --init w --json"))[0], "test_accuracy"),
      right / 100.0, 1e-6);
}

TEST(Predict, PredictsOneImage) {
  const Trained project;
  project.Write("seven.npy", Npy("(12, 12, 1)", project.images.substr(7 * kPixels, kPixels)));
  const std::string text = project.Run("brine predict digits.cc seven.npy --init w");
  EXPECT_THAT(text, MatchesRegex("0: class [0-9] [01]\\.[0-9]{4}(, class [0-9] [01]\\.[0-9]{4}){9}\n"));
  EXPECT_EQ(project.Run("brine predict digits.cc --input=seven.npy --init w"), text);
  // With --data, an image can be given by its number, and classes have names.
  const std::string named = project.Run("brine predict digits.cc 7 --data data --init w");
  EXPECT_THAT(named, MatchesRegex("7: [0-9] [01]\\.[0-9]{4}(, [0-9] [01]\\.[0-9]{4}){9}\n"));
  const size_t probability = text.find("class ") + 6;
  EXPECT_EQ(named.substr(3, 8), text.substr(probability, 8));
}

// The ten test images of class 0, whose labels the loss ignores, count in no row.
TEST(Predict, TheConfusionMatrixLacksIgnoredLabels) {
  const Project project;
  std::string model = project.Read("digits.cc");
  const std::string loss = "\"sparse_categorical_crossentropy\"";
  model.replace(model.find(loss), loss.size(), "SparseCategoricalCrossentropy({.ignore_class = 0})");
  project.Write("ignoring.cc", model);
  project.Run("brine train ignoring.cc --data data --quiet --save w");
  const std::vector<Json> lines = ParseJsonLines(project.Run("brine evaluate ignoring.cc --data data --init w --json"));
  ASSERT_EQ(lines.size(), 2u);
  std::vector<double> labels;
  for (const auto& row : Field(lines[1], "classes").list_value().values())
    labels.push_back(row.struct_value().fields().at("labels").number_value());
  EXPECT_THAT(labels, testing::ElementsAre(0, 10, 10, 10, 10, 10, 10, 10, 10, 10));
}

TEST(Predict, AModelWithoutWeightsNeedsNoFile) {
  const Project project;
  project.Write("scale.cc", R"(#include <brine.h>
brine::Model BuildModel() {
  using namespace brine;
  Sequential net("scale", Input({2}));
  net.Add(Rescaling(0.5f));
  return net;
}
BRINE_MODEL(BuildModel)
)");
  project.Write("rows.npy", Npy("(2, 2)", std::string("\1\2\3\4")));
  EXPECT_EQ(project.Run("brine predict scale.cc rows.npy"),
            "0: class 1 1.0000, class 0 0.5000\n1: class 1 2.0000, class 0 1.5000\n");
}

}  // namespace
}  // namespace brine
