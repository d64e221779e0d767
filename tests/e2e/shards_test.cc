// Tests steps over several shards: the accumulation of gradients.
#include <cmath>

#include "tests/e2e/json.h"
#include "tests/e2e/project.h"
#include "tests/e2e/saved_tensor.h"

namespace brine {
namespace {

const char kRandomLayers[] = R"(#include <brine.h>
brine::Model BuildModel() {
  using namespace brine;
  Sequential net("random", Input({12, 12, 1}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(RandomFlip("horizontal"));
  net.Add(RandomTranslation({.height_factor = 0.1f, .width_factor = 0.1f}));
  net.Add(GaussianNoise(0.1f));
  net.Add(Conv2D({.filters = 8, .kernel_size = 3, .activation = "relu"}));
  net.Add(MaxPooling2D());
  net.Add(Flatten());
  net.Add(Dropout(0.25f));
  net.Add(Dense({.units = 10}));
  net.Compile({.optimizer = SGD({.learning_rate = 0.05f, .momentum = 0.9f, .global_clipnorm = 1}),
               .loss = SparseCategoricalCrossentropy({.from_logits = true}),
               .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
)";

// With random numbers by the rows of the batch and no statistics of batches, four shards of 8 rows are a batch of 32
// but for rounding.  The last step has 16 rows, and so two shards.
TEST(Shards, AreTogetherTheWholeBatch) {
  const Project project;
  project.Write("random.cc", kRandomLayers);
  const std::string train = "brine train random.cc --data data --quiet --json ";
  const std::string whole = project.Run(train + "--batch-size 32 --save whole"),
                    shards = project.Run(train + "--batch-size 8 --accumulate 4 --save shards"),
                    cut = project.Run(train + "--shards 4 --save cut"),  // of the default, 32 rows
      one = project.Run(train + "--batch-size 32 --accumulate 1 --save one"),
                    small = project.Run(train + "--batch-size 8 --save small");
  EXPECT_TRUE(project.Read("one") == project.Read("whole"));
  EXPECT_TRUE(project.Read("cut") == project.Read("shards"));
  const double loss = Number(ParseJsonLines(whole)[0], "loss");
  EXPECT_NEAR(Number(ParseJsonLines(shards)[0], "loss"), loss, 1e-5 * loss);
  EXPECT_GT(std::abs(Number(ParseJsonLines(small)[0], "loss") - loss), 1e-2 * loss);
  for (const char* name : {"conv2d/kernel", "conv2d/bias", "dense/kernel", "dense/bias"}) {
    const std::vector<float> a = SavedTensor(project, "shards", name), b = SavedTensor(project, "whole", name);
    ASSERT_EQ(a.size(), b.size());
    for (size_t element = 0; element < a.size(); ++element) ASSERT_NEAR(a[element], b[element], 1e-5) << name;
  }
}

const char kNormalized[] = R"(#include <brine.h>
brine::Model BuildModel() {
  using namespace brine;
  Sequential net("normalized", Input({12, 12, 1}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(Conv2D({.filters = 4, .kernel_size = 3, .strides = 2, .use_bias = false}));
  net.Add(BatchNormalization({.momentum = 0.75f}));
  net.Add(ReLU());
  net.Add(Flatten());
  net.Add(Dense({.units = 10}));
  net.Compile({.optimizer = SGD({.learning_rate = 0.5f}),
               .loss = SparseCategoricalCrossentropy({.from_logits = true})});
  return net;
}
BRINE_MODEL(BuildModel)
)";

// A step of SGD is linear in the gradient, and the moving statistics are linear in those of the batch.  So a step of
// two shards leads to the mean, weighted by rows, of where a step of each would lead.
TEST(Shards, HaveStatisticsOfTheirOwn) {
  const Project project;
  project.Write("normalized.cc", kNormalized);
  const auto images = [&](int first, int count) {
    std::string pixels = project.Read("data/train-images-idx3-ubyte"),
                labels = project.Read("data/train-labels-idx1-ubyte");
    const auto head = [&](std::string header) {
      header[4] = header[5] = header[6] = 0;
      header[7] = static_cast<char>(count);
      return header;
    };
    const std::string folder = "from" + std::to_string(first) + "to" + std::to_string(first + count);
    project.Run("cp -r data " + folder);
    project.Write(folder + "/train-images-idx3-ubyte",
                  head(pixels.substr(0, 16)) +
                      pixels.substr(16 + 144 * static_cast<size_t>(first), 144 * static_cast<size_t>(count)));
    project.Write(
        folder + "/train-labels-idx1-ubyte",
        head(labels.substr(0, 8)) + labels.substr(8 + static_cast<size_t>(first), static_cast<size_t>(count)));
    return folder;
  };
  const std::string train = "brine train normalized.cc --batch-size 8 --no-shuffle --quiet --data ";
  project.Run(train + images(0, 8) + " --save first");
  project.Run(train + images(8, 4) + " --save second");
  project.Run(train + images(0, 12) + " --accumulate 2 --save both");
  for (const char* name :
       {"conv2d/kernel", "batch_normalization/gamma", "batch_normalization/beta", "batch_normalization/moving_mean",
        "batch_normalization/moving_variance", "dense/kernel", "dense/bias"}) {
    const std::vector<float> first = SavedTensor(project, "first", name), second = SavedTensor(project, "second", name),
                             both = SavedTensor(project, "both", name);
    ASSERT_EQ(both.size(), first.size());
    bool differ = false;
    for (size_t element = 0; element < both.size(); ++element) {
      differ |= std::abs(first[element] - second[element]) > 1e-4f;
      ASSERT_NEAR(both[element], (2 * double{first[element]} + second[element]) / 3, 1e-6) << name;
    }
    EXPECT_TRUE(differ) << name;
  }
}

// 400 images are 16 steps of three batches and one of two, of which the last has 1 row.
TEST(Shards, GiveTheSameBitsOnAnyNumberOfThreadsAndAfterResuming) {
  const Project project;
  project.Write("normalized.cc", kNormalized);
  const std::string train = "brine train normalized.cc --data data --batch-size 9 --accumulate 3 --quiet ";
  project.Run(train + "--epochs 3 --save whole --threads 1");
  for (const char* threads : {"2", "3", "4"}) {
    project.Run(train + "--epochs 3 --save other --threads " + threads);
    EXPECT_EQ(project.Read("other"), project.Read("whole")) << threads;
  }
  project.Run(train + "--epochs 1 --checkpoint run");
  project.ExpectResumedAsWhole(train, 3);
}

}  // namespace
}  // namespace brine
