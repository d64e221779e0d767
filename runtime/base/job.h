// The processes that mpirun or srun has started with this one.
#ifndef BRINE_RUNTIME_BASE_JOB_H_
#define BRINE_RUNTIME_BASE_JOB_H_

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>

// This process is one of `size`; alone, it is rank 0 of 1.
typedef struct brine_job {
  int rank, size;
} brine_job;

// The number in an environment variable; −1 if there is none.
static inline int brine_number_in(const char* variable) {
  const char* const text = getenv(variable);
  char* end = NULL;
  const long number = text == NULL ? -1 : strtol(text, &end, 10);
  return end == text || number < 0 || number > INT_MAX ? -1 : (int)number;
}

// The job as the environment has it, before MPI has begun and in processes that do not know MPI.
static inline brine_job brine_this_job(void) {
  static const struct {
    const char *rank, *size;
  } starters[] = {
      {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},  // mpirun of Open MPI
      {"PMI_RANK", "PMI_SIZE"},                          // MPICH and what is made of it, and srun with PMI
      {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS"},          // srun; SLURM_NTASKS is also set where only one process runs
  };
  for (size_t index = 0; index < sizeof(starters) / sizeof(starters[0]); ++index) {
    const brine_job job = {brine_number_in(starters[index].rank), brine_number_in(starters[index].size)};
    if (job.rank >= 0 && job.rank < job.size) return job;
  }
  const brine_job alone = {0, 1};
  return alone;
}

#endif  // BRINE_RUNTIME_BASE_JOB_H_
