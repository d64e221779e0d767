#!/usr/bin/env bash
# Builds Brine and runs its tests: tests/run.sh [LABEL]
# LABEL is a group (fast needs no Halide; kernel, e2e) or a folder of tests/; without it all tests run.  Ends with "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/setup.sh

label=${1:-}
group=full
if [[ -n $label ]]; then
  # CMakeLists.txt says which group a folder belongs to.
  line=$(grep -E "^ *brine_test\(($label [a-z0-9]+|[a-z0-9]+ $label)[ )]" CMakeLists.txt | head -n 1) && (($# == 1)) ||
    { say "usage: tests/run.sh [fast|kernel|e2e|FOLDER]"; exit 2; }
  [[ $line != *" fast"* ]] || group=fast
fi
brine_setup "$group" ${label:+"tests_$label"}
(brine_packages chromium) || say "without chromium, the tests that open pages in a browser are skipped"
(brine_packages clang) || say "without clang, the second compiler that brine.h is for, its tests are skipped"
(brine_packages groff-base zsh fish) || say "without groff, zsh and fish, the tests of the manual page and of these shells are skipped"
[[ $group != full ]] || (brine_packages openmpi-bin libopenmpi-dev) || say "without Open MPI, the tests of training with several processes are skipped"
[[ $group != full ]] || (brine_tensorboard) || say "without TensorBoard, the test in which it reads the events of a run is skipped"

# Kernels compiled by tests lie in the build folder, not in the user's cache.
export BRINE_CACHE=$brine_build/cache
log=$brine_build/tests.log
say "testing"
ctest --test-dir "$brine_build" ${label:+-L "^$label\$"} -j "$(nproc)" --output-on-failure --no-tests=error >"$log" 2>&1 || true
read -r failed total < <(sed -nE 's/.* tests passed, ([0-9]+) tests? failed out of ([0-9]+)$/\1 \2/p' "$log") || { tail -n 20 "$log"; fail "ctest did not run"; }
((failed == 0)) || grep -vE '^ *(Start|[0-9]+/[0-9]+ Test .* Passed) |^(Internal ctest|Test project)' "$log" || true
echo "$((total - failed)) passed, $failed failed"
((failed == 0))
