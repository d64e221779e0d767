// Tests training with several processes: the same bits on any number of them.
#include <gmock/gmock.h>

#include <regex>

#include "tests/e2e/mpi.h"
#include "tests/e2e/project.h"

namespace brine {
namespace {

using ::testing::HasSubstr;

// 400 images in batches of 16 rows are 25 steps; a shard has 2 rows.
const std::string kTrain = "train --data data --seed 3 --shards 8 ";

class MpiTrain : public testing::Test {
 protected:
  void SetUp() override {
    if (mpis_.empty()) GTEST_SKIP() << "no MPI is installed";
    Compile(mpis_[0]);
  }

  void Compile(const Mpi& mpi) const {
    project_.Run("MPICC=" + std::string(mpi.mpicc) + " brine compile digits.cc --mpi --batch-size 16 -o ranks");
  }

  const Project project_;
  const std::vector<Mpi> mpis_ = InstalledMpis();
};

// Lines of JSON without the times, which are their last members.
std::string Untimed(const std::string& lines) { return std::regex_replace(lines, std::regex(", \"seconds\".*"), ""); }

TEST_F(MpiTrain, AnyNumberOfRanksAndThreadsGivesTheSameBits) {
  // Without a tenth of the images, the last of 23 steps has 4 shards.
  const std::string train = kTrain + "--epochs 5 --validation-split 0.1 --json --quiet --save ";
  project_.Run("brine compile digits.cc --batch-size 16 -o plain");
  const std::string results = Untimed(project_.Run("./plain " + train + "whole --threads 1"));
  EXPECT_THAT(results, HasSubstr("{\"epoch\": 5, \"loss\": "));
  for (const Mpi& mpi : mpis_) {
    Compile(mpi);
    for (int ranks : {1, 2, 4, 8}) {
      for (int threads : {1, 2}) {
        if (mpi.name != mpis_[0].name && ranks * threads != 4) continue;
        project_.Run("rm -f shared");
        const std::string shared =
            Untimed(project_.Run(mpi.Run(ranks) + "./ranks " + train + "shared --threads " + std::to_string(threads)));
        EXPECT_EQ(shared, results) << mpi.name << ", " << ranks << " ranks, " << threads << " threads";
        EXPECT_EQ(project_.Read("shared"), project_.Read("whole"))
            << mpi.name << ", " << ranks << " ranks, " << threads << " threads";
      }
    }
  }
}

TEST_F(MpiTrain, RanksThatDifferAreRefused) {
  for (const Mpi& mpi : mpis_) {
    Compile(mpi);
    const std::string train = "./ranks train --data data --quiet --learning-rate ";
    const CommandResult run =
        project_.Try(std::string(mpi.mpirun) + " -n 1 " + train + "0.001 : -n 1 " + train + "0.01");
    EXPECT_EQ(run.code, 2) << mpi.name;
    EXPECT_THAT(run.err, HasSubstr("rank 1 has --learning-rate 0.01, rank 0 has 0.001")) << mpi.name;
  }
}

// Each process of brine train compiles for its own processor.
TEST_F(MpiTrain, RanksWithOtherTargetsNameThem) {
  const Mpi& mpi = mpis_[0];
  project_.Run("MPICC=" + std::string(mpi.mpicc) +
               " brine compile digits.cc --mpi --batch-size 2 --target x86-64-linux-sse41 -o old");
  const std::string train = " train --data data --quiet ";
  const CommandResult run = project_.Try(std::string(mpi.mpirun) + " -n 1 ./ranks" + train + ": -n 1 ./old" + train);
  EXPECT_EQ(run.code, 3) << run.err;
  EXPECT_THAT(run.err,
              testing::ContainsRegex("rank 1 has a program with the kernels x86-64-linux-sse41[^ ]* [0-9a-f]+, "
                                     "rank 0 has x86-64-linux-[^ ]*avx[^ ]* [0-9a-f]+\n"));
}

// The tool of the first rank draws the page although the other rank has ended.  Open MPI's mpirun leaves it no time if
// that one has returned a code other than 0.
TEST_F(MpiTrain, ASignalToOneRankLeavesThePageAndACheckpoint) {
  project_.Write("rank.sh", "echo $$ >pid.${OMPI_COMM_WORLD_RANK-$PMI_RANK}; exec brine \"$@\"\n");
  for (const Mpi& mpi : mpis_) {
    const CommandResult run = project_.Try(
        "rm -rf run; export OMPI_MCA_odls_base_sigkill_timeout=0 MPICC=" + std::string(mpi.mpicc) + "; " + mpi.Run(2) +
        "sh rank.sh train digits.cc --data data --batch-size 16 --threads 1 --epochs 1000000 --run run &\n"
        "until [ -s run/log.jsonl ]; do kill -0 $! || exit 99; sleep 0.01; done\nkill -INT $(cat pid.1)\nwait $!");
    EXPECT_EQ(run.code, 130) << mpi.name << "\n" << run.err;
    std::smatch kept;
    ASSERT_TRUE(std::regex_search(
        run.err, kept,
        std::regex("interrupted after step [0-9]+; (run/checkpoints/step-[0-9]+\\.safetensors) is kept")))
        << run.err;
    EXPECT_NE(project_.Read(kept[1]), "") << mpi.name;
    EXPECT_THAT(run.err, HasSubstr("run: report.html")) << mpi.name;  // the tool's last word
    EXPECT_THAT(project_.Read("run/report.html"), HasSubstr("<html")) << mpi.name;
  }
}

// The tool stays beside the first rank, and draws the page.
TEST_F(MpiTrain, TheToolTrainsInTheFolderOfARun) {
  const Mpi& mpi = mpis_[0];
  const std::string flags = " digits.cc --data data --batch-size 16 --shards 4 --threads 1 --epochs 2 --save ";
  const CommandResult shared =
      project_.Try("MPICC=" + std::string(mpi.mpicc) + " " + mpi.Run(2) + "brine train" + flags + "shared --run run");
  EXPECT_EQ(shared.code, 0) << shared.err;
  project_.Run("brine train" + flags + "whole");
  EXPECT_EQ(project_.Read("shared"), project_.Read("whole"));
  EXPECT_THAT(project_.Read("run/report.html"), HasSubstr("<html"));
  EXPECT_EQ(shared.out.find("Test accuracy"), shared.out.rfind("Test accuracy")) << shared.out;
}

// Slurm's srun is played by mpirun, and its signal comes in the middle of an epoch.
TEST_F(MpiTrain, TheScriptForSlurmGoesOnAfterItsSignal) {
  project_.Write("srun", "#!/bin/sh\nwhile case $1 in -*) ;; *) false; esac; do shift; done\necho \"$*\" >>commands\n" +
                             mpis_[0].Run(2) + "\"$@\" &\necho $! >pid\nwait $!\n");
  project_.Run("chmod +x srun && cp digits.cc model.cc");
  const std::string job = "export PATH=$PWD:$PATH MPICC=" + std::string(mpis_[0].mpicc) +
                          "; bash " BRINE_SOURCE_DIR "/examples/cluster/train.sbatch";
  const CommandResult first =
      project_.Try(job +
                   " &\nuntil ls run/step-*.safetensors >/dev/null 2>&1; do kill -0 $! || exit 99; sleep 0.01; done\n"
                   "kill -TERM $(cat pid)\nwait $!");
  EXPECT_THAT(first.code, testing::AllOf(testing::Ne(0), testing::Ne(99))) << first.err;
  project_.Run(job);
  EXPECT_THAT(project_.Read("commands"), testing::MatchesRegex("[^\n]*weights.safetensors\n[^\n]* --resume\n"));
  project_.Run("./trainer train --data data --batch-size 512 --shards 16 --epochs 20 --quiet --save whole");
  EXPECT_TRUE(project_.Read("weights.safetensors") == project_.Read("whole"));
}

TEST_F(MpiTrain, AKilledTrainerEndsTheTool) {
  const Mpi& mpi = mpis_[0];
  project_.Write("rank.sh", "echo $$ >pid.$OMPI_COMM_WORLD_RANK; exec brine \"$@\"\n");
  const CommandResult killed = project_.Try(
      "export MPICC=" + std::string(mpi.mpicc) + "; " + mpi.Run(2) +
      "sh rank.sh train digits.cc --data data --batch-size 16 --threads 1 --quiet --epochs 1000000 --run run &\n"
      "until ls run/checkpoints/step-*.safetensors >/dev/null 2>&1; do kill -0 $! || exit 99; sleep 0.01; done\n"
      "ls /proc/$(cat pid.0)/task/*/children | xargs cat >children\n"
      "for child in $(cat children); do [ \"$(cat /proc/$child/comm)\" = brine ] || kill -KILL $child; done\nwait $!\n"
      "code=$?\nfor pid in $(cat pid.0 pid.1 children); do tries=0; while kill -0 $pid; do\ntries=$((tries + 1)); [ "
      "$tries -lt 3000 ] || exit 98; sleep 0.01; done; done 2>/dev/null\nexit $code");
  EXPECT_THAT(killed.code, testing::AllOf(testing::Ne(0), testing::Ne(99), testing::Ne(98), testing::Ne(124)))
      << killed.err;
}

}  // namespace
}  // namespace brine
