// The processes that train one model together.  Each is a rank (runtime/core/communicator.h).
//
// All of them run the same code, and what one decides the others decide, too.  Where that is not so, a rank may fail
// alone: before the training and in a step, its mistake becomes that of all (Together, SharedOutputs), and anywhere
// else it ends the others (Guard).
#ifndef BRINE_RUNTIME_TRAINER_RANKS_H_
#define BRINE_RUNTIME_TRAINER_RANKS_H_

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtime/core/communicator.h"
#include "runtime/trainer/error.h"

// The library of programs that train in one process is compiled with 0, so that it has no code for several.
#ifndef BRINE_RANKS
#define BRINE_RANKS 1
#endif

namespace brine {

inline constexpr bool kHasRanks = BRINE_RANKS != 0;

// An error that every rank throws, so that none waits for another, and which the first rank alone need print.
class SharedError : public Error {
 public:
  using Error::Error;
};

// Something that all ranks must have in common, and what this one has; no value stands for nothing.
struct Fact {
  std::string name;  // "--learning-rate"
  std::optional<std::string> value;
  ExitCode code;  // of the ranks if they differ
};

class Ranks {
 public:
  explicit Ranks(const brine_communicator* communicator) : communicator_(communicator) {}

  bool several() const { return kHasRanks && communicator_ != nullptr && communicator_->size > 1; }
  int32_t rank() const { return several() ? communicator_->rank : 0; }
  int32_t size() const { return several() ? communicator_->size : 1; }
  bool is_first() const { return rank() == 0; }
  const brine_communicator& communicator() const { return *communicator_; }  // of several ranks

  // Returns what `act` returns.  If it throws on any rank, throws SharedError on all, with the sentence of the first
  // that failed.
  template <typename Act>
  auto Together(const Act& act) const {
    if (!several()) return act();
    if constexpr (std::is_void_v<decltype(act())>) {
      CallTogether(act);
    } else {
      std::optional<decltype(act())> result;
      CallTogether([&] { result.emplace(act()); });
      return *std::move(result);
    }
  }

  // Returns what `act` returns.  If it throws on this rank alone, prints the sentence and ends all ranks.
  template <typename Act>
  auto Guard(const Act& act) const {
    if constexpr (kHasRanks) {
      if (several()) {
        try {
          return act();
        } catch (const SharedError&) {
          throw;
        } catch (const std::exception& error) {
          Abort(error);
        }
      }
    }
    return act();
  }
  [[noreturn]] void Abort(const std::exception& error) const;

  void Share(std::string& text) const;  // replaces it by that of the first rank

  // Throws SharedError with the first difference: "rank 2 has --learning-rate 0.01, rank 0 has 0.001".
  void Compare(const std::vector<Fact>& facts) const;

 private:
  void CallTogether(const std::function<void()>& act) const;

  const brine_communicator* communicator_;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_RANKS_H_
