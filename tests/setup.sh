# Sourced by tests/run.sh, examples/quickstart.sh and .ci/run: makes this machine able to build Brine, then builds it.
#
#   brine_setup full|fast [TARGET…]    full: all of Brine, in build/release
#                                      fast: what needs no Halide, in build/fast, or in build/release where that is there
#
# Installs the Debian packages that are missing and unpacks the Halide wheel into build/; nothing goes into the user's Python.  A second
# run finds everything in place.  Sets brine_root and brine_build, the folders of the sources and of the build.

brine_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
halide_version=21.0.0
halide_sha256=3686c2b4c9aed1e26e1e55631608b2c4a4c3fe2d4386505ba1921859adb683ab

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }

# run_quietly LOG COMMAND…: the command's output goes to build/LOG, its end to the terminal when it fails.
run_quietly() {
  local log=$brine_root/build/$1
  shift
  "$@" >"$log" 2>&1 || { tail -n 20 "$log" >&2; return 1; }
}

# brine_example_arguments SCRIPT EPOCHS FOLDER [ARGUMENT…]: the arguments of a script that trains an example, as the array `arguments` for
# `train`.  FOLDER is where the user started the script, from which the path of --data counts.
brine_example_arguments() {
  local script=$1 here=$3
  arguments=(--epochs "$2")
  shift 3
  while (($#)); do
    case $1 in
      --data) [[ $# -ge 2 ]] || { say "--data needs a folder"; exit 2; }; arguments+=(--data "$(cd "$here" && realpath -m -- "$2")"); shift 2 ;;
      --epochs) [[ $# -ge 2 ]] || { say "--epochs needs a number"; exit 2; }; arguments+=(--epochs "$2"); shift 2 ;;
      *) say "usage: $script [--data DIR] [--epochs N]"; exit 2 ;;
    esac
  done
}

# brine_packages NAME…: installs those that are missing.
brine_packages() {
  local installed missing=() name sudo=()
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  for name in "$@"; do
    [[ $'\n'$installed$'\n' == *$'\n'"installed $name"$'\n'* ]] || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || fail "there is no apt-get to install what the build needs: ${missing[*]}"
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "neither root nor sudo is at hand to install what the build needs: ${missing[*]}"
    sudo=(sudo)
  fi
  say "installing Debian packages: ${missing[*]}"
  run_quietly apt.log "${sudo[@]}" apt-get update -q || fail "apt-get update failed"
  run_quietly apt.log "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" ||
    fail "apt-get could not install them"
}

# brine_python: a private Python, build/python, with pip.
brine_python() {
  local folder=$brine_root/build/python
  [[ -e $folder/complete ]] && return 0
  brine_packages python3 python3-venv
  say "making a private Python in build/python"
  rm -rf "$folder"
  run_quietly python.log /usr/bin/python3 -m venv "$folder" || fail "python3 could not make a virtual environment"
  touch "$folder/complete"
}

# brine_tensorboard: TensorBoard, which a test asks to read the events of a run, in build/tensorboard.
brine_tensorboard() {
  local folder=$brine_root/build/tensorboard
  [[ -e $folder/complete ]] && return 0
  brine_packages python3 python3-venv
  say "installing TensorBoard into build/tensorboard"
  rm -rf "$folder"
  run_quietly tensorboard.log /usr/bin/python3 -m venv "$folder" || fail "python3 could not make a virtual environment"
  run_quietly tensorboard.log "$folder/bin/python" -m pip install --only-binary=:all: 'tensorboard==2.21.0' || { rm -rf "$folder"; return 1; }
  touch "$folder/complete"
}

# brine_peers: the frameworks beside which the benchmarks measure, in build/peers, unless $BRINE_PEERS has them.  One that cannot be installed
# is left out.
brine_peers() {
  local folder=$brine_root/build/peers complete=yes requirement
  [[ -z ${BRINE_PEERS:-} && ! -e $folder/complete ]] || return 0
  brine_packages python3 python3-venv
  say "installing the peers into build/peers"
  [[ -e $folder/bin/python ]] || run_quietly peers.log /usr/bin/python3 -m venv "$folder" || fail "python3 could not make a virtual environment"
  while read -r requirement; do
    run_quietly peers.log "$folder/bin/python" -m pip install "$requirement" || { say "$requirement could not be installed"; complete=; }
  done <"$brine_root/tests/bench/peers/requirements.txt"
  [[ -z $complete ]] || touch "$folder/complete"
}

# brine_halide: the C++ half of the wheel, the same for every Python, in build/halide.
brine_halide() {
  local folder=$brine_root/build/halide
  [[ "$(cat "$folder/complete" 2>/dev/null)" == "$halide_sha256" ]] && return 0
  [[ $(uname -m) == x86_64 ]] || fail "Halide has no wheel for $(uname -m): build Halide $halide_version and set Halide_ROOT to the folder that holds its include and lib"
  brine_python
  say "fetching Halide $halide_version into build/halide"
  rm -rf "$folder"
  printf 'halide==%s --hash=sha256:%s\n' "$halide_version" "$halide_sha256" >"$brine_root/build/halide.txt"
  run_quietly halide.log "$brine_root/build/python/bin/python" -m pip install --require-hashes --no-deps --only-binary=:all: --python-version 3.11 \
    --implementation cp --abi cp311 --platform manylinux_2_28_x86_64 --target "$folder" -r "$brine_root/build/halide.txt" || fail "pip could not fetch Halide"
  echo "$halide_sha256" >"$folder/complete"
}

brine_setup() {
  local group=$1 options=()
  shift
  mkdir -p "$brine_root/build"
  brine_packages g++ cmake ninja-build protobuf-compiler libprotobuf-dev libabsl-dev libgtest-dev libgmock-dev \
    libxxhash-dev zlib1g-dev libpng-dev libjpeg-dev libwebp-dev
  brine_build=$brine_root/build/release
  if [[ $group == fast && ! -e $brine_build/build.ninja ]]; then
    brine_build=$brine_root/build/fast
    options=(-DBRINE_HALIDE=OFF)
  else
    brine_packages libcli11-dev
    [[ -n ${Halide_ROOT:-} ]] || brine_halide
    options=("-DHalide_ROOT=${Halide_ROOT:-$brine_root/build/halide/halide}")
  fi
  local name=${brine_build#"$brine_root"/}
  if [[ ! -e $brine_build/build.ninja ]]; then
    say "configuring $name"
    run_quietly cmake.log cmake -G Ninja -S "$brine_root" -B "$brine_build" -DCMAKE_BUILD_TYPE=Release "${options[@]}" || fail "cmake could not configure $name"
  fi
  say "building $name"
  ninja -C "$brine_build" --quiet "$@" >&2 || fail "the build failed"
}
