// Divides training samples into those to train on and those to test with.
#ifndef BRINE_FRONTEND_DATA_SPLIT_H_
#define BRINE_FRONTEND_DATA_SPLIT_H_

#include <cstdint>
#include <span>
#include <vector>

#include "frontend/data/source.h"

namespace brine {

// Whether whole numbers that label samples are classes, rather than measured values: none is negative or above
// kMaxClasses, and on average each occurs twice or more.
bool AreClasses(std::span<const int32_t> numbers);

// The labels of data whose second field of two is a class number.  Reads nothing but labels, so the source must be one
// that passes over fields without a target.
std::vector<int32_t> LabelsOf(const Dataset& data);

// Whether each of `count` samples becomes test data: of each class the given share, rounded, of which as many are drawn
// as lets a class with two samples or more keep one on each side.  Without classes, that share of all samples.  A
// sample is drawn by its number and the seed alone.
std::vector<bool> ChooseTestSamples(int64_t count, std::span<const int32_t> classes, double share, uint64_t seed);

// The samples of these indices, which count from the beginning of `data`, in this order.
Dataset Subset(const Dataset& data, std::vector<int64_t> indices);

// Moves this share of the training data to the test data, if the source has neither test nor validation data.  Both
// keep the order of the source.
void SplitOffTestData(Source& source, double share, uint64_t seed);

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_SPLIT_H_
