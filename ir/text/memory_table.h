// A planned graph's memory as a table: one line for each value, in the order in which they are defined, then the size
// of each block.
//
//   value          bytes  place         first  last
//   %x             98304  inputs+0      start  end
//   %conv2d       460800  arena+4096        0  3
//   %flatten      460800  arena+4096        1  3     view of %conv2d
//
// `first` is the node that writes the value and `last` the last one that reads it or a view of it, counted from 0;
// `start` and `end`: before and after the step.
#ifndef BRINE_IR_TEXT_MEMORY_TABLE_H_
#define BRINE_IR_TEXT_MEMORY_TABLE_H_

#include <string>

#include "ir/graph.h"

namespace brine::ir {

std::string MemoryTable(
    const Graph& graph);  // at Stage::kPlanned, accepted by verify.h; otherwise values without a place are left out

}  // namespace brine::ir

#endif  // BRINE_IR_TEXT_MEMORY_TABLE_H_
