#!/usr/bin/env bash
# Builds the C++ peers into build/peers_cpp: tests/bench/peers/cpp/build.sh
# oneDNN and dlib are fetched in the versions of requirements.txt, OpenBLAS is Debian's, and LibTorch is that of the Python peers' PyTorch.
# What cannot be built is left out.
set -euo pipefail
source "$(dirname "$0")/../../../setup.sh"

sources=$brine_root/tests/bench/peers/cpp
folder=$brine_root/build/peers_cpp

# fetch: the packages are unpacked and not installed, as pip would leave out oneDNN's library.
fetch() {
  local python=$brine_root/build/python/bin/python wheel
  [[ $folder/fetched -ot $sources/requirements.txt ]] || return 0
  say "fetching oneDNN and dlib into build/peers_cpp"
  rm -rf "$folder"
  mkdir -p "$folder/dlib_sources"
  run_quietly peers_cpp.log "$python" -m pip download --no-deps --require-hashes --no-binary dlib -r "$sources/requirements.txt" \
    -d "$folder/packages" ||
    fail "oneDNN and dlib could not be fetched"
  for wheel in "$folder"/packages/onednn*.whl; do "$python" -m zipfile -e "$wheel" "$folder"; done
  tar xf "$folder"/packages/dlib-*.tar.gz -C "$folder/dlib_sources" --strip-components=1
  touch "$folder/fetched"
}

compile() { run_quietly peers_cpp.log c++ -std=c++20 -march=native -DNDEBUG -I "$brine_root" "$@"; }

# build NAME OPTION…: the program of NAME.cc, unless it is newer than its sources.
build() {
  local name=$1 program=$folder/$1
  shift
  [[ $program -ot $sources/$name.cc || $program -ot $sources/rounds.h || $program -ot $sources/build.sh ]] || return 0
  say "building the peer $name"
  rm -f "$program"
  compile -s "$sources/$name.cc" -o "$program" "$@"
}

build_onednn() {
  local headers library
  headers=$(echo "$folder"/onednn_devel_*.data/data/include)
  library=$(echo "$folder"/onednn_cpu_*.data/data/lib)
  build onednn -O3 -ffast-math -fopenmp -isystem "$headers" -L"$library" -l:libdnnl.so.3 -Wl,-rpath,"$library"
}

build_libtorch() {
  local torch
  torch=$(echo "${BRINE_PEERS:-$brine_root/build/peers}"/lib/python3*/site-packages/torch)
  [[ -d $torch ]] || { say "PyTorch is not installed"; return 1; }
  build libtorch -O2 -isystem "$torch/include" -isystem "$torch/include/torch/csrc/api/include" -L"$torch/lib" -ltorch_cpu -lc10 -Wl,-rpath,"$torch/lib"
}

build_dlib() {
  local options=(-O3 -DDLIB_USE_BLAS -DDLIB_USE_LAPACK -DDLIB_NO_GUI_SUPPORT -isystem "$folder/dlib_sources") library=$folder/dlib_sources/library.o
  [[ -e $library ]] || compile "${options[@]}" -c "$folder/dlib_sources/dlib/all/source.cpp" -o "$library" || return 1
  build dlib "${options[@]}" "$library" -lopenblas -pthread
}

brine_python
brine_packages g++
fetch
build_onednn || say "the peer onednn is left out"
build_libtorch || say "the peer libtorch is left out"
(brine_packages libopenblas-dev) && build_dlib || say "the peer dlib is left out"
