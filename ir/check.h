// BRINE_CHECK: our own bugs stop the program with file, line and condition.  Nothing that a user feeds in may reach
// one; a user's mistake is an absl::Status.
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
