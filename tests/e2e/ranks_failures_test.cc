// Tests what becomes of a training when one of its ranks fails: at a random moment, a random rank is killed or stopped,
// or diverges.  --gtest_repeat=N makes more rounds.
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <random>

#include "tests/e2e/mpi.h"
#include "tests/e2e/project.h"

namespace brine {
namespace {

constexpr int kRanks = 4;
constexpr int kSamples = 4000, kColumns = 16;
// A step has 8 shards of 2 rows.
constexpr int kStepsOfEpoch = kSamples / 16;
const std::string kTrain = "train --data x=x.npy --data label=label.npy --shards 8 --threads 1 --quiet ";

constexpr char kModel[] = R"(#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("ranks", Input({16}));
  net.Add(Dense({.units = 64, .activation = "relu"}));
  net.Add(Dense({.units = 1}));
  net.Compile({.optimizer = Adam(), .loss = "mse"});
  return net;
}
BRINE_MODEL(BuildModel)
)";

struct Failure {
  const char* name;
  int signal;
  const char* message;  // of Open MPI or of a rank; R is the rank, S the next one
};

const Failure kFailures[] = {
    {"IsKilled", SIGKILL, "process rank R with PID"},
    {"IsStopped", SIGSTOP, "rank S: rank R \\([^)]+\\) has not been heard of for 15 s; it is stopped"},
};

std::string MessageOf(const Failure& failure, int rank) {
  std::string message = failure.message;
  for (const auto& [letter, number] : {std::pair('R', rank), std::pair('S', (rank + 1) % kRanks)})
    std::replace(message.begin(), message.end(), letter, static_cast<char>('0' + number));
  return message;
}

class RanksFailures : public testing::TestWithParam<Failure> {};

TEST_P(RanksFailures, EndsAllAndResumes) {
  const std::vector<Mpi> mpis = InstalledMpis();
  if (mpis.empty() || std::string(mpis[0].name) != "Open MPI") GTEST_SKIP() << "Open MPI is not installed";
  std::random_device random;
  const int rank = static_cast<int>(random() % kRanks);
  const double delay = random() % 1000 * 1e-3;
  SCOPED_TRACE("rank " + std::to_string(rank) + " after " + std::to_string(delay) + " s");

  const Project project;
  project.Write("model.cc", kModel);
  std::vector<float> x, label;
  for (int element = 0; element < kSamples * kColumns; ++element)
    x.push_back(static_cast<float>(element * 37 % 101) / 101);
  for (int sample = 0; sample < kSamples; ++sample)
    label.push_back(x[size_t{kColumns} * sample] * x[size_t{kColumns} * sample + 1]);
  project.WriteNpy("x.npy", "(4000, 16)", x);
  project.WriteNpy("label.npy", "(4000, 1)", label);
  project.Write("rank.sh", "echo $$ >pid.$OMPI_COMM_WORLD_RANK\nexec ./ranks \"$@\"\n");
  project.Run("MPICC=" + std::string(mpis[0].mpicc) + " brine compile model.cc --mpi --batch-size 16 -o ranks");

  project.Run("true\n{ " + mpis[0].Run(kRanks) + "sh rank.sh " + kTrain +
              "--epochs 1000000 --checkpoint run >out 2>err; echo $? >code.new; mv code.new code; } &\n"
              "tries=0; until ls run/step-*.safetensors >/dev/null 2>&1; do tries=$((tries + 1)); "
              "[ $tries -lt 6000 ] || exit 1; sleep 0.01; done; sleep " +
              std::to_string(delay));
  const pid_t process = std::atoi(project.Read("pid." + std::to_string(rank)).c_str());
  ASSERT_GT(process, 1) << project.Read("err");
  ASSERT_EQ(kill(process, GetParam().signal), 0);
  const CommandResult gone = project.Try(
      "alive() { [ -e code ] || return 0; for p in $(cat pid.?); do ! kill -0 $p 2>/dev/null || return 0; done; return "
      "1; }\n"
      "tries=0; while alive; do tries=$((tries + 1)); [ $tries -lt 3000 ] || exit 1; sleep 0.01; done");
  EXPECT_EQ(gone.code, 0) << project.Read("err");
  project.Try("kill -KILL $(cat pid.?)");  // if any is left
  EXPECT_THAT(project.Read("code"), testing::AllOf(testing::Ne("0\n"), testing::Ne("")));
  EXPECT_THAT(project.Read("err"), testing::ContainsRegex(MessageOf(GetParam(), rank)));

  // The newest checkpoint, with another number of ranks, beside a run that nothing has happened to.
  const std::string newest = project.Run("ls -t run | sed -n 's/^step-\\([0-9]*\\).safetensors$/\\1/p' | head -n 1");
  const std::string train = kTrain + "--epochs " + std::to_string(std::atoi(newest.c_str()) / kStepsOfEpoch + 2);
  const int ranks = 1 << random() % 3;
  project.Run(mpis[0].Run(ranks) + "./ranks " + train + " --checkpoint run --resume --save resumed");
  project.Run("./ranks " + train + " --save whole");
  EXPECT_FALSE(project.Read("whole").empty());
  EXPECT_TRUE(project.Read("resumed") == project.Read("whole")) << "with " << ranks << " ranks after step " << newest;
}

