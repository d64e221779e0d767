// Tests the communicator over MPI with a program in C, e2e/mpi/ranks.c, whose ranks check what they receive; and what
// becomes of the others when a rank is killed or stopped.
#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <random>
#include <thread>

#include "tests/e2e/mpi.h"
#include "tests/e2e/project.h"

namespace brine {
namespace {

using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

constexpr int kRanks = 4;

class Communicator : public testing::Test {
 protected:
  void SetUp() override {
    if (mpis_.empty()) GTEST_SKIP() << "no MPI is installed";
  }

  // Compiles the program, with each change (a command of sed) made to the communicator's source.
  void Compile(const Mpi& mpi, const std::string& change = "") const {
    const std::string sources = BRINE_SOURCE_DIR;
    project_.Run("sed '" + change + "' " + sources + "/runtime/mpi/communicator.c >communicator.c && " + mpi.mpicc +
                 " -std=c11 -O2 -Wall -Wextra -Werror -I" + sources + " communicator.c " + sources +
                 "/tests/e2e/mpi/ranks.c -lpthread -o ranks");
  }

  const Project project_;
  const std::vector<Mpi> mpis_ = InstalledMpis();
};

TEST_F(Communicator, DeliversWhatWasSent) {
  for (const Mpi& mpi : mpis_) {
    Compile(mpi);
    for (int ranks : {1, 2, 3, 4}) {
      const CommandResult run = project_.Try(mpi.Run(ranks) + "./ranks all");
      EXPECT_EQ(run.code, 0) << mpi.name << " " << ranks << "\n" << run.err;
      EXPECT_EQ(run.out, "all is well\n") << mpi.name << " " << ranks;
    }
  }
}

// What has more bytes than a message of MPI may have is cut, here into messages of 1,000 bytes.
TEST_F(Communicator, CutsLongMessages) {
  for (const Mpi& mpi : mpis_) {
    Compile(mpi, "s/1 << 30/1000/");
    EXPECT_EQ(project_.Run("grep -c 'kMostBytes = 1000,' communicator.c"), "1\n");
    const CommandResult run = project_.Try(mpi.Run(3) + "./ranks all");
    EXPECT_EQ(run.code, 0) << mpi.name << "\n" << run.err;
  }
}

TEST_F(Communicator, EndsWithTheCodeOfTheRanks) {
  for (const Mpi& mpi : mpis_) {
    Compile(mpi);
    EXPECT_EQ(project_.Try(mpi.Run(3) + "./ranks code 3").code, 3) << mpi.name;
    const auto begin = Clock::now();
    EXPECT_EQ(project_.Try(mpi.Run(3) + "./ranks abort 7").code, 7) << mpi.name;
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(30)) << mpi.name;
  }
}

TEST_F(Communicator, RanksThatDoNotDoTheSameEnd) {
  const char* const sentences[] = {
      "(rank 0: rank 1 calls gather with 24 bytes as its call number 1, this rank barrier with 0 as number 1|"
      "rank 1: rank 0 calls barrier with 0 bytes as its call number 1, this rank gather with 24 as number 1)",
      "(rank 0: rank 1 calls gather with 50000 |rank 1: rank 0 calls gather with 24 )",
      "(rank 0: rank 1 calls gather with 24 |rank 1: rank 0 calls broadcast with 24 )",
      "(rank 0: rank 1 calls barrier with 0 |rank 1: rank 0 calls end with 0 )",
      "rank 0: rank 1 has sent 99 bytes, 100 were expected",
      "rank 0: rank 1 has sent more than the 100 bytes that were expected",
  };
  for (const Mpi& mpi : mpis_) {
    Compile(mpi);
    for (const char* const& sentence : sentences) {
      const std::string number = std::to_string(&sentence - sentences);
      const CommandResult run = project_.Try(mpi.Run(2) + "./ranks differ " + number);
      EXPECT_EQ(run.code, 1) << mpi.name << " " << number;
      EXPECT_THAT(run.err, testing::ContainsRegex(sentence)) << mpi.name << " " << number;
      EXPECT_THAT(run.err, HasSubstr(": the ranks do not do the same\n")) << mpi.name << " " << number;
    }
  }
}

// Rank 0 must not wait for its main thread, which would be noticed by rank 1 only after 15 s.
TEST_F(Communicator, EndsThoughNobodyReadsItsOutput) {
  for (const Mpi& mpi : mpis_) {
    Compile(mpi);
    const CommandResult run = project_.Try(mpi.Run(2) + "./ranks full");
    EXPECT_EQ(run.code, 1) << mpi.name;
    EXPECT_THAT(run.err, HasSubstr("rank 0: rank 1 has sent 99 bytes")) << mpi.name;
    EXPECT_THAT(run.err, testing::Not(HasSubstr("heard of"))) << mpi.name;
  }
}

TEST_F(Communicator, RefusesAWrongTimeToWait) {
  for (const Mpi& mpi : mpis_) {
    Compile(mpi);
    for (const std::string value : {"", "none", "5s", "4", "-1", "1000001", "99999999999999999999"}) {
      const CommandResult run =
          project_.Try("export BRINE_HEARTBEAT_SECONDS='" + value + "'; " + mpi.Run(2) + "./ranks all");
      EXPECT_EQ(run.code, 2) << mpi.name << " " << value;
      EXPECT_THAT(run.err, testing::ContainsRegex("rank [01]: \\$BRINE_HEARTBEAT_SECONDS must be a whole number from 5 "
                                                  "to 1000000, or 0 to wait without end, and is \"" +
                                                  value + "\"\n"))
          << mpi.name;
    }
  }
}

// Ranks that do not end by themselves.
class StoppedRanks : public Communicator {
 protected:
  // Starts the program, and learns the processes of its ranks.
  void Start(const Mpi& mpi, const std::string& command, const std::string& change = "") {
    Compile(mpi, change);
    std::filesystem::remove(project_.path("code"));
    project_.Run("{ " + mpi.Run(kRanks) + "./ranks " + command +
                 "; echo $? >code.new; mv code.new code; } >out 2>err &");
    processes_.assign(kRanks, 0);
    for (int tries = 0; tries < 300 && !KnowAll(); ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      const std::string text = project_.Read("err");
      for (int rank = 0; rank < kRanks; ++rank) {
        const std::string before = "rank " + std::to_string(rank) + " is process ";
        const size_t place = text.find(before), end = text.find('.', place);
        if (place != std::string::npos && end != std::string::npos)
          processes_[rank] = std::atoi(text.c_str() + place + before.size());
      }
    }
    ASSERT_TRUE(KnowAll()) << mpi.name << "\n" << project_.Read("err");
  }

