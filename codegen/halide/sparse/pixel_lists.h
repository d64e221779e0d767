// Lists of some channels of a pixel: those that are nonzero, or those whose window has its argmax at a certain cell.
#ifndef BRINE_CODEGEN_HALIDE_SPARSE_PIXEL_LISTS_H_
#define BRINE_CODEGEN_HALIDE_SPARSE_PIXEL_LISTS_H_

#include <functional>

#include "codegen/halide/schedule.h"
#include "codegen/halide/sparse/index_list.h"

namespace brine::codegen {

class PixelLists {
 public:
  // Whether a list contains a channel.  The channels of a pixel are contiguous in memory.
  using Takes = std::function<Halide::Expr(const Halide::Expr& channel, const Halide::Var& list, const Halide::Var& x,
                                           const Halide::Var& y, const Halide::Var& n)>;

  PixelLists(int channels, const Takes& takes);

  Halide::Expr Count(const Halide::Expr& list, const Halide::Expr& x, const Halide::Expr& y,
                     const Halide::Expr& n) const;
  // The channel in slot `slot`, which must be below the list's count.
  Halide::Expr Entry(const Halide::Expr& slot, const Halide::Expr& list, const Halide::Expr& x, const Halide::Expr& y,
                     const Halide::Expr& n) const;

  // The bytes that `lists` lists of `channels` channels take on the stack of the task that `Schedule` names.
  static int64_t Bytes(int channels, int64_t lists);

  void Schedule(Halide::Func& out, const Halide::Var& task);

 private:
  IndexList MakeList(const Takes& takes);

  const int channels_, flag_bytes_;                                     // a byte holds the flags of eight channels
  const Halide::Var c_{"c"}, list_{"list"}, x_{"x"}, y_{"y"}, n_{"n"};  // channel, list, pixel, image
  Halide::Func taken_{"taken"};
  Halide::RDom channel_;
  IndexList channels_of_;
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPARSE_PIXEL_LISTS_H_
