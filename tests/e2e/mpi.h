// The MPI libraries of this machine, and programs whose ranks a test stops.
#ifndef BRINE_TESTS_E2E_MPI_H_
#define BRINE_TESTS_E2E_MPI_H_

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/e2e/command.h"

namespace brine {

struct Mpi {
  const char *name, *mpicc, *mpirun;
  // More ranks than cores are allowed, and the tests may run as root.
  std::string Run(int ranks) const { return std::string(mpirun) + " -n " + std::to_string(ranks) + " "; }
};

// Those that are installed, by the names under which Debian has both beside each other.
inline std::vector<Mpi> InstalledMpis() {
  setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
  setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
  std::vector<Mpi> installed;
  for (const Mpi& mpi : {Mpi{"Open MPI", "mpicc.openmpi", "timeout 120 mpirun.openmpi --oversubscribe"},
                         Mpi{"MPICH", "mpicc.mpich", "timeout 120 mpirun.mpich"}}) {
    const std::string have = "command -v " + std::string(mpi.mpicc) + " >/dev/null";
    if (std::system(have.c_str()) == 0) installed.push_back(mpi);
  }
  return installed;
}

}  // namespace brine

#endif  // BRINE_TESTS_E2E_MPI_H_
