// What the program of these tests adds to Brine, in program.cc and nowhere else: ops, forms of contractions,
// strategies, passes, activations, a loss, a metric and an optimizer.
#ifndef BRINE_TESTS_EXTENSION_PROGRAM_H_
#define BRINE_TESTS_EXTENSION_PROGRAM_H_

#include "ir/op.h"

namespace brine {

extern const ir::Op kSoftsign;

// Makes them known.  Called once, before anything else of Brine.
void AddExtensions();

}  // namespace brine

#endif  // BRINE_TESTS_EXTENSION_PROGRAM_H_
