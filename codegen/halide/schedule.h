// The schedules of one loop nest, shared by all strategies.
#ifndef BRINE_CODEGEN_HALIDE_SCHEDULE_H_
#define BRINE_CODEGEN_HALIDE_SCHEDULE_H_

#include <vector>

#include "codegen/halide/algorithm.h"
#include "codegen/halide/machine.h"

namespace brine::codegen {

// A Func that gets a loop nest at the top of a kernel, and the Funcs computed inside it.
struct LoopNest {
  Halide::Func func;  // pure, over Axes(rank)
  ir::Shape shape;
  std::vector<Accumulator> accumulators;
  std::vector<Halide::Func> panels = {};  // [depth, axis 0]: computed for each column of tiles
  bool flat = false;                      // every element reads only the same element of its operands, or scalars
  bool output = false;                    // an output of the kernel: its memory is the caller's buffer
};

// The surroundings of a loop nest: the machine, and the number of rows of a batch.
struct LoopContext : Machine {
  int64_t batch_size;
  Halide::Expr rows;  // n; undefined if no input has it (a constant that was broadcast)
};

// Splits, vectorises and parallelises `nest`.  The number of tasks follows from the shape and the batch size alone.
void Schedule(LoopNest& nest, const LoopContext& context);

// The memory type of a Func that must lie on its task's stack, so that tasks do not share it.  MemoryType::Stack is not
// enough: Halide moves allocations of more than 16 KB from there to halide_malloc.
inline constexpr Halide::MemoryType kOnStack = Halide::MemoryType::Register;

inline constexpr int64_t kTasks = 16;  // enough for 16 cores

// ⌈a / b⌉
inline int CeilDiv(int64_t a, int64_t b) { return static_cast<int>((a + b - 1) / b); }

// A loop of a nest with its largest extent.
struct Loop {
  Halide::Var var;
  int64_t extent;
};

// The parallel loop into which the outermost loops were fused.
struct Task {
  Halide::Var innermost;  // its variable
  size_t loops = 0;       // how many of the outermost loops it replaces

  // The loop to pass to compute_at for the original loop `index` of `outermost_first`, after fusion.
  Halide::Var At(const std::vector<Loop>& outermost_first, size_t index) const {
    return index < loops ? innermost : outermost_first[index].var;
  }
};

// Fuses outermost loops into one parallel loop: no more of them than enough tasks need, and at most `most_tasks` tasks.
Task Parallel(Halide::Func& func, const std::vector<Loop>& outermost_first, int64_t most_tasks = 4 * kTasks);

// A register tile of `vectors` along axis 0 by `rows` along axis 1, all of whose sums stay in registers.  Each element
// along axis 1 may have several sums, the `cells` of a window.
struct Tile {
  int vectors, rows;
};
Tile ChooseTile(int64_t width, int64_t height, const Machine& machine, int cells = 1);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SCHEDULE_H_
