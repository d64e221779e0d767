// The schedules of single loop nests: those that *generic* and the copies of all strategies use as a whole, and the
// choices of tiles and tasks from which the other strategies make their own.
#ifndef BRINE_CODEGEN_HALIDE_SCHEDULE_H_
#define BRINE_CODEGEN_HALIDE_SCHEDULE_H_

#include <limits>
#include <vector>

#include "codegen/driver/machine.h"
#include "codegen/halide/algorithm.h"

namespace brine::codegen {

// A Func that is computed by a loop nest of its own at the top of a kernel, and the Funcs that are computed inside it.
struct LoopNest {
  Halide::Func func;  // pure, over Axes(rank)
  ir::Shape shape;
  std::vector<Accumulator> accumulators;
  std::vector<Halide::Func> panels = {};  // [depth, axis 0]; each is computed for one column of tiles at a time
  // Whether each element reads only the same element of operands, or numbers that are the same for all elements with
  // one index of the outermost axis.
  bool is_pointwise = false;
  bool is_output = false;  // whether the Func is an output of the kernel, in a buffer of the caller
};

// The surroundings of a loop nest: the machine and the batch.
struct LoopContext : Machine {
  int64_t batch_size;         // the largest n
  Halide::Expr batch_extent;  // n in this call; undefined if no input has an axis of n
};

// Splits, vectorizes and parallelizes the loops of `nest`.  The number of tasks follows from the shape and the largest
// batch alone, so that results do not depend on threads.
void Schedule(LoopNest& nest, const LoopContext& context);

// The memory type of a Func that must lie on its task's stack, so that tasks do not share it.  MemoryType::Stack does
// not suffice: Halide moves an allocation of more than 16 KB from there to halide_malloc.
inline constexpr Halide::MemoryType kOnStack = Halide::MemoryType::Register;

// A loop of a nest.
struct Loop {
  Halide::Var var;
  int64_t extent;  // for the largest n
};

// The parallel loop into which some of the outermost loops of a nest were fused.
struct ParallelLoop {
  Halide::Var var;
  std::vector<Halide::Var> fused_loops;

  // The loop that now contains the body of `loop`: the parallel loop if `loop` was fused into it, else `loop` itself.
  // This is the loop to pass to compute_at.
  Halide::Var LoopAfterFusion(const Halide::Var& loop) const;
};

// Fuses outermost loops of `func` into one parallel loop: as few as give the machine's number of tasks.  If there are
// more than four times that number of iterations then, or more than `max_tasks`, each task takes several of them.
ParallelLoop ParallelizeOuterLoops(Halide::Func& func, const std::vector<Loop>& outermost_first, const Machine& machine,
                                   int64_t max_tasks = std::numeric_limits<int64_t>::max());

// A register tile: `vectors` vectors along axis 0 by `rows` elements along axis 1.  All of its sums stay in registers.
struct Tile {
  int vectors, rows;
};

// The tile with the highest predicted rate for a result of `width` elements along axis 0 and `height` along axis 1.
// Each result is computed from `cells` sums, those of the cells of a pool's window.
Tile ChooseTile(int64_t width, int64_t height, const Machine& machine, int cells = 1);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SCHEDULE_H_