  // Waits until mpirun and all ranks have ended; fails after `most` seconds.
  void ExpectAllGone(int most) {
    const auto end = Clock::now() + std::chrono::seconds(most);
    while (Clock::now() < end && (!HasEnded() || AnyIsLeft()))
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_TRUE(HasEnded()) << project_.Read("err");
    EXPECT_FALSE(AnyIsLeft()) << project_.Read("err");
    EndAll();
    EXPECT_NE(project_.Read("code"), "0\n");
  }

  bool HasEnded() const { return std::filesystem::exists(project_.path("code")); }
  bool AnyIsLeft() const {
    return std::any_of(processes_.begin(), processes_.end(),
                       [](pid_t process) { return kill(process, 0) == 0 || errno != ESRCH; });
  }
  void SendAll(int signal) const {
    for (pid_t process : processes_) kill(process, signal);
  }
  void EndAll() const {
    if (AnyIsLeft()) SendAll(SIGKILL);
  }

  std::vector<pid_t> processes_;
  const int chosen_ = static_cast<int>(std::random_device()() % kRanks);
  const testing::ScopedTrace trace_{__FILE__, __LINE__, "rank " + std::to_string(chosen_) + " is chosen"};

 private:
  bool KnowAll() const { return std::count(processes_.begin(), processes_.end(), 0) == 0; }
};

TEST_F(StoppedRanks, AKilledOneEndsAll) {
  for (const Mpi& mpi : mpis_) {
    for (const char* command : {"chat", "idle"}) {
      ASSERT_NO_FATAL_FAILURE(Start(mpi, command));
      kill(processes_[chosen_], SIGKILL);
      ExpectAllGone(30);
      const std::string named = "process rank " + std::to_string(chosen_) + " with PID";  // MPICH has its PID only
      if (std::string(mpi.name) == "Open MPI") {
        EXPECT_THAT(project_.Read("err"), HasSubstr(named)) << command;
      }
    }
  }
}

void ExpectNamed(const std::string& text, int rank, int seconds = 15) {
  EXPECT_THAT(
      text, testing::ContainsRegex("rank " + std::to_string((rank + 1) % kRanks) + ": rank " + std::to_string(rank) +
                                   " \\([^)]+\\) has not been heard of for " + std::to_string(seconds) + " s; it is"));
}

TEST_F(StoppedRanks, AStoppedOneIsNamedWhileMessagesAreUnderWay) {
  for (const Mpi& mpi : mpis_) {
    ASSERT_NO_FATAL_FAILURE(Start(mpi, "chat"));
    kill(processes_[chosen_], SIGSTOP);
    ExpectAllGone(30);
    ExpectNamed(project_.Read("err"), chosen_);
  }
}

TEST_F(StoppedRanks, AStoppedOneIsNamedWhileAllAreIdle) {
  for (const Mpi& mpi : mpis_) {
    ASSERT_NO_FATAL_FAILURE(Start(mpi, "idle"));
    kill(processes_[chosen_], SIGSTOP);
    ExpectAllGone(30);
    ExpectNamed(project_.Read("err"), chosen_);
  }
}

TEST_F(StoppedRanks, AreWaitedForAsLongAsTheUserSays) {
  setenv("BRINE_HEARTBEAT_SECONDS", "6", 1);
  ASSERT_NO_FATAL_FAILURE(Start(mpis_[0], "chat"));
  kill(processes_[chosen_], SIGSTOP);
  ExpectAllGone(20);
  ExpectNamed(project_.Read("err"), chosen_, 6);

  setenv("BRINE_HEARTBEAT_SECONDS", "0", 1);
  ASSERT_NO_FATAL_FAILURE(Start(mpis_[0], "chat", "s/kSilence = 15/kSilence = 5/"));
  EXPECT_EQ(project_.Run("grep -c 'kSilence = 5,' communicator.c"), "1\n");
  kill(processes_[chosen_], SIGSTOP);
  std::this_thread::sleep_for(std::chrono::seconds(9));
  EXPECT_FALSE(HasEnded()) << project_.Read("err");
  unsetenv("BRINE_HEARTBEAT_SECONDS");
  SendAll(SIGKILL);
  ExpectAllGone(30);
}

TEST_F(StoppedRanks, GoOnIfAllWereSuspendedTogether) {
  ASSERT_NO_FATAL_FAILURE(Start(mpis_[0], "chat"));
  SendAll(SIGSTOP);
  std::this_thread::sleep_for(std::chrono::seconds(20));
  SendAll(SIGCONT);
  std::this_thread::sleep_for(std::chrono::seconds(3));
  EXPECT_FALSE(HasEnded()) << project_.Read("err");
  EXPECT_EQ(project_.Read("err").find("not been heard"), std::string::npos) << project_.Read("err");
  SendAll(SIGKILL);
  ExpectAllGone(30);
}

}  // namespace
}  // namespace brine
