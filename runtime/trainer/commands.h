// The commands of a compiled program.
#ifndef BRINE_RUNTIME_TRAINER_COMMANDS_H_
#define BRINE_RUNTIME_TRAINER_COMMANDS_H_

#include "runtime/trainer/dataset.h"
#include "runtime/trainer/flags.h"
#include "runtime/trainer/trainer.h"

namespace brine {

// Each prints its results and returns the exit code, or throws Error.
int RunTrain(const brine_program& program, const CommandLine& line);
int RunEvaluate(const brine_program& program, const CommandLine& line);
int RunPredict(const brine_program& program, const CommandLine& line);
int RunBench(const brine_program& program, const CommandLine& line);

// The data of --data, or the built-in set, in images of the model's size.
TrainTest OpenData(const brine_program& program, const CommandLine& line);

// Restores the weights from --init or from the newest checkpoint of --checkpoint.
void LoadWeights(Trainer& trainer, const CommandLine& line);

std::string JsonString(const std::string& text);  // with its quotes
std::string JsonNumber(double number);            // null when it is not finite

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_COMMANDS_H_
