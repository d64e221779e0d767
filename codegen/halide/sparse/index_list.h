// Lists of the positions of flags that are set.  Lists are kept for many keys at once, for example one for each row.
#ifndef BRINE_CODEGEN_HALIDE_SPARSE_INDEX_LIST_H_
#define BRINE_CODEGEN_HALIDE_SPARSE_INDEX_LIST_H_

#include <functional>
#include <vector>

#include "codegen/halide/sparse/set_bits.h"

namespace brine::codegen {

// From bytes of flags, the number of set flags before each byte, and from both the positions:
//   count(b + 1) = count(b) + popcount(bits(b)),   entries(count(b) + i) = 8·b + position of set bit i of bits(b)
class IndexList {
 public:
  struct Layout {
    std::vector<Halide::Var> inner, outer;  // the keys; lists are vectorized along `inner`, which may be empty
    Halide::Type bits, count, entry;        // how these are stored
  };

  // `flags` returns a byte of flags as the bits of an int, for the keys of the layout.
  IndexList(const Layout& layout, int bytes, const std::function<Halide::Expr(const Halide::Expr& byte)>& flags);

  // The number of entries.  Keys are those of `inner`, then of `outer`.
  Halide::Expr Count(const std::vector<Halide::Expr>& keys) const;
  // The entry at a position below the count.
  Halide::Expr Entry(const Halide::Expr& slot, const std::vector<Halide::Expr>& keys) const;

  // Schedules the loops that count and fill, for vectors of `lanes` keys along `inner`.  Where and in which memory the
  // Funcs are computed is up to the caller.
  void ScheduleUpdates(int lanes);

  const Halide::Var byte{"byte"};  // of bits
  Halide::Func bits{"bits"}, count{"count"}, entries{"entries"};

 private:
  const Layout layout_;
  const int bytes_;
  Halide::RDom step_, put_;
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPARSE_INDEX_LIST_H_
