#!/usr/bin/env bash
# tests/e2e/install.sh BUILD: installs Brine from its build folder, and builds and runs a project that knows only the installation.
set -euo pipefail
build=$1
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)/"a folder"  # paths with spaces are paths too
mkdir "$folder"
trap 'rm -rf "${folder%/*}"' EXIT
expect() { printf '%s\n' "$2" | grep -qE -- "$1" || { printf 'expected /%s/, got:\n%s\n' "$1" "$2"; exit 1; }; }

export CMAKE_GENERATOR=Ninja  # what tests/setup.sh installs
cmake --install "$build" --prefix "$folder/prefix" >/dev/null
for file in bin/brine libexec/brine/brine-worker lib/libbrine_core.a lib/libbrine_data.a lib/libbrine_main.a lib/libbrine_trainer.a lib/brine/libHalide.so include/brine.h \
            include/brine/frontend/data/data.h include/brine/runtime/core/state.h include/brine/runtime/mpi/communicator.c share/doc/brine/LICENSE share/doc/brine/NOTICE share/doc/brine/Halide-LICENSE.txt share/man/man1/brine.1; do
  [[ -s $folder/prefix/$file ]] || { echo "$file was not installed"; exit 1; }
done
# Only what was installed is run: nothing of it may lead back to the build folder.
for program in bin/brine libexec/brine/brine-worker lib/libbrine_model.so; do
  paths=$(readelf -d "$folder/prefix/$program" | sed -nE 's/.*\(RUNPATH|RPATH\).*\[(.*)\]/\1/p')
  [[ $paths != *"$build"* ]] || { echo "$program looks for libraries in $paths"; exit 1; }
done
places=$(BRINE_CACHE=$folder/cache "$folder/prefix/bin/brine" doctor)
expect "^worker +$folder/prefix/.*" "$places"
expect "^libraries +$folder/prefix/.*" "$places"
[[ $places != *"$build"* ]] || { printf 'the build folder is still used:\n%s\n' "$places"; exit 1; }

cp -r "$here/consumer" "$folder/consumer"
cmake -S "$folder/consumer" -B "$folder/build" -DCMAKE_PREFIX_PATH="$folder/prefix" >"$folder/log" 2>&1 && cmake --build "$folder/build" >>"$folder/log" 2>&1 ||
  { cat "$folder/log"; exit 1; }
expect '^batch 8 loss 2\.30258' "$("$folder/build/own")"
printf 'size,kind\n1,cat\n2,dog\n3,dog\n4,cat\n5,cat\n6,dog\n7,cat\n8,dog\n' >"$folder/pets.csv"
expect '^6 to train, 2 to test, 2 classes$' "$("$folder/build/count" "$folder/pets.csv")"
expect '^Test accuracy: 0\.[0-9]+$' "$("$folder/build/standard" train --epochs 1 --quiet | tail -n 1)"

cmake -S "$here/../../examples/in_memory" -B "$folder/in_memory" -DCMAKE_PREFIX_PATH="$folder/prefix" >"$folder/log" 2>&1 && cmake --build "$folder/in_memory" >>"$folder/log" 2>&1 ||
  { cat "$folder/log"; exit 1; }
expect '^Test accuracy: 0\.9' "$(cd "$folder" && in_memory/in_memory)"
