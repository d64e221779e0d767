// The communicator over MPI.
//
// One thread makes all calls of MPI, since an MPI library moves most messages only while it is called: so they go on
// while the caller computes.  The caller gives it operations through a queue.  All of them are exchanges: a gather, a
// broadcast and a barrier, too.  Those begin with a header, by which ranks notice that their calls differ.
//
// The same thread tells the next rank every second that this process is alive.  No error of MPI and no closed
// connection tells of a process that is stopped, or of a machine that has gone.
#define _GNU_SOURCE  // sched_yield, clock_gettime, pthread_condattr_setclock
#include "runtime/mpi/communicator.h"

#include <mpi.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/job.h"

enum {
  kMostBytes = 1 << 30,  // of a message, since MPI counts them in an int
  kSilence = 15,         // seconds without a heartbeat after which a rank counts as stopped
  kLeastSilence = 5,     // that a user may choose, since a thread may have to wait for a core
  kMostSilence = 1000000,
  kAbort = 5,         // seconds after which a process ends that MPI_Abort has not ended
  kReading = 100000,  // microseconds before MPI_Abort, since MPICH's mpirun may lose what was printed just before
  kYields = 1000,     // how often the thread polls without a pause while the caller waits
  kFailed = 1,        // the exit code when the others have failed
  kWrongUse = 2       // and for an environment variable with a wrong value
};
static const int64_t kSecond = 1000000000;
static const int64_t kPause = 200000;    // between two polls while the caller computes
static const int64_t kRest = 250000000;  // while there are no messages but heartbeats
static const int64_t kGap = 3;           // seconds after which this thread knows that it was stopped itself

// What a rank says of a call for whose end it waits: its number, its name, and the bytes that it was given.
typedef struct Header {
  int64_t number, bytes;
  char name[16];
} Header;

// An exchange that has been asked for.
typedef struct Operation Operation;
struct Operation {
  Operation* next;
  MPI_Comm group;
  int32_t tag;
  bool has_header;  // whether each message to a rank, also an empty one, is preceded by own_header
  void (*done)(void* user);
  void* user;
  int64_t* left;       // is decremented when the operation has ended
  int64_t messages;    // that have not ended
  brine_part parts[];  // to each rank, then from each rank
};

typedef struct Message {
  Operation* operation;
  int32_t peer;
  int bytes;
  const Header* header;  // that is received; null for other messages
  bool is_sent;
} Message;

static brine_communicator communicator;
// Messages of operations that the caller waits for have no tags of their own, and so a group of their own.
static MPI_Comm exchanges, calls, heartbeats;
static char previous_host[MPI_MAX_PROCESSOR_NAME];  // that of rank − 1
static int64_t silence;                             // kSilence, or what $BRINE_HEARTBEAT_SECONDS says; 0: without end
// Of the call that is under way, of which there is one at most: what this rank says, and what each rank has said.
static Header own_header, *headers;

// What both threads use, under the mutex.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t for_thread, for_caller = PTHREAD_COND_INITIALIZER;
static Operation *first, **last = &first;
static int64_t exchanges_left;
static bool is_awaited;   // whether the caller waits
static bool is_leaving;   // whether the thread is to end
static bool is_aborting;  // whether it is to end all processes

static pthread_t thread;
static bool has_thread;

// The rest is used by the thread of the communicator only.
static MPI_Request* requests;  // one for each message
static Message* messages;
static int* ended;  // for MPI_Testsome
static MPI_Status* statuses;
static int message_count, message_capacity;

static int64_t Now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);  // which stands still while the machine sleeps
  return now.tv_sec * kSecond + now.tv_nsec;
}

// ---- errors ----

static volatile sig_atomic_t code_of_end;

static void EndAtOnce(int signal) {
  (void)signal;
  _exit(code_of_end);
}

// Flushes nothing, since another thread may wait for a reader of stdout and hold its lock.  MPICH flushes in MPI_Abort,
// and the thread may wait within MPI for a rank that is stopped.  So this process ends after some seconds in any case.
// That it ends without MPI_Finalize then tells mpirun to end the others.
static void Abort(int32_t code) {
  code_of_end = code;
  signal(SIGALRM, EndAtOnce);
  alarm(kAbort);
  usleep(kReading);
  if (!has_thread || pthread_equal(pthread_self(), thread)) {
    MPI_Abort(MPI_COMM_WORLD, code);
  } else {
    pthread_mutex_lock(&mutex);
    is_aborting = true;
    pthread_cond_signal(&for_thread);
    pthread_mutex_unlock(&mutex);
    for (;;) pause();
  }
  _exit(code);
}

