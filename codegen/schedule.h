// Schedules for one loop nest: what the templates share.
#ifndef BRINE_CODEGEN_SCHEDULE_H_
#define BRINE_CODEGEN_SCHEDULE_H_

#include <vector>

#include "codegen/algorithm.h"

namespace brine::codegen {

// A Func that gets a loop nest at the top of a kernel, and what is computed inside it.
struct LoopNest {
  Halide::Func func;  // pure, over Axes(rank)
  ir::Shape shape;
  std::vector<Accumulator> accumulators;
  std::vector<Halide::Func> panels;  // [depth, axis 0]: computed for each column of tiles
  bool flat = false;    // every element reads only the same element of its operands, or scalars
  bool output = false;  // the kernel's: its memory is a buffer that was handed in
};

struct Machine {
  int lanes;      // floats in a vector register
  int registers;  // vector registers
  int64_t batch_size;
  Halide::Expr rows;  // n; undefined where no input has it (a constant that was broadcast)
};

// Splits, vectorises and parallelises `nest`.  The number of tasks follows from the shape and the batch size alone.
void Schedule(LoopNest& nest, const Machine& machine);

// A register tile: `vectors` along axis 0 times `rows` along axis 1, all of whose sums stay in registers.
struct Tile {
  int vectors, rows;
};
Tile ChooseTile(int64_t width, int64_t height, int lanes, int registers);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_SCHEDULE_H_
