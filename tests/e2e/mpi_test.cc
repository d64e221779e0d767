// Tests brine compile --mpi, and brine train under mpirun: how a program gets its communicator.
#include "tests/e2e/mpi.h"

#include <gmock/gmock.h>

#include "tests/e2e/project.h"

namespace brine {
namespace {

using ::testing::HasSubstr;

class MpiProgram : public testing::Test {
 protected:
  void SetUp() override {
    if (mpis_.empty()) GTEST_SKIP() << "no MPI is installed";
  }

  const Project project_;
  const std::vector<Mpi> mpis_ = InstalledMpis();
};

TEST_F(MpiProgram, OfOneRankTrainsAsOneWithoutMpi) {
  const std::string train = "train --data data --threads 1 --quiet --save ";
  project_.Run("brine compile digits.cc -o plain && ./plain " + train + "a");
  for (const Mpi& mpi : mpis_) {
    project_.Run("MPICC=" + std::string(mpi.mpicc) + " brine compile digits.cc --mpi -o ranks");
    EXPECT_THAT(project_.Run("ldd ranks"), HasSubstr("libmpi")) << mpi.name;
    for (const std::string& run : {std::string(), mpi.Run(1)}) {
      project_.Run("rm -f b && " + run + "./ranks " + train + "b");
      EXPECT_EQ(project_.Read("b"), project_.Read("a")) << mpi.name << " " << run;
    }
  }
}

TEST_F(MpiProgram, MistakesAreSaid) {
  const struct {
    const char* command;
    int code;
    const char* message;
  } rows[] = {
      {"MPICC=none brine compile digits.cc --mpi", 4,
       "brine: a program for several processes needs mpicc: none: cannot be started: No such file or directory; on "
       "Debian: apt-get install libopenmpi-dev openmpi-bin; or set MPICC\n"},
      {"MPICC=false brine compile digits.cc --mpi", 4, "brine: false is no compiler of MPI: -show failed\n"},
      {"brine compile digits.cc --mpi --emit shared", 2,
       "brine: --mpi makes a program that mpirun starts; it does not go with --emit shared\n"},
  };
  for (const auto& row : rows) {
    const CommandResult run = project_.Try(row.command);
    EXPECT_EQ(run.code, row.code) << row.command;
    EXPECT_EQ(run.err, row.message);
  }
}

// Each process would train alone.
TEST_F(MpiProgram, OfAnotherMpiThanMpirunsIsRefused) {
  if (mpis_.size() < 2) GTEST_SKIP() << "only one MPI is installed";
  for (size_t index : {0, 1}) {
    project_.Run("MPICC=" + std::string(mpis_[index].mpicc) + " brine compile digits.cc --mpi -o ranks");
    const CommandResult run = project_.Try(mpis_[1 - index].Run(2) + "./ranks train --data data --quiet");
    EXPECT_NE(run.code, 0);
    EXPECT_THAT(run.err, HasSubstr("2 processes were started, but for the MPI library of this program there is only "
                                   "one; the program must be compiled by the mpicc ($MPICC) that belongs to this "
                                   "mpirun"));
  }
}

TEST_F(MpiProgram, OfOneProcessIsRefusedAsOneOfSeveral) {
  project_.Run("brine compile digits.cc -o plain");
  for (const Mpi& mpi : mpis_) {
    const CommandResult run = project_.Try(mpi.Run(2) + "./plain train --data data --quiet --save weights");
    EXPECT_EQ(run.code, 2) << mpi.name;
    EXPECT_THAT(run.err, HasSubstr("error: this is one of 2 processes of a job, but the program was compiled without "
                                   "--mpi\n"));
    EXPECT_EQ(project_.Read("weights"), "");
  }
}

// The lock is that of the system, so nobody waits for a process that has died, and for no other if nothing is missing.
TEST_F(MpiProgram, IsMadeWhileTheLockOfTheCacheIsHeld) {
  project_.Run("mkdir -m 700 cache");
  const std::string train = "brine train digits.cc --data none; echo $?\n", job = "PMI_RANK=0 PMI_SIZE=2 ";
  const CommandResult run =
      project_.Try("export BRINE_CACHE=$PWD/cache\nflock --no-fork cache/lock sleep 300 &\nsleep 0.5\n" + job +
                   "timeout 4 " + train + "timeout 60 " + train + job + "timeout 60 " + train +
                   "rm cache/*.entry\nkill -KILL $!\n" + job + "timeout 60 " + train);
  EXPECT_EQ(run.out, "124\n3\n3\n3\n") << run.err;
}

TEST_F(MpiProgram, IsStartedWhileTheLockOfTheCacheIsHeld) {
  project_.Run("mkdir -m 700 cache");
  project_.WritePictures("pictures", 10, 6);
  const Mpi& mpi = mpis_[0];
  const std::string train = mpi.Run(2) + "brine train digits.cc --data pictures --threads 1 --batch-size 8 --quiet";
  project_.Run("export BRINE_CACHE=$PWD/cache MPICC=" + std::string(mpi.mpicc) + "\n" + train +
               "\nflock --no-fork cache/lock sleep 100 &\nsleep 0.5\n" + train + "\ncode=$?\nkill $!\nexit $code");
}

// How often a text has another one.
int Count(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t place = text.find(part); place != std::string::npos; place = text.find(part, place + 1)) ++count;
  return count;
}

// The tool is started from a folder in which the compilers are scripts that write to a log before they work.
class MpiJob : public MpiProgram {
 protected:
  void LogCompilers() const {
    const std::string real = BRINE_BINARY_DIR;
    project_.Run("mkdir -p log/bin && cp " + real + "/bin/brine log/bin && ln -s " + real + "/lib log/lib");
    project_.Write("log/bin/brine-worker", "#!/bin/sh\ncase \"$*\" in *--jobs*) echo kernels >>$LOG; esac\nexec " +
                                               real + "/bin/brine-worker \"$@\"\n");
    for (const char* compiler : {"c++", "cc", mpis_[0].mpicc}) {
      const std::string path = project_.Run("printf %s $(command -v " + std::string(compiler) + ")");
      project_.Write(std::string("log/bin/") + compiler,
                     std::string("#!/bin/sh\ncase \"$*\" in -show|*-print*) ;; *) echo \"") + compiler +
                         " $*\" >>$LOG; esac\nexec " + path + " \"$@\"\n");
    }
    project_.Run("chmod +x log/bin/*");
  }

