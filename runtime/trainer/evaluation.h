// What a model gets wrong: classes that are taken for others, and the samples with the largest losses.
#ifndef BRINE_RUNTIME_TRAINER_EVALUATION_H_
#define BRINE_RUNTIME_TRAINER_EVALUATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/trainer/trainer.h"

namespace brine {

// Predicts at most `most_samples` samples, which are spread evenly over the data, and returns
//
//   {"epoch": 3, "data": "validation", "samples": 2000, "outputs": [
//     {"name": "output", "classes": ["cat", …], "confusion": [[…], …],
//      "worst": [{"label": 3, "top": [{"class": 5, "probability": 0.98}, …], "sample": 17, "loss": 4.2,
//                 "name": "cats/1.png", "image": {…}}, …]}, …]}
//
// in one line.  `epoch` is only written down.  "classes" and "confusion" are left out of an output whose labels are not
// classes, and "confusion" also if there are more than kMaxConfusionClasses.  Samples are numbered as in the data, and
// their names are those of the source.  The worst kWorstSamples samples come in descending order of their loss, which
// is −ln p of the right class, where logits become probabilities by a softmax; or, for labels that are numbers, the
// mean squared error, and then they have the first numbers of the label and of the output as "label": […] and
// "value": […].  Outputs with a class for each of several positions, such as pixels, have no worst samples.  "image"
// is that of PictureOf (sample_picture.h), if there is one.
inline constexpr int64_t kMaxConfusionClasses = 200;
inline constexpr size_t kWorstSamples = 24;
std::string EvaluationJson(Trainer& trainer, const Dataset& data, int epoch, int64_t most_samples,
                           const std::vector<std::string>& class_names);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_EVALUATION_H_
