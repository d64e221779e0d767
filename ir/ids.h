// The ids of values and nodes: indices with types of their own, so that C++ refuses one in place of the other.
#ifndef BRINE_IR_IDS_H_
#define BRINE_IR_IDS_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace brine::ir {

enum class ValueId : int32_t {};  // index into Graph::values
enum class NodeId : int32_t {};   // index into Graph::nodes

inline constexpr ValueId kNoValue{-1};

// Converts an id to an index and back.
template <typename Id>
requires std::is_enum_v<Id>
constexpr size_t Index(Id id) { return static_cast<size_t>(id); }
template <typename Id>
constexpr Id IdAt(size_t index) {
  return static_cast<Id>(index);
}

// The ids from 0 to count − 1, for range-based loops.
template <typename Id>
class Ids {
 public:
  class Iterator {
   public:
    constexpr explicit Iterator(size_t index) : index_(index) {}
    constexpr Id operator*() const { return IdAt<Id>(index_); }
    constexpr Iterator& operator++() {
      ++index_;
      return *this;
    }
    constexpr bool operator==(const Iterator&) const = default;

   private:
    size_t index_;
  };

  constexpr explicit Ids(size_t count) : count_(count) {}
  constexpr Iterator begin() const { return Iterator(0); }
  constexpr Iterator end() const { return Iterator(count_); }

 private:
  size_t count_;
};

}  // namespace brine::ir

#endif  // BRINE_IR_IDS_H_