// Says why this rank cannot go on, and ends all processes.
__attribute__((format(printf, 1, 2))) static void Fail(const char* format, ...) {
  char text[2 * MPI_MAX_ERROR_STRING];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  fprintf(stderr, "rank %d: %s\n", communicator.rank, text);
  Abort(kFailed);
}

// Fails unless `error` is none.  `what` says what was attempted with the rank `peer`, or with none if that is negative.
static void Check(int error, const char* what, int peer) {
  if (error == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(error, text, &length);
  if (peer < 0) Fail("%s failed: %s", what, text);
  Fail("%s rank %d failed: %s", what, peer, text);
}

static void* Allocate(void* memory, size_t bytes) {
  void* const result = realloc(memory, bytes);
  if (result == NULL) Fail("there is not enough memory for messages");
  return result;
}

// ---- messages ----

// Fails unless the message of another rank has as many bytes as this rank expects.
static void CheckReceived(const Message* message, const MPI_Status* status, int error) {
  int class = MPI_SUCCESS, bytes = 0;
  MPI_Error_class(error, &class);
  if (class == MPI_ERR_TRUNCATE) {
    Fail("rank %d has sent more than the %d bytes that were expected: the ranks do not do the same", message->peer,
         message->bytes);
  }
  Check(error, "receiving from", message->peer);
  Check(MPI_Get_count(status, MPI_BYTE, &bytes), "the size of a message of", message->peer);
  if (bytes != message->bytes) {
    Fail("rank %d has sent %d bytes, %d were expected: the ranks do not do the same", message->peer, bytes,
         message->bytes);
  }
  const Header *const theirs = message->header, *const own = &own_header;
  if (theirs == NULL || memcmp(theirs, own, sizeof(*own)) == 0) return;
  Fail(
      "rank %d calls %.16s with %lld bytes as its call number %lld, this rank %s with %lld as number %lld: the ranks "
      "do not do the same",
      message->peer, theirs->name, (long long)theirs->bytes, (long long)theirs->number, own->name,
      (long long)own->bytes, (long long)own->number);
}

// Begins to send `part` to a rank or to receive it.  `header` is null unless the part is a header to be received.
static void Post(Operation* operation, brine_part part, int peer, bool is_sent, const Header* header) {
  for (int64_t begin = 0; begin < part.bytes; begin += kMostBytes) {
    if (message_count == message_capacity) {
      message_capacity = 2 * message_capacity + 64;
      const size_t capacity = (size_t)message_capacity;
      requests = Allocate(requests, capacity * sizeof(*requests));
      messages = Allocate(messages, capacity * sizeof(*messages));
      ended = Allocate(ended, capacity * sizeof(*ended));
      statuses = Allocate(statuses, capacity * sizeof(*statuses));
    }
    const int64_t rest = part.bytes - begin;
    const int bytes = (int)(rest < kMostBytes ? rest : kMostBytes);
    char* const data = (char*)part.data + begin;
    MPI_Request* const request = &requests[message_count];
    const int error = is_sent ? MPI_Isend(data, bytes, MPI_BYTE, peer, operation->tag, operation->group, request)
                              : MPI_Irecv(data, bytes, MPI_BYTE, peer, operation->tag, operation->group, request);
    Check(error, is_sent ? "sending to" : "receiving from", peer);
    messages[message_count++] = (Message){operation, peer, bytes, header, is_sent};
    ++operation->messages;
  }
}

// Counts a message of the operation as ended, and with the last one the operation.
static void EndMessage(Operation* operation) {
  if (--operation->messages > 0) return;
  if (operation->done != NULL) operation->done(operation->user);
  pthread_mutex_lock(&mutex);
  --*operation->left;
  pthread_cond_signal(&for_caller);
  pthread_mutex_unlock(&mutex);
  free(operation);
}

static void Start(Operation* operation) {
  const int32_t rank = communicator.rank, size = communicator.size;
  const brine_part *const to = operation->parts, *const from = to + size;
  operation->messages = 1;  // this function, so that the operation does not end before all of it has begun
  if (to[rank].bytes > 0 && to[rank].data != from[rank].data)
    memcpy(from[rank].data, to[rank].data, (size_t)to[rank].bytes);
  // Each rank begins with another one, so that they do not all send to the same.
  for (int32_t step = 1; step < size; ++step) {
    const int32_t peer = (rank + size - step) % size;
    if (operation->has_header) {
      Post(operation, (brine_part){&headers[peer], sizeof(Header)}, peer, false, &headers[peer]);
    }
    Post(operation, from[peer], peer, false, NULL);
  }
  for (int32_t step = 1; step < size; ++step) {
    const int32_t peer = (rank + step) % size;
    if (operation->has_header) Post(operation, (brine_part){&own_header, sizeof(Header)}, peer, true, NULL);
    Post(operation, to[peer], peer, true, NULL);
  }
  EndMessage(operation);
}

// Lets MPI move messages.  Returns whether one has ended.
static bool Poll(void) {
  if (message_count == 0) return false;
  int count = 0;
  const int error = MPI_Testsome(message_count, requests, &count, ended, statuses);
  const bool has_errors = error == MPI_ERR_IN_STATUS;
  if (!has_errors) Check(error, "moving messages", -1);
  for (int index = 0; index < count; ++index) {
    const Message* const message = &messages[ended[index]];
    const int of_message = has_errors ? statuses[index].MPI_ERROR : MPI_SUCCESS;
    if (message->is_sent) Check(of_message, "sending to", message->peer);
    if (!message->is_sent) CheckReceived(message, &statuses[index], of_message);
  }
  // The messages that have not ended stay in order; what `done` begins waits in the queue meanwhile.
  for (int index = 0; index < count; ++index) EndMessage(messages[ended[index]].operation);
  int kept = 0;
  for (int index = 0; index < message_count; ++index) {
    if (requests[index] == MPI_REQUEST_NULL) continue;
    requests[kept] = requests[index];
    messages[kept++] = messages[index];
  }
  message_count = kept;
  return count > 0;
}

// ---- heartbeats ----

// Each rank hears of the one before it.  The last message says that it leaves, so that each message has its receiver.
static MPI_Request heartbeat_sent = MPI_REQUEST_NULL, heartbeat_received = MPI_REQUEST_NULL;
static char sent_heartbeat, received_heartbeat;  // whether it is the last one
static bool previous_has_left;                   // MPI may write to received_heartbeat until its request has ended
static int64_t next_heartbeat, last_heard, last_look;

static void ReceiveHeartbeat(void) {
  const int previous = (communicator.rank + communicator.size - 1) % communicator.size;
  Check(MPI_Irecv(&received_heartbeat, 1, MPI_CHAR, previous, 0, heartbeats, &heartbeat_received), "receiving from",
        previous);
}

// Whether the request, if there is one, has ended.
static bool HasEnded(MPI_Request* request) {
  int has_ended = 0;
  Check(MPI_Test(request, &has_ended, MPI_STATUS_IGNORE), "a heartbeat", -1);
  return has_ended != 0;
}

// Sends a heartbeat if it is time, and fails if none has come for too long.  Returns whether both ranks beside this one
// know that it leaves.
static bool KeepInTouch(int64_t now, bool leaves) {
  const int32_t size = communicator.size, previous = (communicator.rank + size - 1) % size;
  if (size == 1) return leaves;
  if (now - last_look < kRest && !leaves) return false;  // each test lets MPI look for messages, which takes time
  if (now - last_look > kGap * kSecond) last_heard += now - last_look;  // the whole job may have been suspended
  last_look = now;
  if (!previous_has_left && HasEnded(&heartbeat_received)) {
    last_heard = now;
    previous_has_left = received_heartbeat != 0;
    if (!previous_has_left) ReceiveHeartbeat();
  }
  if (!previous_has_left && silence > 0 && now - last_heard > silence * kSecond) {
    Fail("rank %d (%s) has not been heard of for %d s; it is stopped, or its machine cannot be reached", previous,
         previous_host, (int)silence);
  }
  // A rank that is stopped takes no messages, so one of them may not have been sent yet.
  if (!HasEnded(&heartbeat_sent)) return false;
  if (sent_heartbeat) return previous_has_left;
  if (leaves || now >= next_heartbeat) {
    const int next = (communicator.rank + 1) % size;
    sent_heartbeat = leaves;
    next_heartbeat = now + kSecond;
    Check(MPI_Isend(&sent_heartbeat, 1, MPI_CHAR, next, 0, heartbeats, &heartbeat_sent), "sending to", next);
  }
  return false;
}

// ---- the thread ----

static void* Run(void* unused) {
  (void)unused;
  last_look = last_heard = Now();
  if (communicator.size > 1) ReceiveHeartbeat();
  int idle_polls = 0;
  for (bool leaves = false; !KeepInTouch(Now(), leaves);) {
    pthread_mutex_lock(&mutex);
    if (is_aborting) Abort(code_of_end);
    if (first == NULL && is_awaited && message_count > 0 && idle_polls < kYields) {
      pthread_mutex_unlock(&mutex);
      sched_yield();
      pthread_mutex_lock(&mutex);
    } else if (first == NULL && idle_polls > 0) {
      const int64_t end = Now() + (message_count == 0 && !is_leaving ? kRest : kPause);
      const struct timespec until = {end / kSecond, end % kSecond};
      pthread_cond_timedwait(&for_thread, &mutex, &until);
    }
    Operation* operation = first;
    first = NULL;
    last = &first;
    leaves = is_leaving;
    pthread_mutex_unlock(&mutex);
    for (Operation* next; operation != NULL; operation = next) {
      next = operation->next;
      Start(operation);
      idle_polls = 0;
    }
    idle_polls = Poll() ? 0 : idle_polls + 1;
  }
  return NULL;
}

// ---- the functions of the communicator ----

// Gives an operation to the thread.
static void Begin(MPI_Comm group, int32_t tag, bool has_header, const brine_part* to, const brine_part* from,
                  void (*done)(void* user), void* user, int64_t* left) {
  const size_t bytes = (size_t)communicator.size * sizeof(brine_part);
  Operation* const operation = Allocate(NULL, sizeof(Operation) + 2 * bytes);
  *operation = (Operation){NULL, group, tag, has_header, done, user, left, 0};
  memcpy(operation->parts, to, bytes);
  memcpy(operation->parts + communicator.size, from, bytes);
  pthread_mutex_lock(&mutex);
  ++*left;
  *last = operation;
  last = &operation->next;
  pthread_cond_signal(&for_thread);
  pthread_mutex_unlock(&mutex);
}

static void Wait(const int64_t* left) {
  pthread_mutex_lock(&mutex);
  is_awaited = true;
  pthread_cond_signal(&for_thread);
  while (*left > 0) pthread_cond_wait(&for_caller, &mutex);
  is_awaited = false;
  pthread_mutex_unlock(&mutex);
}

// An exchange for whose end the caller waits.
static void Await(bool has_header, const brine_part* to, const brine_part* from) {
  int64_t left = 0;
  Begin(calls, 0, has_header, to, from, NULL, NULL, &left);
  Wait(&left);
}

// The same, as the first one of a call of this name with so many bytes.  It ends only if all ranks make that call.
static void Call(const char* name, int64_t bytes, const brine_part* to, const brine_part* from) {
  own_header = (Header){own_header.number + 1, bytes, ""};
  strncpy(own_header.name, name, sizeof(own_header.name) - 1);
  Await(true, to, from);
}

static void Exchange(int32_t tag, const brine_part* to, const brine_part* from, void (*done)(void* user), void* user) {
  Begin(exchanges, tag, false, to, from, done, user, &exchanges_left);
}

static void Finish(void) { Wait(&exchanges_left); }

// Memory for `count` parts for each rank, which are empty.
static brine_part* MakeParts(size_t count) {
  const size_t bytes = count * (size_t)communicator.size * sizeof(brine_part);
  return memset(Allocate(NULL, bytes), 0, bytes);
}

static void Gather(const void* mine, int64_t bytes, void* all) {
  brine_part *const to = MakeParts(2), *const from = to + communicator.size;
  for (int32_t peer = 0; peer < communicator.size; ++peer) {
    to[peer] = (brine_part){(void*)mine, bytes};  // is only read
    from[peer] = (brine_part){(char*)all + peer * bytes, bytes};
  }
  Call("gather", bytes, to, from);
  free(to);
}

// The headers are all that the ranks send each other.
static void WaitForAll(const char* name) {
  brine_part* const nothing = MakeParts(1);
  Call(name, 0, nothing, nothing);
  free(nothing);
}

static void Barrier(void) { WaitForAll("barrier"); }

// The share of the rank `peer` of the bytes.
static brine_part SliceOf(void* data, int64_t bytes, int32_t peer) {
  const int64_t each = bytes / communicator.size, begin = each * peer;
  return (brine_part){(char*)data + begin, peer + 1 < communicator.size ? each : bytes - begin};
}

// Each rank gets a slice from rank 0 and sends it to all, so that rank 0 sends the bytes twice at most, and not once to
// each rank.
static void Broadcast(void* data, int64_t bytes) {
  const int32_t rank = communicator.rank, size = communicator.size;
  brine_part *const to = MakeParts(4), *const from = to + size, *const to_then = from + size,
                    *const from_then = to_then + size;
  for (int32_t peer = 0; peer < size; ++peer) {
    if (peer == rank) continue;
    const brine_part own = SliceOf(data, bytes, rank), other = SliceOf(data, bytes, peer);
    if (rank == 0) to[peer] = other;
    if (peer == 0) from[peer] = own;
    if (peer != 0) to_then[peer] = own;  // rank 0 has all slices
    if (rank != 0) from_then[peer] = other;
  }
  Call("broadcast", bytes, to, from);
  Await(false, to_then, from_then);
  free(to);
}

// ---- begin and end ----

static void LearnHosts(void) {
  const int rank = communicator.rank, size = communicator.size;
  char host[MPI_MAX_PROCESSOR_NAME] = "";
  int length = 0;
  Check(MPI_Get_processor_name(host, &length), "asking for the name of this machine", -1);
  Check(MPI_Sendrecv(host, sizeof(host), MPI_CHAR, (rank + 1) % size, 0, previous_host, sizeof(previous_host), MPI_CHAR,
                     (rank + size - 1) % size, 0, heartbeats, MPI_STATUS_IGNORE),
        "exchanging names of machines with", (rank + 1) % size);
}

// Reads how long this rank may hear nothing of the one before it.
static void ReadSilence(void) {
  silence = kSilence;
  const char* const text = getenv("BRINE_HEARTBEAT_SECONDS");
  if (text == NULL) return;
  char* end = NULL;
  silence = strtol(text, &end, 10);
  const bool is_number = end != text && *end == '\0';
  if (is_number && (silence == 0 || (silence >= kLeastSilence && silence <= kMostSilence))) return;
  fprintf(stderr,
          "rank %d: $BRINE_HEARTBEAT_SECONDS must be a whole number from %d to %d, or 0 to wait without end, and is "
          "\"%s\"\n",
          communicator.rank, kLeastSilence, kMostSilence, text);
  Abort(kWrongUse);
}

static void StartThread(void) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&for_thread, &attributes);
  pthread_condattr_destroy(&attributes);
  // Signals are for the program's own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&thread, NULL, Run, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error != 0) Fail("no thread for messages: %s", strerror(error));
  has_thread = true;
}

