/* fma_peak THREADS: prints the rate of multiply-adds that THREADS cores can reach, in GFLOP/s.
 *
 * Each thread has twelve independent vectors of sums, so that two multiply-add units with a latency of four or five
 * cycles are always busy; twelve vectors fit into sixteen registers with the two operands that they share. The best of
 * 500 short runs counts, since other programs may have disturbed the rest. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__AVX512F__)
enum { kLanes = 16 };
#elif defined(__AVX__)
enum { kLanes = 8 };
#else
enum { kLanes = 4 };
#endif
enum { kSums = 12, kLoops = 200000, kRuns = 500 };
typedef float vector __attribute__((vector_size(4 * kLanes)));

struct worker {
  pthread_t thread;
  double begin[kRuns], end[kRuns]; /* on the worker's own clock readings: a third thread may sleep through a run */
  float result;
};
static pthread_barrier_t barrier;

static double Seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void* Multiply(void* argument) {
  struct worker* worker = argument;
  vector sums[kSums] = {{0}}, factor = {0}, term = {0};
  __asm__ volatile("" : "+x"(factor), "+x"(term)); /* numbers that the compiler does not know */
  for (int run = 0; run < kRuns; ++run) {
    pthread_barrier_wait(&barrier);
    worker->begin[run] = Seconds();
    for (int loop = 0; loop < kLoops; ++loop) {
#pragma GCC unroll 12
      for (int sum = 0; sum < kSums; ++sum) sums[sum] = sums[sum] * factor + term;
    }
    for (int sum = 0; sum < kSums; ++sum) __asm__ volatile("" : : "x"(sums[sum]));
    worker->end[run] = Seconds();
  }
  for (int sum = 1; sum < kSums; ++sum) sums[0] += sums[sum];
  worker->result = sums[0][0];
  return NULL;
}

int main(int argc, char** argv) {
  const int threads = argc == 2 ? atoi(argv[1]) : 0;
  if (threads < 1 || threads > 1024) {
    fputs("usage: fma_peak THREADS\n", stderr);
    return 2;
  }
  struct worker* const workers = calloc((size_t)threads, sizeof(struct worker));
  if (workers == NULL) return 1;
  pthread_barrier_init(&barrier, NULL, (unsigned)threads);
  for (int index = 0; index < threads; ++index) {
    if (pthread_create(&workers[index].thread, NULL, Multiply, &workers[index]) != 0) return 1;
  }
  for (int index = 0; index < threads; ++index) pthread_join(workers[index].thread, NULL);
  double best = 0;
  for (int run = 0; run < kRuns; ++run) {
    double begin = workers[0].begin[run], end = workers[0].end[run];
    for (int index = 1; index < threads; ++index) {
      if (workers[index].begin[run] < begin) begin = workers[index].begin[run];
      if (workers[index].end[run] > end) end = workers[index].end[run];
    }
    const double rate = 2e-9 * kLanes * kSums * kLoops * threads / (end - begin);
    if (rate > best) best = rate;
  }
  printf("%.1f\n", best);
  free(workers);
  return 0;
}
