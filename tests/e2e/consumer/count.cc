// Counts the samples of the data that its argument names.
#include <cstdio>

#include "frontend/data/data.h"
#include "runtime/trainer/error.h"

int main(int, char** argv) try {
  const brine::Splits data = brine::LoadData(argv[1], {.test_split = 0.25});
  std::printf("%d to train, %d to test, %zu classes\n", static_cast<int>(data.train.size()),
              static_cast<int>(data.test.size()), data.train.class_names.size());
} catch (const brine::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return error.code();
}