const brine_communicator* brine_mpi_begin(int* argc, char*** argv) {
  int level = MPI_THREAD_SINGLE, rank = 0, size = 1;
  MPI_Init_thread(argc, argv, MPI_THREAD_SERIALIZED, &level);  // ends the process if it fails
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);  // which the groups made of it inherit
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  communicator = (brine_communicator){rank, size, Broadcast, Gather, Barrier, Exchange, Finish, Abort};
  const int started = brine_this_job().size;
  if (size == 1 && started > 1) {
    Fail(
        "%d processes were started, but for the MPI library of this program there is only one; the program must be "
        "compiled by the mpicc ($MPICC) that belongs to this mpirun",
        started);
  }
  if (level < MPI_THREAD_SERIALIZED) Fail("this MPI library cannot be called by another thread than that of main");
  for (MPI_Comm* const* group = (MPI_Comm* const[]){&exchanges, &calls, &heartbeats, NULL}; *group != NULL; ++group)
    Check(MPI_Comm_dup(MPI_COMM_WORLD, *group), "making a group of ranks", -1);
  ReadSilence();
  LearnHosts();
  headers = Allocate(NULL, (size_t)size * sizeof(*headers));
  StartThread();
  return &communicator;
}

void brine_mpi_end(void) {
  WaitForAll("end");
  pthread_mutex_lock(&mutex);
  is_leaving = true;
  pthread_cond_signal(&for_thread);
  pthread_mutex_unlock(&mutex);
  pthread_join(thread, NULL);
  for (MPI_Comm* const* group = (MPI_Comm* const[]){&exchanges, &calls, &heartbeats, NULL}; *group != NULL; ++group)
    MPI_Comm_free(*group);
  free(requests);
  free(messages);
  free(ended);
  free(statuses);
  free(headers);
  const unsigned of_program = alarm((unsigned)silence);  // nothing watches a rank that is stopped from here on
  MPI_Finalize();
  alarm(of_program);
}
