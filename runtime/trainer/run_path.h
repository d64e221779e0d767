// Where the folder of a run is, and what the tool and the program tell each other about it.
#ifndef BRINE_RUNTIME_TRAINER_RUN_PATH_H_
#define BRINE_RUNTIME_TRAINER_RUN_PATH_H_

#include <string>
#include <vector>

namespace brine {

// Creates the folder of a new run, runs/MODEL-N with the first N from 1 that is free, and returns its path.  Two runs
// never get the same.  Throws Error.
std::string MakeRunFolder(const std::string& model);
// The folder in that of a run for its checkpoints, unless --checkpoint names another one.
std::string CheckpointsOf(const std::string& run);
// Removes the folder of a run that did not begin, as after a mistake in the command line.
void RemoveUnusedRunFolder(const std::string& folder);

// The tool passes the command that the user typed to the program in this variable of the environment, because the
// arguments of the program differ: they lack the tool's flags, and name files of its cache.  The words are separated by
// the character 31, "unit separator".
inline constexpr char kCommandVariable[] = "BRINE_COMMAND";
std::string JoinCommand(const std::vector<std::string>& words);
std::vector<std::string> SplitCommand(const std::string& text);

// The flags with which a command goes on with the run: "--resume --run runs/net-1", and --checkpoint if its checkpoints
// are in another folder than usual.  An empty `checkpoint` is the usual one.
std::string ResumeFlags(const std::string& folder, const std::string& checkpoint);

// What there is to do with the folder of a run: "runs/net-1: report.html · tensorboard --logdir runs · --resume --run
// runs/net-1".  Without a report, the command that makes it.
std::string RunLine(const std::string& folder, const std::string& checkpoint, bool has_report);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_RUN_PATH_H_
