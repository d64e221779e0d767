// What the ranks of a training must have in common.
#ifndef BRINE_RUNTIME_TRAINER_SHARED_FACTS_H_
#define BRINE_RUNTIME_TRAINER_SHARED_FACTS_H_

#include <string>
#include <vector>

#include "runtime/trainer/fit_loop.h"
#include "runtime/trainer/ranks.h"

namespace brine {

// Of the samples, at most so many bytes are compared, evenly spread; of their labels all, if the source can read them
// alone.
inline constexpr int64_t kComparedBytes = 16 << 20;

// What the words of a command line say for the flags that all ranks must have in common.
std::vector<Fact> FactsOfFlags(const std::vector<std::string>& words);

// The program, the options of Fit, the data, and the state of the trainer.
std::vector<Fact> FactsOfFit(Trainer& trainer, const FitLoop& loop);

// The samples that `name` tells from others of the program: "training".
void AddFactsOfData(const char* name, const brine_function& function, const Dataset& data, std::vector<Fact>& all);

// The variables and scalars, at a time such as "after epoch 3 ".
Fact FactOfState(Trainer& trainer, const std::string& when, ExitCode code);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_SHARED_FACTS_H_
