// Compares brine evaluate and brine predict on weights that brine train wrote.
#include <gmock/gmock.h>

#include "tests/e2e/json.h"
#include "tests/e2e/project.h"
#include "tests/e2e/table_model.h"

namespace brine {
namespace {

using ::testing::MatchesRegex;

// A model of two numbers, without weights.
constexpr char kScaleModel[] = R"(#include <brine.h>
brine::Model BuildModel() {
  using namespace brine;
  Sequential net("scale", Input({2}));
  net.Add(Rescaling(0.5f));
  return net;
}
BRINE_MODEL(BuildModel)
)";

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
    right += likeliest == std::to_string(index % 10);  // the weights have the names of the classes
  }
  EXPECT_NEAR(
      Number(ParseJsonLines(project.Run("brine evaluate digits.cc --data data --init w --json"))[0], "test_accuracy"),
      right / 100.0, 1e-6);
}

TEST(Predict, PredictsOneImage) {
  const Trained project;
  project.Write("seven.npy", Npy("(12, 12, 1)", project.images.substr(7 * kPixels, kPixels)));
  const std::string text = project.Run("brine predict digits.cc seven.npy --init w");
  EXPECT_THAT(text, MatchesRegex("0: [0-9] [01]\\.[0-9]{4}(, [0-9] [01]\\.[0-9]{4}){9}\n"));
  EXPECT_EQ(project.Run("brine predict digits.cc --input=seven.npy --init w"), text);
  EXPECT_EQ(project.Run("brine predict digits.cc seven.npy --init w --top 2"),
            text.substr(0, text.find(", ", 14)) + "\n");
  // With --data, an image can be given by its number.
  EXPECT_EQ(project.Run("brine predict digits.cc 7 --data data --init w"), "7" + text.substr(1));
}

// Grey pictures of the model's size are its inputs byte for byte, so that they predict what the same array does.
TEST(Predict, PicturesArePredictedByTheirNames) {
  const Trained project;
  project.Run("mkdir -p pictures/deep");
  const auto picture = [&](size_t number) {
    return "P5 12 12 255\n" + project.images.substr(number * kPixels, kPixels);
  };
  project.Write("pictures/a.pgm", picture(0));
  project.Write("pictures/deep/b.pgm", picture(1));
  project.Write("pictures/notes.txt", "");
  project.Write("c.pgm", picture(2));
  project.Write("all.npy", Npy("(3, 12, 12, 1)", project.images.substr(0, 3 * kPixels)));
  const std::string predict = "brine predict digits.cc --init w ";
  const std::string rows = project.Run(predict + "all.npy");
  const size_t second = rows.find("\n1: ") + 1, third = rows.find("\n2: ") + 1;
  const std::string a = rows.substr(1, second - 1), b = rows.substr(second + 1, third - second - 1),
                    c = rows.substr(third + 1);
  EXPECT_EQ(project.Run(predict + "c.pgm"), "c.pgm" + c);
  EXPECT_EQ(project.Run(predict + "pictures"), "pictures/a.pgm" + a + "pictures/deep/b.pgm" + b);
  EXPECT_EQ(project.Run(predict + "pictures/deep c.pgm --input pictures/a.pgm"),
            "pictures/deep/b.pgm" + b + "c.pgm" + c + "pictures/a.pgm" + a);
  EXPECT_EQ(project.Run(predict + "c.pgm - <pictures/a.pgm"), "c.pgm" + c + "-" + a);
  EXPECT_EQ(project.Run(predict + "c.pgm"), "c.pgm" + c);  // from the cache
  const std::vector<Json> json = ParseJsonLines(project.Run(predict + "pictures --json --top 1"));
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(Field(json[1], "sample").string_value(), "pictures/deep/b.pgm");
  EXPECT_EQ(Field(json[1], "class").string_value(), b.substr(2, 1));
  EXPECT_EQ(Field(json[1], "probabilities").struct_value().fields().size(), 1u);
  // A picture of another size and in colours is made to fit.  A compiled program cannot decode it.
  project.Run("cp " BRINE_SOURCE_DIR "/tests/data/pictures/420.jpg photo && brine compile digits.cc -o digits");
  EXPECT_THAT(project.Run(predict + "photo --top 1"), MatchesRegex("photo: [0-9] [01]\\.[0-9]{4}\n"));
  EXPECT_EQ(
      project.Try("./digits predict photo --init w").err,
      "error: photo: is a picture, which brine predict decodes, but this program does not; brine data pack makes a "
      "packed file, which both take\n");
}

