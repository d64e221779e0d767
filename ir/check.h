// BRINE_CHECK stops the program with file, line and condition when the compiler itself has a bug.  No input of a user
// may make a check fail: a mistake of a user is reported as an absl::Status.
#ifndef BRINE_IR_CHECK_H_
#define BRINE_IR_CHECK_H_

#include <cstdio>
#include <cstdlib>

#define BRINE_CHECK(condition)                                                                           \
  do {                                                                                                   \
    if (!(condition)) {                                                                                  \
      std::fprintf(stderr, "%s:%d: internal error: %s does not hold\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                                      \
    }                                                                                                    \
  } while (false)

#endif  // BRINE_IR_CHECK_H_
