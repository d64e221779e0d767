// The communicator of a process that mpirun has started.
#ifndef BRINE_RUNTIME_MPI_COMMUNICATOR_H_
#define BRINE_RUNTIME_MPI_COMMUNICATOR_H_

#include "runtime/core/communicator.h"

#ifdef __cplusplus
extern "C" {
#endif

// Begins MPI, and a thread that makes all calls of MPI from then on.  The arguments are those of main.
const brine_communicator* brine_mpi_begin(int* argc, char*** argv);

// Waits until all ranks have called it, and ends the thread and MPI.  To be called by the thread that called
// brine_mpi_begin, when no exchange is under way.
void brine_mpi_end(void);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_MPI_COMMUNICATOR_H_
