#include "codegen/native/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#include "runtime/core/denormals.h"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

enum {
  kMaxThreads = 1024,
  kCacheLineBytes = 64,
  // The number of times that a worker looks for a loop before it sleeps.  This takes much longer than the pauses
  // between kernels, so workers do not sleep within a step.
  kSpinsBeforeSleep = 4000,
  kSpinsPerYield = 64,      // after so many spins, a worker yields its core to another thread
  kMinStackBytes = 2 << 20  // of a worker: kernels take up to 1 MB
};

// The tasks with which a thread begins.  When they are done, it takes tasks from the ranges of other threads.
typedef struct {
  _Alignas(kCacheLineBytes) _Atomic int64_t next;  // the first task that no thread has taken
  int64_t end;
} Range;

// The loop that runs; there is one at a time.  `inside` counts the workers that read its fields.  A worker enters
// (increments the count), tests again whether the loop is open, and leaves.  The caller closes the loop and then waits
// until no worker is inside; only then it may return or change a field.
static struct {
  _Alignas(kCacheLineBytes) _Atomic uint32_t open;  // the number of the loop; 0 while none runs
  _Alignas(kCacheLineBytes) _Atomic int inside;
  _Alignas(kCacheLineBytes) brine_task task;
  void* user_context;
  uint8_t* closure;
  int participants;    // the threads that run tasks; the caller is participant 0
  _Atomic int failed;  // the nonzero result of a task; 0: none
  Range ranges[kMaxThreads];
} loop;

