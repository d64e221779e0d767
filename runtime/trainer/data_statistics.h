// The means and variances of training data, which a program learns before the first epoch.
#ifndef BRINE_RUNTIME_TRAINER_DATA_STATISTICS_H_
#define BRINE_RUNTIME_TRAINER_DATA_STATISTICS_H_

#include "runtime/core/state.h"
#include "runtime/trainer/dataset.h"

namespace brine {

// Fills the variables with the initializers BRINE_DATA_MEAN and BRINE_DATA_VARIANCE: mean and variance of each channel
// of an input, over all samples and positions, as the input has them.  They are computed in double, one sample after
// another, and rounded once, so that neither the batch size nor the number of threads matters.
// The statistics of an input stay as they are if one of them does not have its initial content any more, since they
// came from a file or from an earlier call, and all stay after the first training step.  If nothing is to be learnt,
// the data are not read.  Throws Error if the samples do not fit the function "train".
void LearnDataStatistics(brine_state* state, const Dataset& data);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_DATA_STATISTICS_H_