  const std::string cold_ = "export BRINE_CACHE=$PWD/cache LOG=$PWD/compilers PATH=$PWD/log/bin:$PATH; rm -rf cache; ";
};

TEST_F(MpiJob, CompilesOnce) {
  const Mpi& mpi = mpis_[0];
  project_.WritePictures("pictures", 10, 6);
  LogCompilers();
  const std::string job = "export MPICC=" + std::string(mpi.mpicc) + "; " + mpi.Run(4),
                    train = "brine train digits.cc --data pictures --threads 1 --batch-size 8 ";
  const CommandResult cold = project_.Try(cold_ + job + train);
  EXPECT_EQ(cold.code, 0) << cold.err;
  EXPECT_EQ(Count(cold.err, "packed pictures"), 1) << cold.err;
  const std::string log = project_.Read("compilers");
  EXPECT_EQ(Count(log, "kernels\n"), 1) << log;
  EXPECT_EQ(Count(log, "c++ -O0 "), 1) << log;    // the model
  EXPECT_EQ(Count(log, "/program.c"), 1) << log;  // the tables
  EXPECT_EQ(Count(log, "/main.c "), 1) << log;    // the main function
  EXPECT_EQ(Count(log, "/communicator.c "), 1) << log;
  // The second time, everything is there.
  project_.Run("export BRINE_CACHE=$PWD/cache LOG=$PWD/compilers PATH=$PWD/log/bin:$PATH; " + job + train);
  EXPECT_EQ(project_.Read("compilers"), log);
}

TEST_F(MpiJob, OnlyTrains) {
  for (const char* command : {"evaluate", "predict", "bench"}) {
    const CommandResult run = project_.Try(mpis_[0].Run(2) + "brine " + command + " digits.cc");
    EXPECT_EQ(run.code, 2) << run.err;
    EXPECT_THAT(run.err, HasSubstr("brine: only train takes several processes, and 2 were started\n"));
  }
}

TEST_F(MpiJob, TheFirstRankSaysWhatIsAMistakeOfAll) {
  for (const Mpi& mpi : mpis_) {
    const struct {
      const char* flags;
      int code;
      const char* message;
    } rows[] = {
        {"--data none", 3, "none: does not exist\n"},
        {"--epochs none", 2, "brine: --epochs must be"},
        {"--batch-size 30", 2, "brine: --batch-size 30 is not a multiple of --shards 4"},
    };
    for (const auto& row : rows) {
      const CommandResult run = project_.Try(mpi.Run(4) + "brine train digits.cc " + row.flags);
      EXPECT_EQ(run.code, row.code) << mpi.name << " " << run.err;
      // The others name their ranks, if they come to speak.
      EXPECT_EQ(Count("\n" + run.err, std::string("\n") + row.message), 1) << mpi.name << " " << run.err;
    }
  }
}

TEST_F(MpiJob, NamesTheRankThatFindsAMistake) {
  for (const Mpi& mpi : mpis_) {
    project_.Run("MPICC=" + std::string(mpi.mpicc) + " brine compile digits.cc --mpi --batch-size 16 -o ranks");
    const std::string train = "train --data data --quiet --batch-size 32 ";
    const struct {
      std::string other, message;
    } rows[] = {
        {"./ranks " + train + "--epochs none", "error: rank 1: --epochs must be"},
        // In the tool, before it begins MPI: MPICH's mpirun lets the others wait.
        {"brine train digits.cc --epochs none", "brine: rank 1: --epochs must be"},
    };
    for (const auto& row : rows) {
      if (&row != rows && &mpi != mpis_.data()) continue;
      const CommandResult run =
          project_.Try(std::string(mpi.mpirun) + " -n 1 ./ranks " + train + ": -n 1 " + row.other);
      EXPECT_EQ(run.code, 2) << mpi.name << " " << run.err;
      EXPECT_EQ(Count("\n" + run.err, "\n" + row.message), 1) << mpi.name << " " << run.err;
    }
  }
}

}  // namespace
}  // namespace brine
