// The memory of a planned graph as a table: one line for each value, in the order in which values are defined, and then
// the size of each block.
//
//   value          bytes  place         first  last
//   %x             98304  inputs+0      start  end
//   %conv2d       460800  arena+4096        0  3
//   %flatten      460800  arena+4096        1  3     view of %conv2d
//
// `first` is the number, from 0, of the node that writes the value; `last` is that of the last node that reads the
// value or a view of it.  `start` stands for the time before the step, `end` for the time after it.
#ifndef BRINE_IR_TEXT_MEMORY_TABLE_H_
#define BRINE_IR_TEXT_MEMORY_TABLE_H_

#include <string>

#include "ir/graph.h"

namespace brine::ir {

// The graph should be planned; values without a placement are left out.
std::string MemoryTable(const Graph& graph);

}  // namespace brine::ir

#endif  // BRINE_IR_TEXT_MEMORY_TABLE_H_
