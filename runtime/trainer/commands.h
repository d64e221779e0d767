// The commands of a compiled program.
#ifndef BRINE_RUNTIME_TRAINER_COMMANDS_H_
#define BRINE_RUNTIME_TRAINER_COMMANDS_H_

#include "runtime/trainer/dataset.h"
#include "runtime/trainer/flags.h"
#include "runtime/trainer/trainer.h"

namespace brine {

// Each of these executes a command, prints its results, and returns the exit code or throws Error.
int RunTrain(const brine_program& program, const CommandLine& line);
int RunEvaluate(const brine_program& program, const CommandLine& line);
int RunPredict(const brine_program& program, const CommandLine& line);
int RunBench(const brine_program& program, const CommandLine& line);

// The data of --data, or the built-in images.  Images are enlarged to the size that the model takes, if it is a
// multiple of theirs.  Arrays are the training data of commands that train, and the test data of others.
Splits OpenData(const brine_program& program, const CommandLine& line);

// Loads the weights from the file of --init, or from the newest checkpoint in the folder of --checkpoint.  If neither
// is given, `bench` begins with new weights, and every other command throws Error if the model has weights.
void LoadWeights(Trainer& trainer, const CommandLine& line);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_COMMANDS_H_