static struct {
  _Alignas(kCacheLineBytes) atomic_flag taken;  // by the thread that runs a loop; it guards `loops` and `started`
  uint32_t loops;                               // the number of the last loop
  _Atomic int threads;                          // see brine_backend_set_threads
  int started;                                  // the number of workers
  // The number of threads at which pthread_create failed last; it is not tried again for the same number.  0: none.
  int refused;
  _Atomic int sleeping;  // the number of workers that sleep
  _Atomic int stop;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
} pool = {
    .taken = ATOMIC_FLAG_INIT, .threads = 1, .mutex = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static pthread_t workers[kMaxThreads];

// Lets some time pass before look number `spins`.
static void Relax(int spins) {
  if (spins % kSpinsPerYield == 0) {
    sched_yield();
    return;
  }
#if defined(__SSE2__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

// Runs the tasks of participant `self`: those of its own range, then what is left of the other ranges.
static void RunTasks(int self) {
  const uint32_t denormals = brine_backend_flush_denormals();
  for (int offset = 0; offset < loop.participants; ++offset) {
    Range* const range = &loop.ranges[(self + offset) % loop.participants];
    while (atomic_load_explicit(&range->next, memory_order_relaxed) < range->end) {
      const int64_t index = atomic_fetch_add_explicit(&range->next, 1, memory_order_relaxed);
      if (index >= range->end) break;
      const int result = loop.task(loop.user_context, (int32_t)index, loop.closure);
      if (result != 0) atomic_store_explicit(&loop.failed, result, memory_order_relaxed);
    }
  }
  brine_backend_restore(denormals);
}

// Waits for a loop other than the one with number `last`.  Returns 0 if the workers are to end.
static int WaitForLoop(uint32_t last) {
  for (int spins = 1; spins <= kSpinsBeforeSleep; ++spins) {
    const uint32_t open = atomic_load_explicit(&loop.open, memory_order_acquire);
    if (open != 0 && open != last) return 1;
    if (atomic_load_explicit(&pool.stop, memory_order_relaxed)) return 0;
    Relax(spins);
  }
  pthread_mutex_lock(&pool.mutex);
  atomic_fetch_add(&pool.sleeping, 1);
  for (;;) {
    const uint32_t open = atomic_load(&loop.open);
    if ((open != 0 && open != last) || atomic_load(&pool.stop)) break;
    pthread_cond_wait(&pool.wake, &pool.mutex);
  }
  atomic_fetch_sub(&pool.sleeping, 1);
  pthread_mutex_unlock(&pool.mutex);
  return !atomic_load(&pool.stop);
}

static void WakeSleepers(void) {
  if (atomic_load(&pool.sleeping) == 0) return;
  pthread_mutex_lock(&pool.mutex);
  pthread_cond_broadcast(&pool.wake);
  pthread_mutex_unlock(&pool.mutex);
}

// The main function of a worker; `argument` is its number among the participants.
static void* Work(void* argument) {
  const int self = (int)(intptr_t)argument;
  uint32_t last = 0;
  while (WaitForLoop(last)) {
    atomic_fetch_add(&loop.inside, 1);
    const uint32_t open = atomic_load(&loop.open);
    if (open != 0) {
      last = open;
      if (self < loop.participants) RunTasks(self);
    }
    atomic_fetch_sub(&loop.inside, 1);
  }
  return NULL;
}

// Runs in the child after a fork.  The child has none of its parent's workers.
static void ForgetWorkers(void) {
  pool.started = 0;
  pool.refused = 0;
  atomic_store(&pool.sleeping, 0);
  pthread_mutex_init(&pool.mutex, NULL);
  pthread_cond_init(&pool.wake, NULL);
  atomic_store(&loop.open, 0);
  atomic_store(&loop.inside, 0);
  atomic_flag_clear(&pool.taken);
}

// Starts the workers that `threads` threads need besides the caller.  If the system refuses some, the others do the
// work.
static void StartWorkers(int threads) {
  if (pool.loops == 0) pthread_atfork(NULL, NULL, ForgetWorkers);
  if (pool.started >= threads - 1 || threads == pool.refused) return;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  size_t stack_bytes = 0;
  pthread_attr_getstacksize(&attributes, &stack_bytes);
  if (stack_bytes < kMinStackBytes) pthread_attr_setstacksize(&attributes, kMinStackBytes);
  while (pool.started < threads - 1 &&
         pthread_create(&workers[pool.started], &attributes, Work, (void*)(intptr_t)(pool.started + 1)) == 0)
    ++pool.started;
  pthread_attr_destroy(&attributes);
  pool.refused = pool.started < threads - 1 ? threads : 0;
}

// Ends the workers before the code that they execute is unloaded.
__attribute__((destructor)) static void StopWorkers(void) {
  atomic_store(&pool.stop, 1);
  WakeSleepers();
  for (int worker = 0; worker < pool.started; ++worker) pthread_join(workers[worker], NULL);
}

// Runs all tasks on the calling thread.
static int RunAlone(void* user_context, brine_task task, int32_t min, int32_t size, uint8_t* closure) {
  const uint32_t denormals = brine_backend_flush_denormals();
  int failed = 0;
  for (int32_t index = 0; index < size; ++index) {
    const int result = task(user_context, min + index, closure);
    if (result != 0) failed = result;
  }
  brine_backend_restore(denormals);
  return failed;
}

int brine_backend_parallel_for(void* user_context, brine_task task, int32_t min, int32_t size, uint8_t* closure) {
  const int threads = atomic_load_explicit(&pool.threads, memory_order_relaxed),
            participants = threads < size ? threads : size;
  if (participants < 2 || atomic_flag_test_and_set_explicit(&pool.taken, memory_order_acquire))
    return RunAlone(user_context, task, min, size, closure);
  StartWorkers(threads);
  loop.task = task;
  loop.user_context = user_context;
  loop.closure = closure;
  loop.participants = participants;
  for (int participant = 0; participant < participants; ++participant) {
    Range* const range = &loop.ranges[participant];
    atomic_store_explicit(&range->next, min + (int64_t)size * participant / participants, memory_order_relaxed);
    range->end = min + (int64_t)size * (participant + 1) / participants;
  }
  atomic_store_explicit(&loop.failed, 0, memory_order_relaxed);
  if (++pool.loops == 0) ++pool.loops;  // 0 means that no loop runs
  atomic_store(&loop.open, pool.loops);
  WakeSleepers();
  RunTasks(0);
  atomic_store(&loop.open, 0);
  for (int spins = 1; atomic_load(&loop.inside) != 0; ++spins) Relax(spins);
  const int failed = atomic_load_explicit(&loop.failed, memory_order_relaxed);
  atomic_flag_clear_explicit(&pool.taken, memory_order_release);
  return failed;
}

int brine_backend_set_threads(int32_t count) {
  return atomic_exchange(&pool.threads, count < 1 ? 1 : count > kMaxThreads ? kMaxThreads : count);
}

uint32_t brine_backend_flush_denormals(void) { return brine_flush_denormals(); }

void brine_backend_restore(uint32_t before) { brine_restore_denormals(before); }
