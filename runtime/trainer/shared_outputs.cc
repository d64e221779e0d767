#include "runtime/trainer/shared_outputs.h"

namespace brine {

SharedOutputs::SharedOutputs(const Ranks& ranks, const brine_function& function, int64_t steps)
    : ranks_(ranks),
      sums_(function),
      elements_(sums_.elements()),
      message_(steps * elements_ + 1),
      mine_(static_cast<size_t>(message_)),
      all_(static_cast<size_t>(message_ * ranks.size())) {}

void SharedOutputs::Take(const brine_state* state) {
  sums_.Copy(state, mine_.data() + taken_ * elements_);
  ++taken_;
}

bool SharedOutputs::Gather(bool flag) {
  mine_.back() = flag ? 1 : 0;
  ranks_.communicator().gather(mine_.data(), message_ * static_cast<int64_t>(sizeof(float)), all_.data());
  taken_ = 0;
  bool is_set = false;
  for (int64_t rank = 0; rank < ranks_.size(); ++rank) is_set |= Of(rank, 0)[message_ - 1] != 0;
  return is_set;
}

}  // namespace brine
