// Schedules for one loop nest: what the templates share.
#ifndef BRINE_CODEGEN_SCHEDULE_H_
#define BRINE_CODEGEN_SCHEDULE_H_

#include <vector>

#include "codegen/algorithm.h"
#include "codegen/halide/machine.h"

namespace brine::codegen {

// A Func that gets a loop nest at the top of a kernel, and what is computed inside it.
struct LoopNest {
  Halide::Func func;  // pure, over Axes(rank)
  ir::Shape shape;
  std::vector<Accumulator> accumulators;
  std::vector<Halide::Func> panels = {};  // [depth, axis 0]: computed for each column of tiles
  bool flat = false;                      // every element reads only the same element of its operands, or scalars
  bool output = false;                    // the kernel's: its memory is a buffer that was handed in
};

// Where loops are built: the machine, and how many rows a batch has.
struct LoopContext : Machine {
  int64_t batch_size;
  Halide::Expr rows;  // n; undefined where no input has it (a constant that was broadcast)
};

// Splits, vectorises and parallelises `nest`.  The number of tasks follows from the shape and the batch size alone.
void Schedule(LoopNest& nest, const LoopContext& context);

// For a Func that must lie on its task's stack, which tasks do not share.  MemoryType::Stack does not do: Halide moves
// what is larger than 16 KB from there to halide_malloc.
inline constexpr Halide::MemoryType kOnStack = Halide::MemoryType::Register;

inline constexpr int64_t kTasks = 16;  // enough for 16 cores

// ⌈a / b⌉
inline int CeilDiv(int64_t a, int64_t b) { return static_cast<int>((a + b - 1) / b); }

// A loop of a nest with its largest extent.
struct Loop {
  Halide::Var var;
  int64_t extent;
};

// The loops that became parallel, as one.
struct Task {
  Halide::Var innermost;  // the variable that now stands for them
  size_t loops = 0;       // how many of the outermost loops it replaces

  // Where a Func that was to be computed in loop `at` of `outermost_first` is computed now.
  Halide::Var At(const std::vector<Loop>& outermost_first, size_t at) const {
    return at < loops ? innermost : outermost_first[at].var;
  }
};

// Makes one parallel loop of the outermost loops: as many of them as it takes to have enough tasks, and no more tasks
// than `most_tasks`.
Task Parallel(Halide::Func& func, const std::vector<Loop>& outermost_first, int64_t most_tasks = 4 * kTasks);

// A register tile: `vectors` along axis 0 times `rows` along axis 1, all of whose sums stay in registers.  Of each
// element along axis 1 there may be several sums, the `cells` of a window.
struct Tile {
  int vectors, rows;
};
Tile ChooseTile(int64_t width, int64_t height, const Machine& machine, int cells = 1);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_SCHEDULE_H_
