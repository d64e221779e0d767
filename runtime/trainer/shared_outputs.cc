#include "runtime/trainer/shared_outputs.h"

#include <utility>

namespace brine {

SharedOutputs::SharedOutputs(const Ranks& ranks, const brine_function& function, int64_t steps)
    : ranks_(ranks),
      sums_(function),
      elements_(sums_.elements()),
      message_(steps * elements_ + 2),
      mine_(static_cast<size_t>(message_)),
      all_(static_cast<size_t>(message_ * ranks.size())) {}

void SharedOutputs::Take(const brine_state* state) {
  sums_.Copy(state, mine_.data() + taken_ * elements_);
  ++taken_;
}

bool SharedOutputs::Gather(bool flag) {
  mine_[mine_.size() - 2] = flag ? 1 : 0;
  mine_.back() = has_failed() ? 1 : 0;
  ranks_.communicator().gather(mine_.data(), message_ * static_cast<int64_t>(sizeof(float)), all_.data());
  taken_ = 0;
  bool is_set = false, failed = false;
  for (int64_t rank = 0; rank < ranks_.size(); ++rank) {
    is_set |= Of(rank, 0)[message_ - 2] != 0;
    failed |= Of(rank, 0)[message_ - 1] != 0;
  }
  if (failed) {
    ranks_.Together([&] {
      if (has_failed()) std::rethrow_exception(std::exchange(failure_, nullptr));
    });
  }
  return is_set;
}

}  // namespace brine
