#include "tests/runtime/thread_ranks.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <tuple>

#include "runtime/trainer/error.h"

namespace brine::testing {
namespace {

using Bytes = std::vector<uint8_t>;

struct Aborted {};  // what unwinds a rank, and is no std::exception

struct Exchange {
  int32_t tag;
  std::vector<brine_part> to, from;
  void (*done)(void* user);
  void* user;
  bool is_sent = false;
};

class Group;

struct Rank {
  Group* group;
  int32_t number;
  std::vector<std::unique_ptr<Exchange>> exchanges;  // under way
  bool is_in_done = false;                           // whether its thread calls a function of the user
  std::minstd_rand random;
  std::thread worker;
};

thread_local Rank* self = nullptr;

class Group {
 public:
  Group(int size, int most_microseconds) : most_microseconds_(most_microseconds), ranks_(static_cast<size_t>(size)) {
    for (size_t number = 0; number < ranks_.size(); ++number) {
      ranks_[number].group = this;
      ranks_[number].number = static_cast<int32_t>(number);
      ranks_[number].random.seed(static_cast<unsigned>(number) + 1);
      ranks_[number].worker = std::thread([this, number] { Work(ranks_[number]); });
    }
  }
  ~Group() {
    {
      const std::lock_guard lock(mutex_);
      has_ended_ = true;
    }
    changed_.notify_all();
    for (Rank& rank : ranks_) rank.worker.join();
  }
  Rank& rank(size_t number) { return ranks_[number]; }
  size_t size() const { return ranks_.size(); }
  const std::vector<int>& codes() const { return codes_; }
  const std::vector<std::string>& misuses() const { return misuses_; }

  // What all ranks give to the call that each of them makes.
  std::vector<Bytes> Collect(const char* what, const void* data, int64_t bytes) {
    std::unique_lock lock(mutex_);
    const auto number = static_cast<size_t>(self->number);
    if (arrived_ == 0) {
      what_ = what;
      given_.assign(size(), Bytes());
    }
    if (what_ != what) Misuse(std::string(what) + " meets " + what_);
    given_[number].assign(static_cast<const uint8_t*>(data), static_cast<const uint8_t*>(data) + bytes);
    const int64_t generation = generation_;
    if (++arrived_ == size()) {
      collected_ = given_;
      arrived_ = 0;
      ++generation_;
      changed_.notify_all();
    }
    Wait(lock, [&] { return generation_ != generation; });
    return collected_;
  }

  void Begin(std::unique_ptr<Exchange> exchange) {
    const std::lock_guard lock(mutex_);
    if (exchange->tag < 0 || exchange->tag >= 32768) Misuse("tag " + std::to_string(exchange->tag));
    for (const auto& other : self->exchanges) {
      if (other->tag == exchange->tag) Misuse("tag " + std::to_string(exchange->tag) + " is under way twice");
    }
    self->exchanges.push_back(std::move(exchange));
    changed_.notify_all();
  }

  void Finish() {
    std::unique_lock lock(mutex_);
    // Exchanges that an abort has dropped have not ended.
    Wait(lock, [this] { return !is_aborted_ && self->exchanges.empty() && !self->is_in_done; });
  }

  [[noreturn]] void Abort(int32_t code) {
    std::unique_lock lock(mutex_);
    codes_.push_back(code);
    is_aborted_ = true;
    changed_.notify_all();
    Wait(lock, [] { return false; });
    throw Aborted();
  }

 private:
  // Waits until the condition holds.  If the ranks are aborted before, throws Aborted as soon as nothing of this rank
  // is under way.  A call of which all ranks have done their part returns, even if another has been aborted since.
  template <typename Condition>
  void Wait(std::unique_lock<std::mutex>& lock, const Condition& condition) {
    changed_.wait(lock, [&] { return condition() || (is_aborted_ && self->exchanges.empty() && !self->is_in_done); });
    if (!condition()) throw Aborted();
  }

  void Misuse(const std::string& what) { misuses_.push_back(what); }

