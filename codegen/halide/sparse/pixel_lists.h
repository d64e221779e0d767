// Lists of some of the channels of each pixel of an image, such as those that are nonzero.  A pixel may have several
// lists.
#ifndef BRINE_CODEGEN_HALIDE_SPARSE_PIXEL_LISTS_H_
#define BRINE_CODEGEN_HALIDE_SPARSE_PIXEL_LISTS_H_

#include <functional>

#include "codegen/halide/schedule.h"
#include "codegen/halide/sparse/index_list.h"

namespace brine::codegen {

// The lists of the channels for which a condition holds.  An entry is the number of a channel.
class PixelLists {
 public:
  // Whether list `list` of the pixel (x, y) of image n contains `channel`.  It is computed for vectors of channels.
  using IsListed = std::function<Halide::Expr(const Halide::Expr& channel, const Halide::Var& list,
                                              const Halide::Var& x, const Halide::Var& y, const Halide::Var& n)>;

  // There may be at most 65535 channels.
  PixelLists(int channels, const IsListed& is_listed);

  // The number of entries of a list.
  Halide::Expr Count(const Halide::Expr& list, const Halide::Expr& x, const Halide::Expr& y,
                     const Halide::Expr& n) const;

  // The channel in entry `slot`, which must be less than the count.
  Halide::Expr Entry(const Halide::Expr& slot, const Halide::Expr& list, const Halide::Expr& x, const Halide::Expr& y,
                     const Halide::Expr& n) const;

  // The bytes that `lists` lists of `channels` channels take on the stack of a task.
  static int64_t Bytes(int channels, int64_t lists);

  // Computes the lists that a task reads in loop `task` of `out`, on the stack of the task.
  void Schedule(Halide::Func& out, const Halide::Var& task);

 private:
  IndexList MakeIndexList(const IsListed& is_listed);

  const int channels_, flag_bytes_;  // a byte holds the flags of eight channels
  const Halide::Var channel_{"channel"}, list_{"list"}, x_{"x"}, y_{"y"}, n_{"n"};
  Halide::Func flag_{"flag"};  // 1 for a listed channel, else 0, as bytes
  Halide::RDom flagged_channel_;
  IndexList index_list_;
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPARSE_PIXEL_LISTS_H_
