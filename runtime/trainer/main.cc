#include "runtime/trainer/main.h"

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <utility>

#include "runtime/base/job.h"
#include "runtime/trainer/commands.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/ranks.h"

namespace brine {
namespace {

int Run(const brine_program& program, const brine_communicator* communicator, int argc, char** argv) {
  const Ranks ranks(communicator);
  CommandLine line = ranks.Together([&] {
    CommandLine parsed = ParseCommandLine(argc, argv);
    if (ranks.several() && (parsed.command & (kEvaluate | kPredict | kBench)) != 0)
      ThrowError(kExitUsage, {"only train takes several processes, and ", ranks.size(), " were started"});
    if (const brine_job job = brine_this_job(); communicator == nullptr && parsed.command == kTrain && job.size > 1)
      ThrowError(kExitUsage,
                 {"this is one of ", job.size, " processes of a job, but the program was compiled without --mpi"});
    return parsed;
  });
  if (ranks.several() && line.command != kTrain && !ranks.is_first()) return kExitOk;
  switch (line.command) {
    case kTrain:
      return RunTrain(program, communicator, std::move(line));
    case kEvaluate:
      return RunEvaluate(program, line);
    case kPredict:
      return RunPredict(program, line);
    case kBench:
      return RunBench(program, line);
    case kSummary:
      std::fputs(program.summary, stdout);
      return kExitOk;
    case kHelp:
      break;
  }
  std::fputs(HelpText(program.name).c_str(), stdout);
  return kExitOk;
}

int Main(const brine_program& program, const brine_communicator* communicator, int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // so that a write beyond the limit of a file's size fails like one on a full disk
  const Ranks ranks(communicator);
  int exit_code = kExitFailed;
  try {
    exit_code = ranks.Guard([&] { return Run(program, communicator, argc, argv); });
  } catch (const Error& error) {
    if (ranks.is_first()) std::fprintf(stderr, "error: %s\n", error.what());
    exit_code = error.code();
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "error: there is not enough memory\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fprintf(stderr, "error: the results could not be written\n");
    if (exit_code == kExitOk) exit_code = kExitFailed;
  }
  return exit_code;
}

}  // namespace
}  // namespace brine

#ifdef __clang__
#define BRINE_VISIBLE
#else
#define BRINE_VISIBLE [[gnu::externally_visible]]  // in a library that is compiled as a whole program
#endif

BRINE_VISIBLE int brine_trainer_main(const brine_program* program, int argc, char** argv) {
  return brine::Main(*program, nullptr, argc, argv);
}

#if BRINE_RANKS
BRINE_VISIBLE int brine_trainer_main_with(const brine_program* program, const brine_communicator* communicator,
                                          int argc, char** argv) {
  return brine::Main(*program, communicator, argc, argv);
}
#endif
