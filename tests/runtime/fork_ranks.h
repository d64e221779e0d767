// Runs the standard training program on several ranks, each of which is a process.
#ifndef BRINE_TESTS_RUNTIME_FORK_RANKS_H_
#define BRINE_TESTS_RUNTIME_FORK_RANKS_H_

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "runtime/program.h"
#include "tests/runtime/run_program.h"

namespace brine::testing {

// How the program ended on each rank, which has the words of its own command line.  A rank that others ended has the
// exit code −1.  While the program runs, `meanwhile` is called with the ids of the processes.
std::vector<Result> RunOnRanks(const brine_program& program, const std::vector<std::string>& command_lines,
                               const std::function<void(const std::vector<pid_t>&)>& meanwhile = {});

}  // namespace brine::testing

#endif  // BRINE_TESTS_RUNTIME_FORK_RANKS_H_
