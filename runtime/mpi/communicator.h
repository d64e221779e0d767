// The communicator of a process that mpirun has started.
//
// Each rank hears every second that the threads of the rank before it run.  If it has heard nothing for 15 s, it ends
// all ranks.  So a rank is noticed that is stopped, or whose machine has gone, but not one whose main thread waits for
// something else without end.  A debugger stops a rank, too; for one, set the environment variable
// BRINE_HEARTBEAT_SECONDS to the seconds that may pass, at least 5, or to 0: then the ranks wait for each other without
// end.  A wrong value ends the program with code 2.
#ifndef BRINE_RUNTIME_MPI_COMMUNICATOR_H_
#define BRINE_RUNTIME_MPI_COMMUNICATOR_H_

#include "runtime/core/communicator.h"

#ifdef __cplusplus
extern "C" {
#endif

// Begins MPI, and a thread that makes all calls of MPI from then on.  The arguments are those of main.
const brine_communicator* brine_mpi_begin(int* argc, char*** argv);

// Waits until all ranks have called it, and ends the thread and MPI.  To be called by the thread that called
// brine_mpi_begin, when no exchange is under way.  After it, a main function should return a code other than 0 on rank
// 0 only: mpirun ends all processes when one of them does, although rank 0 may have something left to write.
void brine_mpi_end(void);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_MPI_COMMUNICATOR_H_
