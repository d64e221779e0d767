// A program whose ranks exercise the communicator: ranks COMMAND [NUMBER].  Each says what is wrong, and ends with 1.
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/mpi/communicator.h"

static const brine_communicator* ranks;

static uint64_t Mix(uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

static uint64_t Key(uint64_t exchange, int from, int to) {
  return Mix(exchange * 1000003 + (uint64_t)(from * 1009 + to));
}

// How many bytes `from` sends to `to`: mostly few, sometimes none or 300,000.
static int64_t Size(uint64_t exchange, int from, int to) {
  const uint64_t key = Key(exchange, from, to);
  const int64_t most[] = {1, 10, 1000, 1000, 10000, 10000, 100000, 300000};
  return (int64_t)((key >> 8) % (uint64_t)most[key % 8]);
}

static char Byte(uint64_t exchange, int from, int to, int64_t position) {
  return (char)(Key(exchange, from, to) >> (position % 7)) + (char)(position / 7);
}

static double Seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void Wrong(const char* what, uint64_t number) {
  fprintf(stderr, "rank %d of %d: wrong %s %llu\n", ranks->rank, ranks->size, what, (unsigned long long)number);
  ranks->abort(1);
}

// ---- exchanges ----

enum { kUnderWay = 40, kRounds = 25 };

typedef struct Exchange {
  uint64_t number;
  int tag;
  bool begins_another;
  brine_part *to, *from;
  int done;
  struct Exchange* another;
} Exchange;

static Exchange* Make(uint64_t number, int tag, bool begins_another) {
  Exchange* const exchange = calloc(1, sizeof(Exchange));
  *exchange = (Exchange){number,
                         tag,
                         begins_another,
                         calloc((size_t)ranks->size, sizeof(brine_part)),
                         calloc((size_t)ranks->size, sizeof(brine_part)),
                         0,
                         NULL};
  for (int peer = 0; peer < ranks->size; ++peer) {
    const int64_t sent = Size(number, ranks->rank, peer), received = Size(number, peer, ranks->rank);
    exchange->to[peer] = (brine_part){malloc((size_t)sent + 1), sent};
    exchange->from[peer] = (brine_part){calloc(1, (size_t)received + 1), received};
    for (int64_t position = 0; position < sent; ++position)
      ((char*)exchange->to[peer].data)[position] = Byte(number, ranks->rank, peer, position);
  }
  return exchange;
}

static void Begin(Exchange* exchange);

static void Done(void* user) {
  Exchange* const exchange = user;
  ++exchange->done;
  if (!exchange->begins_another) return;
  exchange->another = Make(exchange->number + 1000000, exchange->tag + 16384, false);
  Begin(exchange->another);
}

static void Begin(Exchange* exchange) {
  // The arrays need not outlive the call.
  const size_t bytes = (size_t)ranks->size * sizeof(brine_part);
  brine_part *const to = malloc(bytes), *const from = malloc(bytes);
  memcpy(to, exchange->to, bytes);
  memcpy(from, exchange->from, bytes);
  ranks->exchange(exchange->tag, to, from, Done, exchange);
  memset(to, 255, bytes);
  memset(from, 255, bytes);
  free(to);
  free(from);
}

static void CheckAndFree(Exchange* exchange) {
  if (exchange->done != 1) Wrong("calls of done of exchange", exchange->number);
  for (int peer = 0; peer < ranks->size; ++peer) {
    for (int64_t position = 0; position < exchange->from[peer].bytes; ++position) {
      if (((char*)exchange->from[peer].data)[position] != Byte(exchange->number, peer, ranks->rank, position))
        Wrong("bytes of exchange", exchange->number);
    }
    free(exchange->to[peer].data);
    free(exchange->from[peer].data);
  }
  if (exchange->begins_another != (exchange->another != NULL)) Wrong("successor of exchange", exchange->number);
  if (exchange->another != NULL) CheckAndFree(exchange->another);
  free(exchange->to);
  free(exchange->from);
  free(exchange);
}

// Many exchanges are under way at once, which every rank begins in another order and after other pauses.
static void TestExchanges(void) {
  for (uint64_t round = 0; round < kRounds; ++round) {
    Exchange* exchanges[kUnderWay];
    for (int index = 0; index < kUnderWay; ++index)
      exchanges[index] = Make(round * kUnderWay + (uint64_t)index, (index * 397) % 16384, index % 3 == 0);
    const uint64_t key = Mix(round * 100 + (uint64_t)ranks->rank), first = key % kUnderWay;
    for (int index = 0; index < kUnderWay; ++index) {
      Begin(exchanges[(first + (uint64_t)index * 7) % kUnderWay]);  // 7 and 40 have no common factor
      if (Mix(key + (uint64_t)index) % 8 == 0) usleep((unsigned)(Mix(key - (uint64_t)index) % 500));
    }
    ranks->finish();
    for (int index = 0; index < kUnderWay; ++index) CheckAndFree(exchanges[index]);
  }
}

// ---- the other functions ----

static void TestBroadcast(void) {
  const int64_t sizes[] = {0, 1, 2, 3, 7, 1000, 65537, 5000003};
  for (uint64_t number = 0; number < sizeof(sizes) / sizeof(sizes[0]); ++number) {
    char* const data = calloc(1, (size_t)sizes[number] + 1);
    for (int64_t position = 0; ranks->rank == 0 && position < sizes[number]; ++position)
      data[position] = Byte(number, 0, 0, position);
    ranks->broadcast(data, sizes[number]);
    for (int64_t position = 0; position < sizes[number]; ++position) {
      if (data[position] != Byte(number, 0, 0, position)) Wrong("bytes of broadcast", number);
    }
    if (data[sizes[number]] != 0) Wrong("end of broadcast", number);
    free(data);
  }
}

static void TestGather(void) {
  const int64_t sizes[] = {0, 1, 24, 1000, 300007};
  for (uint64_t number = 0; number < sizeof(sizes) / sizeof(sizes[0]); ++number) {
    char *const mine = malloc((size_t)sizes[number] + 1), *const all =
                                                              calloc((size_t)ranks->size, (size_t)sizes[number] + 1);
    for (int64_t position = 0; position < sizes[number]; ++position)
      mine[position] = Byte(number, ranks->rank, 7, position);
    ranks->gather(mine, sizes[number], all);
    for (int rank = 0; rank < ranks->size; ++rank) {
      for (int64_t position = 0; position < sizes[number]; ++position) {
        if (all[rank * sizes[number] + position] != Byte(number, rank, 7, position)) Wrong("bytes of gather", number);
      }
    }
    free(mine);
    free(all);
  }
}

// Each rank is the last one once; nobody leaves before it arrives.
static void TestBarrier(void) {
  double* const arrivals = malloc((size_t)ranks->size * sizeof(double));
  for (int last = 0; last < ranks->size; ++last) {
    if (ranks->rank == last) usleep(30000);
    const double arrived = Seconds();
    ranks->barrier();
    const double left = Seconds();
    ranks->gather(&arrived, sizeof(arrived), arrivals);
    for (int rank = 0; rank < ranks->size; ++rank) {
      if (arrivals[rank] > left) Wrong("barrier", (uint64_t)last);
    }
  }
  free(arrivals);
}

// The caller's messages do not meet those of exchanges that are under way.
static void TestCallsBesideExchanges(void) {
  Exchange* const slow = Make(77, 0, true);
  if (ranks->rank != 0) Begin(slow);
  TestGather();
  TestBroadcast();
  if (ranks->rank == 0) Begin(slow);
  ranks->finish();
  CheckAndFree(slow);
}

// Sends messages to and fro without end.
static void Chat(void) {
  for (uint64_t number = 0;; ++number) {
    Exchange* const exchange = Make(number, 5, false);
    Begin(exchange);
    usleep(2000);
    ranks->finish();
    CheckAndFree(exchange);
  }
}

// ---- two ranks that do not do the same ----

static char sent[50000], received[2 * sizeof(sent)];

static void Gather24(void) { ranks->gather(sent, 24, received); }
static void Gather50000(void) { ranks->gather(sent, sizeof(sent), received); }
static void Broadcast24(void) { ranks->broadcast(sent, 24); }
static void Nothing(void) {}

// Expects 100 bytes of the other rank.
static void Send(int64_t bytes) {
  brine_part to[2] = {{sent, 0}}, from[2] = {{received, 0}};
  to[1 - ranks->rank] = (brine_part){sent, bytes};
  from[1 - ranks->rank] = (brine_part){received, 100};
  ranks->exchange(3, to, from, NULL, NULL);
  ranks->finish();
}
static void Send100(void) { Send(100); }
static void Send99(void) { Send(99); }
static void Send2500(void) { Send(2500); }

static void Differ(int number) {
  void (*const rows[][2])(void) = {{ranks->barrier, Gather24}, {Gather24, Gather50000}, {Broadcast24, Gather24},
                                   {Nothing, ranks->barrier},  {Send100, Send99},       {Send100, Send2500}};
  rows[number][ranks->rank]();
}

// The thread of the communicator fails while the main thread holds the lock of stdout.
static void FailWhileStdoutIsFull(void) {
  int ends[2];
  if (ranks->rank == 1) {
    sleep(1);
    Send99();
  }
  if (ranks->rank == 1 || pipe(ends) != 0 || dup2(ends[1], STDOUT_FILENO) < 0) return;
  brine_part to[2] = {{sent, 0}, {sent, 100}}, from[2] = {{received, 0}, {received, 100}};
  ranks->exchange(3, to, from, NULL, NULL);
  for (;;) puts("this waits for a reader");
}

int main(int argc, char** argv) {
  alarm(3000);
  ranks = brine_mpi_begin(&argc, &argv);
  const char* const command = argv[1];
  const int number = argc > 2 ? atoi(argv[2]) : 0;
  if (strcmp(command, "all") == 0) {
    TestExchanges();
    TestBroadcast();
    TestGather();
    TestBarrier();
    TestCallsBesideExchanges();
    if (ranks->rank == 0) puts("all is well");
  }
  if (strcmp(command, "differ") == 0) Differ(number);
  if (strcmp(command, "full") == 0) FailWhileStdoutIsFull();
  fprintf(stderr, "rank %d is process %d.\n", ranks->rank, (int)getpid());  // for the test that stops it
  if (strcmp(command, "chat") == 0) Chat();
  if (strcmp(command, "idle") == 0) sleep(600);
  if (strcmp(command, "abort") == 0) {
    if (ranks->rank == ranks->size - 1) ranks->abort(number);
    sleep(600);
  }
  brine_mpi_end();
  if (alarm(0) < 2000) {
    fprintf(stderr, "rank %d: another alarm than that of the program is left\n", ranks->rank);
    return 1;
  }
  return strcmp(command, "code") == 0 ? number : 0;
}
