#include "runtime/trainer/step_means.h"

namespace brine {

StepMeans::StepMeans(const ResultSums& sums)
    : before_(*sums.function), since_(*sums.function), results_(ResultsOf(*sums.function)) {
  Take(sums);
}

const Results& StepMeans::Take(const ResultSums& sums) {
  for (size_t output = 0; output < sums.sums.size(); ++output) {
    for (size_t element = 0; element < sums.sums[output].size(); ++element) {
      double& before = before_.sums[output][element];
      since_.sums[output][element] = sums.sums[output][element] - before;
      before = sums.sums[output][element];
    }
  }
  since_.rows = sums.rows - before_.rows;
  before_.rows = sums.rows;
  since_.Write(results_);
  return results_;
}

std::vector<double> StepMeans::Begin() const {
  std::vector<double> numbers;
  for (const std::vector<double>& sums : before_.sums) numbers.insert(numbers.end(), sums.begin(), sums.end());
  numbers.push_back(static_cast<double>(before_.rows));
  return numbers;
}

void StepMeans::SetBegin(const std::vector<double>& numbers) {
  if (numbers.size() != Begin().size()) return;
  const double rows = numbers.back();
  if (!(rows >= 0 && rows <= static_cast<double>(before_.rows))) return;
  auto next = numbers.begin();
  for (std::vector<double>& sums : before_.sums) {
    for (double& sum : sums) sum = *next++;
  }
  before_.rows = static_cast<int64_t>(rows);
}

}  // namespace brine
