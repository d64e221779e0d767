#!/usr/bin/env bash
# Builds Brine and trains an example: examples/run.sh NAME [FLAG…]
# NAME is a folder of examples/; flags, such as --epochs 3 or --data DIR, are those of its program.  Examples on photographs of clothes
# fetch them first, as the Debian package dataset-fashion-mnist.
set -euo pipefail
here=$(pwd)
cd "$(dirname "$0")/.."
source tests/setup.sh

name=${1:-}
[[ -n $name && -e examples/$name/model.cc ]] ||
  { say "usage: examples/run.sh NAME [FLAG…]; NAME is one of $(cd examples && ls -d ./*/model.cc | sed -E 's|./(.*)/model.cc|\1|' | paste -sd ' ')"; exit 2; }
shift
arguments=() has_data=
while (($#)); do
  case $1 in
    --data) [[ $# -ge 2 ]] || { say "--data needs a folder"; exit 2; }; arguments+=(--data "$(cd "$here" && realpath -m -- "$2")"); has_data=1; shift 2 ;;
    *) arguments+=("$1"); shift ;;
  esac
done
if [[ -z $has_data ]] && grep -q 'Fashion-MNIST' "examples/$name/README.md"; then
  brine_packages dataset-fashion-mnist
  # `brine train` reads the packed files; programs of their own map plain ones.
  data=/usr/share/datasets/fashion-mnist
  if [[ -e examples/$name/main.cc ]]; then
    mkdir -p "$brine_root/build/fashion-mnist"
    for file in "$data"/*.gz; do gunzip -c "$file" >"$brine_root/build/fashion-mnist/$(basename "$file" .gz)"; done
    data=$brine_root/build/fashion-mnist
  fi
  arguments+=(--data "$data")
fi
brine_setup full brine
[[ -e examples/$name/main.cc ]] || exec "$brine_build/bin/brine" train "examples/$name/model.cc" "${arguments[@]}"

# An example with a main function of its own is a CMake project that uses an installed Brine.
prefix=$brine_root/build/prefix build=$brine_root/build/examples/$name
cmake --install "$brine_build" --prefix "$prefix" >"$brine_root/build/install.log" || fail "Brine could not be installed in $prefix"
run_quietly "$name.log" cmake -G Ninja -S "examples/$name" -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" ||
  fail "cmake could not configure examples/$name"
run_quietly "$name.log" cmake --build "$build" || fail "examples/$name could not be built"
exec "$build/$name" "${arguments[@]}"
