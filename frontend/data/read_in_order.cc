#include "frontend/data/read_in_order.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

#include "frontend/data/one_line.h"
#include "runtime/core/cpu.h"
#include "runtime/trainer/error.h"

namespace brine {
namespace {

constexpr int64_t kChunkBytes = 1 << 20, kChunkSamples = 64;

// Chunks are read into a ring of slots.  A thread that is free takes the next chunk for which there is a slot, and the
// calling thread takes the chunks out of the slots in their order.
class Reader {
 public:
  Reader(const Dataset& data, int threads) : data_(data) {
    int64_t bytes = 0;
    for (const Field& field : data.fields()) {
      sample_bytes_.push_back(field.elements * ByteCount(field.type));
      bytes += sample_bytes_.back();
    }
    chunk_samples_ = std::clamp<int64_t>(kChunkBytes / std::max<int64_t>(bytes, 1), 1, kChunkSamples);
    chunks_ = (data.size() + chunk_samples_ - 1) / chunk_samples_;
    if (threads < 1) threads = brine_available_threads();
    if (!data.source().parallel()) threads = 1;
    threads = static_cast<int>(std::min<int64_t>(threads, chunks_));
    slots_.resize(static_cast<size_t>(2 * threads + 1));
    StartThreads(threads);
  }
  Reader(const Reader&) = delete;
  ~Reader() { Stop(); }

  void Run(const std::function<void(const SampleChunk&)>& take) {
    for (int64_t chunk = 0; chunk < chunks_; ++chunk) {
      Slot& slot = SlotOf(chunk);
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [&] { return slot.is_full; });
      }
      if (slot.failure != nullptr) std::rethrow_exception(slot.failure);
      take(slot.chunk);
      const std::lock_guard<std::mutex> lock(mutex_);
      slot.is_full = false;
      ++taken_;
      changed_.notify_all();
    }
  }

 private:
  struct Slot {
    SampleChunk chunk;
    std::exception_ptr failure;
    bool is_full = false;
  };

  Slot& SlotOf(int64_t chunk) { return slots_[static_cast<size_t>(chunk) % slots_.size()]; }

  void StartThreads(int threads) {
    try {
      for (int thread = 0; thread < threads; ++thread) threads_.emplace_back([this] { ReadChunks(); });
    } catch (const std::system_error& error) {
      if (!threads_.empty()) return;  // fewer threads will do
      throw Error(kExitFailed, std::string("no thread can be started: ") + error.what());
    }
  }

  void Stop() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void ReadChunks() {
    for (;;) {
      int64_t chunk = 0;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(
            lock, [this] { return stop_ || next_ == chunks_ || next_ < taken_ + static_cast<int64_t>(slots_.size()); });
        if (stop_ || next_ == chunks_) return;
        chunk = next_++;
      }
      Slot& slot = SlotOf(chunk);
      try {
        Read(chunk * chunk_samples_, slot.chunk);
      } catch (...) {
        slot.failure = std::current_exception();
      }
      const std::lock_guard<std::mutex> lock(mutex_);
      slot.is_full = true;
      changed_.notify_all();
    }
  }

  // Reads the chunk that begins with the sample `first`.
  void Read(int64_t first, SampleChunk& chunk) const {
    const int64_t count = std::min(chunk_samples_, data_.size() - first);
    chunk.read = 0;
    chunk.names.clear();
    chunk.broken.clear();
    chunk.fields.resize(sample_bytes_.size());
    for (size_t field = 0; field < sample_bytes_.size(); ++field)
      chunk.fields[field].resize(static_cast<size_t>(count * sample_bytes_[field]));
    std::vector<void*> targets(sample_bytes_.size());
    for (int64_t index = data_.first() + first; index < data_.first() + first + count; ++index) {
      for (size_t field = 0; field < targets.size(); ++field)
        targets[field] = chunk.fields[field].data() + chunk.read * sample_bytes_[field];
      try {
        data_.source().Read({&index, 1}, targets);
      } catch (const Error& error) {
        if (error.code() != kExitBadInput) throw;
        chunk.broken.emplace_back(error.what());
        continue;
      }
      chunk.names += OneLine(data_.source().NameOf(index)) + '\n';
      ++chunk.read;
    }
    for (size_t field = 0; field < sample_bytes_.size(); ++field)
      chunk.fields[field].resize(static_cast<size_t>(chunk.read * sample_bytes_[field]));
  }

  const Dataset& data_;
  std::vector<int64_t> sample_bytes_;  // by field
  int64_t chunk_samples_ = 1, chunks_ = 0;
  std::vector<Slot> slots_;
  std::mutex mutex_;  // guards what follows, and is_full of the slots
  std::condition_variable changed_;
  int64_t next_ = 0, taken_ = 0;  // the next chunk to read, and the number of those that were taken
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

void ReadInOrder(const Dataset& data, int threads, const std::function<void(const SampleChunk&)>& take) {
  if (data.size() > 0) Reader(data, threads).Run(take);
}

}  // namespace brine
