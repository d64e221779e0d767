// What the processes that train one model together say to each other.
//
// Each process is a rank, from 0 to size − 1.  All ranks run the same program on the same state, and every rank calls
// the functions below in the same order, except that exchanges are matched by their tags.  A rank that cannot go on
// ends all of them (abort), and so does one that finds that another has died or stopped; so no function returns an
// error.  The functions are called by one thread of the process.
#ifndef BRINE_RUNTIME_CORE_COMMUNICATOR_H_
#define BRINE_RUNTIME_CORE_COMMUNICATOR_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Bytes for, or from, one rank.
typedef struct brine_part {
  void* data;
  int64_t bytes;
} brine_part;

typedef struct brine_communicator {
  int32_t rank, size;

  // Replaces `data` by that of rank 0.
  void (*broadcast)(void* data, int64_t bytes);

  // Copies `mine` of every rank, in the order of the ranks, to `all`, which has size · bytes bytes, on every rank.
  void (*gather)(const void* mine, int64_t bytes, void* all);

  // Returns when all ranks have called it.
  void (*barrier)(void);

  // Begins to send to[r] to every rank r and to receive from[r] of every rank r, its own included, and returns at once.
  // The bytes that r sends to this rank are as many as this rank expects.  Both arrays are copied.  The memory that
  // they name must stay until `done` is called.  That happens on a thread of the communicator; `done` may begin another
  // exchange.  Of the exchanges that are under way at a time, each has a tag of its own, below 32,768.
  void (*exchange)(int32_t tag, const brine_part* to, const brine_part* from, void (*done)(void* user), void* user);

  // Returns when all exchanges have ended, those included that others of them began.
  void (*finish)(void);

  // Ends the processes of all ranks; this one with the code.
  void (*abort)(int32_t code);
} brine_communicator;

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_COMMUNICATOR_H_
