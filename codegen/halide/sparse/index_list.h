// Lists of the positions of set flags.  There is a list for each combination of keys, such as the rows of a matrix.
#ifndef BRINE_CODEGEN_HALIDE_SPARSE_INDEX_LIST_H_
#define BRINE_CODEGEN_HALIDE_SPARSE_INDEX_LIST_H_

#include <functional>
#include <vector>

#include "codegen/halide/sparse/set_bits.h"

namespace brine::codegen {

// Lists made from bytes of eight flags.  For each combination of keys:
//   count(0) = 0,   count(b + 1) = count(b) + popcount(bits(b))
//   entries(count(b) + i) = 8·b + position of set bit i of bits(b)     for i = 0, …, 7
// So count(b) is the number of set flags before byte b.  All eight entries of a byte are written, whatever its number
// of set bits, and the entries of the next byte overwrite those past this number.
class IndexList {
 public:
  struct Layout {
    std::vector<Halide::Var> inner, outer;  // the keys; vectors lie along the first of `inner`, which may be empty
    Halide::Type bits, count, entry;        // the types in which these are stored
  };

  // Lists of 8 · `bytes` flags.  `flags` returns byte `byte` of the flags, as the bits of an int, for the keys of the
  // layout.
  IndexList(const Layout& layout, int bytes, const std::function<Halide::Expr(const Halide::Expr& byte)>& flags);

  // The number of entries of a list, as an int.  `keys` are those of `inner`, then those of `outer`.
  Halide::Expr Count(const std::vector<Halide::Expr>& keys) const;

  // Entry `slot` of a list; `slot` must be less than the count.
  Halide::Expr Entry(const Halide::Expr& slot, const std::vector<Halide::Expr>& keys) const;

  // Schedules the updates of `count` and `entries`, with vectors of `lanes` keys along the first of `inner`.  The
  // caller decides where the three Funcs are computed and in which memory.
  void ScheduleUpdates(int lanes);

  const Halide::Var byte{"byte"};  // the index of a byte in `bits`
  Halide::Func bits{"bits"}, count{"count"}, entries{"entries"};

 private:
  const Layout layout_;
  const int bytes_;
  Halide::RDom counted_byte_;
  Halide::RDom written_entry_;  // x: the set bit, y: the byte
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPARSE_INDEX_LIST_H_
