// What a message between two ranks costs: mpirun -n 2 ranks_network prints, as JSON in seconds, the time of an empty
// exchange (alpha), what each of many short exchanges at once adds (overhead), and the time of a byte (beta) while both
// ranks send.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/mpi/communicator.h"

enum { kRounds = 20, kPings = 100, kMessages = 256, kShort = 1024, kLong = 4 << 20 };

static const brine_communicator* communicator;
static char *sent, *received;

static double Now(void) {
  struct timespec now;
  timespec_get(&now, TIME_UTC);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// The least seconds of `count` exchanges at once, of `bytes` bytes in each direction.
static double Least(int32_t count, int64_t bytes, int rounds, int times) {
  brine_part to[2] = {{NULL, 0}, {NULL, 0}}, from[2] = {{NULL, 0}, {NULL, 0}};
  const int32_t peer = 1 - communicator->rank;
  double least = 1e9;
  for (int round = 0; round < rounds; ++round) {
    communicator->barrier();
    const double begin = Now();
    for (int time = 0; time < times; ++time) {
      for (int32_t index = 0; index < count; ++index) {
        to[peer] = (brine_part){sent, bytes};
        from[peer] = (brine_part){received + index * bytes, bytes};
        communicator->exchange(index, to, from, NULL, NULL);
      }
      communicator->finish();
    }
    const double seconds = (Now() - begin) / times;
    if (seconds < least) least = seconds;
  }
  return least;
}

int main(int argc, char** argv) {
  communicator = brine_mpi_begin(&argc, &argv);
  if (communicator->size != 2) communicator->abort(2);
  sent = calloc(2, kLong);
  received = sent + kLong;
  const double alpha = Least(1, 1, kRounds, kPings), many = Least(kMessages, kShort, kRounds, 1),
               beta = Least(1, kLong, 3, 1) / kLong;
  const double overhead = (many - alpha) / kMessages - kShort * beta;  // without the time of the bytes on the wire
  if (communicator->rank == 0)
    printf("{\"alpha\": %.3g, \"overhead\": %.3g, \"beta\": %.3g}\n", alpha, overhead > 0 ? overhead : 0, beta);
  brine_mpi_end();
  free(sent);
}
