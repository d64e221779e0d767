// The commands of a compiled program.
#ifndef BRINE_RUNTIME_TRAINER_COMMANDS_H_
#define BRINE_RUNTIME_TRAINER_COMMANDS_H_

#include "runtime/trainer/dataset.h"
#include "runtime/trainer/flags.h"
#include "runtime/trainer/trainer.h"

namespace brine {

// Each of these executes a command, prints its results, and returns the exit code or throws Error.
// Several ranks may train.
int RunTrain(const brine_program& program, const brine_communicator* communicator, CommandLine line);
int RunEvaluate(const brine_program& program, const CommandLine& line);
int RunPredict(const brine_program& program, const CommandLine& line);
int RunBench(const brine_program& program, const CommandLine& line);

// Loads the weights from the file of --init, or from the newest checkpoint in the folder of --checkpoint.  If neither
// is given, `bench` begins with new weights, and every other command throws Error if the model has weights.
void LoadWeights(Trainer& trainer, const CommandLine& line);

// The names of the classes of an output: those of the data, or else those of the file of weights, or else those of the
// program, and numbers where all lack names.
std::vector<std::string> ClassNames(const Trainer& trainer, const Dataset& data, int64_t classes);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_COMMANDS_H_
