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

// Ranks that do not end by themselves.
class StoppedRanks : public Communicator {
 protected:
  // Starts the program, and learns the processes of its ranks.
  void Start(const Mpi& mpi, const std::string& command) {
    Compile(mpi);
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

void ExpectNamed(const std::string& text, int rank) {
  EXPECT_THAT(text,
              testing::ContainsRegex("rank " + std::to_string((rank + 1) % kRanks) + ": rank " + std::to_string(rank) +
                                     " \\([^)]+\\) has not been heard of for 15 s; it is"));
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