TEST(Predict, BadPicturesAreNamed) {
  const Trained project;
  project.Run("mkdir empty; printf 'no picture' >a.png; printf 'P5 12 12 255\\n' >b.pgm; printf 'P1 1 1\\n1' >d.pbm");
  project.Write("c.pgm", "P5 12 12 255\n" + project.images.substr(0, kPixels));
  const struct {
    const char* inputs;
    int code;
    std::string error;
  } rows[] = {
      {"a.png c.pgm b.pgm", 3,
       "a.png: is not a picture (PNG, JPEG, WebP, BMP or PPM)\nb.pgm: is a PPM file that ends too early\n"},
      {"empty", 3, "empty: has no pictures\n"},
      {"none.png", 3, "none.png: cannot be opened: No such file or directory\n"},
      {"-", 3, "standard input: is empty\n"},
      {"- -", 3, "predict reads one picture from standard input\n"},
      {"c.pgm 3", 2, "brine: predict takes one input, got also '3'\n"},
      {"d.pbm", 3, "d.pbm: is not a picture (PNG, JPEG, WebP, BMP or PPM)\n"},
      {"rows.npz", 3, "rows.npz: predict takes pictures, a table, .npy files and packed files\n"},
      {"c.pgm rows.csv", 2, "brine: predict takes one input, got also 'rows.csv'\n"},
      {"none.npy", 3, "error: none.npy: cannot be opened: No such file or directory\n"},
  };
  for (const auto& row : rows) {
    const CommandResult run = project.Try(std::string("brine predict digits.cc --init w ") + row.inputs);
    EXPECT_EQ(run.code, row.code) << row.inputs;
    EXPECT_EQ(run.err, row.error);
    EXPECT_EQ(run.out, "");
  }
  for (int run = 1; run <= 2; ++run) {
    const CommandResult skipped = project.Try("brine predict digits.cc --init w a.png c.pgm --skip-broken --top 1");
    EXPECT_EQ(skipped.code, 0);
    EXPECT_EQ(skipped.err, "left out: a.png: is not a picture (PNG, JPEG, WebP, BMP or PPM)\n") << run;
    EXPECT_THAT(skipped.out, MatchesRegex("c.pgm: [0-9] [01]\\.[0-9]{4}\n"));
  }
}

TEST(Predict, AModelThatTakesNoPicturesSaysSo) {
  const Project project;
  project.Write("scale.cc", kScaleModel);
  project.Write("a.png", "");
  const CommandResult run = project.Try("brine predict scale.cc a.png");
  EXPECT_EQ(run.code, 3);
  EXPECT_EQ(
      run.err,
      "scale.cc: takes no pictures, so that a.png cannot be predicted; its input is not one of height, width, and 1 "
      "or 3 channels\n");
}

// A project with the weights w of a model of tables, which have two numbers, a text and the class.
struct TrainedOnTable : Project {
  TrainedOnTable() {
    Write("table.cc", kTableModel);
    std::string rows = "x,kind,y,class\n";
    for (int row = 0; row < 60; ++row)
      rows += std::to_string(row % 7) + (row % 2 == 0 ? ",a,0.5," : ",b,0.25,") +
              (row % 3 == 0   ? "red\n"
               : row % 3 == 1 ? "green\n"
                              : "blue\n");
    Write("t.csv", rows);
    Run("brine train table.cc --data t.csv --epochs 2 --save w --checkpoint run --quiet");
  }
};

