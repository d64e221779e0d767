#include "runtime/trainer/main.h"

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <utility>

#include "runtime/trainer/commands.h"
#include "runtime/trainer/error.h"

namespace brine {
namespace {

int Run(const brine_program& program, int argc, char** argv) {
  CommandLine line = ParseCommandLine(argc, argv);
  switch (line.command) {
    case kTrain:
      return RunTrain(program, std::move(line));
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

}  // namespace
}  // namespace brine

#ifndef __clang__
[[gnu::externally_visible]]  // in a library that is compiled as a whole program
#endif
int brine_trainer_main(const brine_program* program, int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // so that a write beyond the limit of a file's size fails like one on a full disk
  int exit_code = brine::kExitFailed;
  try {
    exit_code = brine::Run(*program, argc, argv);
  } catch (const brine::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    exit_code = error.code();
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "error: there is not enough memory\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fprintf(stderr, "error: the results could not be written\n");
    if (exit_code == brine::kExitOk) exit_code = brine::kExitFailed;
  }
  return exit_code;
}
