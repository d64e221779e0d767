// Tests what the environment says about the processes that were started together.
#include "runtime/base/job.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

namespace {

const char* const kVariables[] = {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "PMI_RANK",    "PMI_SIZE",
                                  "SLURM_PROCID",         "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"};

TEST(Job, IsAsThoseWhoStartProcessesSay) {
  const struct {
    std::map<std::string, std::string> environment;
    int rank, size;
  } rows[] = {
      {{}, 0, 1},
      {{{"OMPI_COMM_WORLD_RANK", "2"}, {"OMPI_COMM_WORLD_SIZE", "4"}}, 2, 4},
      {{{"PMI_RANK", "0"}, {"PMI_SIZE", "3"}}, 0, 3},
      {{{"SLURM_PROCID", "15"}, {"SLURM_STEP_NUM_TASKS", "16"}}, 15, 16},
      {{{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "16"}}, 0, 1},  // a script of sbatch
      {{{"OMPI_COMM_WORLD_RANK", "1"},
        {"OMPI_COMM_WORLD_SIZE", "2"},
        {"SLURM_PROCID", "0"},
        {"SLURM_STEP_NUM_TASKS", "1"}},
       1,
       2},
      {{{"PMI_RANK", "3"}, {"PMI_SIZE", "3"}}, 0, 1},
      {{{"PMI_RANK", "none"}, {"PMI_SIZE", "3"}}, 0, 1},
      {{{"PMI_RANK", "0"}, {"PMI_SIZE", "99999999999999999999"}}, 0, 1},
  };
  for (const auto& row : rows) {
    for (const char* variable : kVariables) unsetenv(variable);
    for (const auto& [variable, value] : row.environment) setenv(variable.c_str(), value.c_str(), 1);
    const brine_job job = brine_this_job();
    EXPECT_EQ(job.rank, row.rank) << &row - rows;
    EXPECT_EQ(job.size, row.size) << &row - rows;
  }
  for (const char* variable : kVariables) unsetenv(variable);
}

}  // namespace
