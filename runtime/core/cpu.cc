#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "runtime/core/cpu.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

namespace {

#if defined(__x86_64__) || defined(__i386__)
// Where CPUID shows a feature, and which registers the operating system must save for it, as bits of XCR0.
struct Feature {
  const char* name;
  unsigned int leaf, subleaf;
  enum { kEax, kEbx, kEcx } word;
  unsigned int bit, saved;
};

constexpr unsigned int kSaveXmm = 0x2, kSaveYmm = 0x6, kSaveZmm = 0xe6;
// A table instead of __builtin_cpu_supports, whose names differ between compilers, and which links 5 KB that decode the
// model of the processor.
constexpr Feature kFeatures[] = {
    {"sse4.1", 1, 0, Feature::kEcx, 19, kSaveXmm},     {"fma", 1, 0, Feature::kEcx, 12, kSaveYmm},
    {"avx", 1, 0, Feature::kEcx, 28, kSaveYmm},        {"f16c", 1, 0, Feature::kEcx, 29, kSaveYmm},
    {"avx2", 7, 0, Feature::kEbx, 5, kSaveYmm},        {"avx512f", 7, 0, Feature::kEbx, 16, kSaveZmm},
    {"avx512dq", 7, 0, Feature::kEbx, 17, kSaveZmm},   {"avx512ifma", 7, 0, Feature::kEbx, 21, kSaveZmm},
    {"avx512cd", 7, 0, Feature::kEbx, 28, kSaveZmm},   {"avx512bw", 7, 0, Feature::kEbx, 30, kSaveZmm},
    {"avx512vl", 7, 0, Feature::kEbx, 31, kSaveZmm},   {"avx512vbmi", 7, 0, Feature::kEcx, 1, kSaveZmm},
    {"avx512vbmi2", 7, 0, Feature::kEcx, 6, kSaveZmm}, {"avx512vnni", 7, 0, Feature::kEcx, 11, kSaveZmm},
    {"avx512bf16", 7, 1, Feature::kEax, 5, kSaveZmm},
};

// The registers that the operating system saves.  Without XGETBV, they are those of SSE, as on every x86-64.
unsigned int SavedRegisters() {
  unsigned int a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_OSXSAVE) == 0) return kSaveXmm;
  __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  return a;
}
#endif

bool Supports(const char* name) {
#if defined(__x86_64__) || defined(__i386__)
  for (const Feature& feature : kFeatures) {
    if (strcmp(name, feature.name) != 0) continue;
    unsigned int a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid_count(feature.leaf, feature.subleaf, &a, &b, &c, &d) == 0) return false;
    const unsigned int words[] = {a, b, c};
    return (words[feature.word] >> feature.bit & 1) != 0 && (SavedRegisters() & feature.saved) == feature.saved;
  }
#else
  (void)name;
#endif
  return false;
}

int ProcessorsByAffinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

// Calls `use` with the file of this name of the control group of the process, and of each group above it.  `hierarchy`
// is what stands before the group in its line of /proc/self/cgroup, and `root` is the folder of all groups.
template <typename Use>
void ForEachGroup(const char* hierarchy, const char* root, const char* name, const Use& use) {
  char line[PATH_MAX], path[PATH_MAX + 128];
  FILE* groups = fopen("/proc/self/cgroup", "re");
  if (groups == nullptr) return;
  char group[PATH_MAX] = "";
  while (fgets(line, sizeof(line), groups) != nullptr) {
    const char* const found = strstr(line, hierarchy);
    if (found == nullptr) continue;
    const char* const begin = found + strlen(hierarchy);
    snprintf(group, sizeof(group), "%.*s", static_cast<int>(strcspn(begin, "\n")), begin);
  }
  fclose(groups);
  for (;;) {
    snprintf(path, sizeof(path), "%s%s/%s", root, group, name);
    FILE* file = fopen(path, "re");
    if (file != nullptr) {
      use(file);
      fclose(file);
    }
    char* const slash = strrchr(group, '/');
    if (slash == nullptr) return;
    *slash = '\0';
  }
}

// The number of processors whose time the control groups of the process allow, rounded up: the least quota / period of
// the files cpu.max of its group and the groups above it (cgroup v2).  INT_MAX if there is no limit.
int ProcessorsByGroup() {
  int tightest = INT_MAX;
  ForEachGroup("0::", "/sys/fs/cgroup", "cpu.max", [&](FILE* file) {
    long long quota = 0, period = 0;
    if (fscanf(file, "%lld %lld", &quota, &period) == 2 && quota > 0 && period > 0 &&
        (quota + period - 1) / period < tightest)
      tightest = static_cast<int>((quota + period - 1) / period);
  });
  return tightest;
}

}  // namespace

int brine_missing_cpu_features(const char* const* features, char* text, size_t text_bytes) {
  int missing = 0;
  size_t used = 0;
  if (text_bytes > 0) text[0] = '\0';
  for (; features != nullptr && *features != nullptr; ++features) {
    if (Supports(*features)) continue;
    if (used < text_bytes)
      used +=
          static_cast<size_t>(snprintf(text + used, text_bytes - used, "%s%s", missing == 0 ? "" : ", ", *features));
    ++missing;
  }
  return missing;
}

int brine_has_avx2(void) {
  static int known = -1;  // threads that write it at once write the same number
  int has = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (has < 0) {
    has = Supports("avx2") ? 1 : 0;
    __atomic_store_n(&known, has, __ATOMIC_RELAXED);
  }
  return has;
}

int brine_available_threads(void) {
  const int affinity = ProcessorsByAffinity(), group = ProcessorsByGroup();
  const int threads = affinity < group ? affinity : group;
  return threads < 1 ? 1 : threads;
}

int64_t brine_available_memory(void) {
  int64_t least = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  const auto take = [&](FILE* file) {
    long long limit = 0;  // a group without a limit has the word "max", or a number larger than any memory
    if (fscanf(file, "%lld", &limit) == 1 && limit > 0 && limit < least) least = limit;
  };
  ForEachGroup("0::", "/sys/fs/cgroup", "memory.max", take);
  ForEachGroup(":memory:", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", take);  // cgroup v1
  return least;
}