// A row predicts what the array of its elements does.
TEST(Predict, RowsOfATableAreEncodedAsThoseOfTraining) {
  const TrainedOnTable project;
  project.WriteNpy("rows.npy", "(3, 4)", {3, 0, 1, 0.5, 6, 1, 0, 0.25, 2, 0, 0, 1});  // x, kind=a, kind=b, y
  const std::string rows = project.Run("brine predict table.cc rows.npy --weights w");
  const size_t second = rows.find("\n1: ") + 1, third = rows.find("\n2: ") + 1;
  const std::string a = rows.substr(1, second - 1), b = rows.substr(second + 1, third - second - 1),
                    c = rows.substr(third + 1);
  EXPECT_THAT(a, testing::HasSubstr("green"));  // the weights know the classes
  project.Write("new.csv", "kind,y,x\nb,0.5,3\na,0.25,6\nnone,1,2\n");
  EXPECT_EQ(project.Run("brine predict table.cc new.csv --weights w"),
            "new.csv:2" + a + "new.csv:3" + b + "new.csv:4" + c);
  const CommandResult tsv = project.Try(
      "printf 'class\\tid\\tx\\ty\\tkind\\nred\\t8\\t6\\t0.25\\ta\\n' | gzip >one.tsv.gz && "
      "brine predict table.cc --checkpoint run --input one.tsv.gz --target class --top 1");
  EXPECT_EQ(tsv.out, "one.tsv.gz:2" + b.substr(0, b.find(", ")) + "\n");
  EXPECT_EQ(tsv.err, "one.tsv.gz: the model was not trained with id, so that this column is left out\n");
  const std::vector<Json> json = ParseJsonLines(project.Run("brine predict table.cc new.csv --weights w --json"));
  ASSERT_EQ(json.size(), 3u);
  EXPECT_EQ(Field(json[1], "sample").string_value(), "new.csv:3");
  EXPECT_EQ(Field(json[1], "probabilities").struct_value().fields().size(), 3u);
}

TEST(Predict, BadTablesAreNamed) {
  const TrainedOnTable project;
  project.Write("missing.csv", "x,y\n1,2\n");
  project.Write("gap.csv", "x,kind,y\n1,,2\n3,a,4\n");
  project.Run("brine train digits.cc --data data --quiet --save of_pictures");
  const struct {
    const char* arguments;
    int code;
    std::string error;
  } rows[] = {
      {"missing.csv --weights w", 3, "missing.csv:1: the column kind is missing, which the model was trained with\n"},
      {"gap.csv --weights w", 3, "gap.csv:2: the column kind has no value; --missing drop leaves out such rows\n"},
      {"gap.csv --weights w --missing mean", 2,
       "brine: predict takes --missing drop only, since the weights do not know the means of the training data\n"},
      {"gap.csv", 2,
       "brine: trained weights, which know the columns of the table, are missing: --weights FILE or --checkpoint "
       "DIR\n"},
      {"gap.csv --weights of_pictures", 3,
       "gap.csv: cannot be predicted, since of_pictures was not trained on a table\n"},
      {"none.csv --weights w", 3, "none.csv: cannot be opened: No such file or directory\n"},
      {"gap.csv missing.csv --weights w", 2, "brine: predict takes one input, got also 'missing.csv'\n"},
  };
  for (const auto& row : rows) {
    const CommandResult run = project.Try(std::string("brine predict table.cc ") + row.arguments);
    EXPECT_EQ(run.code, row.code) << row.arguments;
    EXPECT_EQ(run.err, row.error);
    EXPECT_EQ(run.out, "");
  }
  const CommandResult dropped = project.Try("brine predict table.cc gap.csv --weights w --missing drop");
  EXPECT_THAT(dropped.out, testing::StartsWith("gap.csv:3: "));
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
  project.Write("scale.cc", kScaleModel);
  project.Write("rows.npy", Npy("(2, 2)", std::string("\1\2\3\4")));
  EXPECT_EQ(project.Run("brine predict scale.cc rows.npy"),
            "0: class 1 1.0000, class 0 0.5000\n1: class 1 2.0000, class 0 1.5000\n");
}

}  // namespace
}  // namespace brine