constexpr char kUnstable[] = R"(#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("ranks", Input({1}));
  net.Add(Dense({.units = 1}));
  net.Compile({.optimizer = SGD(), .loss = "mse"});
  return net;
}
BRINE_MODEL(BuildModel)
)";

// The end of a sentence, from the place in the model on.
std::string FromThePlace(const std::string& text) {
  const size_t place = text.find("model.cc:");
  return place == std::string::npos ? text + " names no place" : text.substr(place);
}

// All samples are 1, and with a rate just above 1/2 each step multiplies the prediction by −1.03 to −1.05.  One sample
// is 1e12, at a random place of an epoch, and has no weight; but 0 times its loss is NaN, when the prediction has grown
// to 1e7, hundreds of steps before anything else overflows.
TEST(RanksFailures, DivergeInTheStepInWhichOneProcessDoes) {
  const std::vector<Mpi> mpis = InstalledMpis();
  if (mpis.empty()) GTEST_SKIP() << "no MPI is installed";
  std::random_device random;
  const size_t steep = random() % kSamples;
  const double rate = 0.5075 + random() % 1000 * 5e-6;
  SCOPED_TRACE("sample " + std::to_string(steep) + ", rate " + std::to_string(rate));

  const Project project;
  project.Write("model.cc", kUnstable);
  std::vector<float> x(kSamples, 1.0f), weight(kSamples, 1.0f);
  x[steep] = 1e12f;
  weight[steep] = 0;
  project.WriteNpy("x.npy", "(4000, 1)", x);
  project.WriteNpy("label.npy", "(4000, 1)", std::vector<float>(kSamples));
  project.WriteNpy("weight.npy", "(4000,)", weight);
  project.Run("MPICC=" + std::string(mpis[0].mpicc) + " brine compile model.cc --mpi --batch-size 16 -o ranks");
  const std::string train =
      "./ranks " + kTrain + "--data sample_weight=weight.npy --epochs 9 --learning-rate " + std::to_string(rate) + " ";

  const CommandResult alone = project.Try(train),
                      together = project.Try(mpis[0].Run(kRanks) + train + "--checkpoint run");
  EXPECT_EQ(alone.code, 5) << alone.err;
  EXPECT_THAT(alone.err,
              testing::ContainsRegex(
                  "error: model.cc:6: dense, loss: [a-z.]+ is not finite in step [0-9]+; nothing was updated"));
  EXPECT_EQ(together.code, 5);
  EXPECT_THAT(together.err, testing::ContainsRegex("error: rank [0-3]: "));
  EXPECT_THAT(together.err, testing::HasSubstr(FromThePlace(alone.err)));
  // The newest checkpoint is good, and leads to the same end with another number of ranks.
  const CommandResult resumed = project.Try(mpis[0].Run(1 << random() % 3) + train + "--checkpoint run --resume");
  EXPECT_EQ(resumed.code, 5);
  EXPECT_THAT(resumed.err, testing::HasSubstr(FromThePlace(alone.err)));
}

INSTANTIATE_TEST_SUITE_P(OneRank, RanksFailures, testing::ValuesIn(kFailures),
                         [](const auto& failure) { return std::string(failure.param.name); });

}  // namespace
}  // namespace brine