  // Sends and receives for a rank, until the group ends.
  void Work(Rank& rank) {
    self = &rank;
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return has_ended_ || is_aborted_ || HasWork(rank); });
      if (is_aborted_) {
        rank.exchanges.clear();
        changed_.notify_all();
        changed_.wait(lock, [&] { return has_ended_ || !rank.exchanges.empty(); });
      }
      if (has_ended_) return;
      if (is_aborted_) continue;
      if (most_microseconds_ > 0) {
        const auto late = std::chrono::microseconds(rank.random() % static_cast<unsigned>(most_microseconds_));
        lock.unlock();
        std::this_thread::sleep_for(late);
        lock.lock();
        std::shuffle(rank.exchanges.begin(), rank.exchanges.end(), rank.random);
      }
      Send(rank);
      Receive(rank, lock);
    }
  }

  bool HasWork(const Rank& rank) const {
    return std::any_of(rank.exchanges.begin(), rank.exchanges.end(),
                       [&](const auto& exchange) { return !exchange->is_sent || HasArrived(rank, *exchange); });
  }
  bool HasArrived(const Rank& rank, const Exchange& exchange) const {
    for (size_t from = 0; from < size(); ++from) {
      if (messages_.count({exchange.tag, from, static_cast<size_t>(rank.number)}) == 0) return false;
    }
    return true;
  }

  // Sends one exchange.
  void Send(Rank& rank) {
    for (const auto& exchange : rank.exchanges) {
      if (exchange->is_sent) continue;
      exchange->is_sent = true;
      for (size_t to = 0; to < size(); ++to) {
        const auto* const data = static_cast<const uint8_t*>(exchange->to[to].data);
        messages_[{exchange->tag, static_cast<size_t>(rank.number), to}] = Bytes(data, data + exchange->to[to].bytes);
      }
      changed_.notify_all();
      return;
    }
  }

  // Ends one exchange of which everything has arrived.
  void Receive(Rank& rank, std::unique_lock<std::mutex>& lock) {
    const auto ready = std::find_if(rank.exchanges.begin(), rank.exchanges.end(), [&](const auto& exchange) {
      return exchange->is_sent && HasArrived(rank, *exchange);
    });
    if (ready == rank.exchanges.end()) return;
    const std::unique_ptr<Exchange> exchange = std::move(*ready);
    rank.exchanges.erase(ready);
    for (size_t from = 0; from < size(); ++from) {
      const auto message = messages_.find({exchange->tag, from, static_cast<size_t>(rank.number)});
      const brine_part& part = exchange->from[from];
      if (static_cast<int64_t>(message->second.size()) != part.bytes)
        Misuse(std::to_string(message->second.size()) + " bytes came instead of " + std::to_string(part.bytes));
      else if (part.bytes > 0)
        std::memcpy(part.data, message->second.data(), message->second.size());
      messages_.erase(message);
    }
    rank.is_in_done = true;
    lock.unlock();
    exchange->done(exchange->user);
    lock.lock();
    rank.is_in_done = false;
    changed_.notify_all();
  }

  const int most_microseconds_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Rank> ranks_;
  std::map<std::tuple<int32_t, size_t, size_t>, Bytes> messages_;  // by tag, sender and receiver
  std::vector<Bytes> given_, collected_;
  size_t arrived_ = 0;
  int64_t generation_ = 0;
  std::string what_;
  bool has_ended_ = false, is_aborted_ = false;
  std::vector<int> codes_;
  std::vector<std::string> misuses_;
};

void Broadcast(void* data, int64_t bytes) {
  const std::vector<Bytes> all = self->group->Collect("broadcast", data, bytes);
  std::memcpy(data, all[0].data(), all[0].size());
}

void Gather(const void* mine, int64_t bytes, void* all) {
  auto* target = static_cast<uint8_t*>(all);
  for (const Bytes& part : self->group->Collect("gather", mine, bytes))
    target = std::copy(part.begin(), part.end(), target);
}

void Barrier() { self->group->Collect("barrier", nullptr, 0); }

void BeginExchange(int32_t tag, const brine_part* to, const brine_part* from, void (*done)(void* user), void* user) {
  const size_t size = self->group->size();
  self->group->Begin(std::make_unique<Exchange>(Exchange{tag, {to, to + size}, {from, from + size}, done, user}));
}

void Finish() { self->group->Finish(); }
void Abort(int32_t code) { self->group->Abort(code); }

}  // namespace

RanksEnd RunRanks(int size, const std::function<void(const brine_communicator&)>& run, int most_microseconds) {
  RanksEnd end;
  end.errors.resize(static_cast<size_t>(size));
  Group group(size, most_microseconds);
  std::vector<std::thread> threads;
  for (size_t number = 0; number < group.size(); ++number) {
    threads.emplace_back([&, number] {
      self = &group.rank(number);
      const brine_communicator communicator = {
          static_cast<int32_t>(number), size, Broadcast, Gather, Barrier, BeginExchange, Finish, Abort};
      try {
        run(communicator);
      } catch (const Aborted&) {
      } catch (const Error& error) {
        end.errors[number] = std::to_string(error.code()) + " " + error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  end.codes = group.codes();
  end.misuses = group.misuses();
  return end;
}

}  // namespace brine::testing
