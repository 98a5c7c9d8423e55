#!/usr/bin/env bash
# Builds and runs every kernel check on this machine's GPU, an H100 (sm_90a). Needs nvcc of CUDA 12.4 or later and g++.
# The families with packed int4 activations are built as sm_80 PTX, which the driver translates, because sm_90a has no
# such products.
#
#   native/tests/device/run.sh [FILTER]      FILTER: part of a program's name, such as gemm_5 or attention
#
#   NVCC        the compiler                           nvcc
#   BUILD       where programs are put                 a folder under $TMPDIR
#   JOBS        compilations at a time                 the number of processors
#   LIMIT       seconds for a program                  180, with SANITIZER 900
#   SANITIZER   a tool of compute-sanitizer, such as   none
#               memcheck or racecheck, that watches
#               the programs, JOBS of them at a time
#
# The last line is 'N checks, N failed'; the exit status is 0 only where none failed. A program about which the sanitizer
# reports anything has a failed check more.
set -u -o pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tests=$(dirname "$here")
filter=${1:-}
nvcc=${NVCC:-nvcc}
build=${BUILD:-${TMPDIR:-/tmp}/mc-device-tests}
jobs=${JOBS:-$(nproc)}
sanitizer=${SANITIZER:-}
limit=${LIMIT:-$([ -n "$sanitizer" ] && echo 900 || echo 180)}
mkdir -p "$build"

if ! command -v "$nvcc" > /dev/null; then
  nvcc=/usr/local/cuda/bin/nvcc
fi
if ! command -v "$nvcc" > /dev/null; then
  echo "nvcc is neither in PATH nor in /usr/local/cuda/bin; set NVCC" >&2
  exit 2
fi

watch=()
runs=1
if [ -n "$sanitizer" ]; then
  tool=$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)
  if [ ! -x "$tool" ]; then
    echo "compute-sanitizer is neither in PATH nor in /usr/local/cuda/bin" >&2
    exit 2
  fi
  watch=("$tool" --tool "$sanitizer")
  runs=$jobs
  export MC_LAUNCH_SECONDS=$limit  # instructions of a watched kernel take long, those that wait above all
fi

flags=(-std=c++20 -O2 --expt-relaxed-constexpr -Xcompiler -ffp-contract=off
       -I "$here" -I "$tests" -I "$tests/../include")
hopper='-gencode arch=compute_90a,code=sm_90a'
ampere_ptx='-gencode arch=compute_80,code=compute_80'

# One line a program: name, source, architecture and definitions. The slowest come first.
programs() {
  echo "attention_64 attention_device_test.cu $hopper -DMC_HEAD_DIM=64"
  for family in $(seq 5 18); do
    echo "gemm_$family gemm_device_test.cu $hopper -DMC_FAMILY=$family"
  done
  for family in 0 1 2 3 4; do
    echo "gemm_${family}_sm80 gemm_device_test.cu $ampere_ptx -DMC_FAMILY=$family"
  done
  for family in $(seq 0 6); do
    echo "resident_$family resident_device_test.cu $hopper -DMC_FAMILY=$family"
  done
  for family in 0 1 2; do
    echo "split_$family split_device_test.cu $hopper -DMC_FAMILY=$family"
  done
  for head_dim in 32 128 16; do
    echo "attention_$head_dim attention_device_test.cu $hopper -DMC_HEAD_DIM=$head_dim"
  done
  echo "hopper_attention hopper_attention_device_test.cu $hopper"
  echo "qkv_attention qkv_attention_device_test.cu $hopper"
  echo "few_qkv_attention few_qkv_attention_device_test.cu $hopper"
  echo "rows rows_device_test.cu $hopper"
  for part in 0 1 2 3; do
    echo "hopper_$part hopper_device_test.cu $hopper -DMC_PART=$part"
  done
  echo "split_k split_k_device_test.cu $hopper"
  echo "sparse sparse_device_test.cu $hopper"
}

compile() {
  local name=$1 source=$2
  shift 2
  rm -f "$build/$name"
  "$nvcc" "${flags[@]}" "$@" "$here/$source" -o "$build/$name" > "$build/$name.log" 2>&1
}

started=$SECONDS
mapfile -t selected < <(programs | grep -- "^[^ ]*$filter")
if [ ${#selected[@]} -eq 0 ]; then
  echo "no program has '$filter' in its name; there are:" >&2
  programs | cut -d ' ' -f 1 >&2
  exit 2
fi
for line in "${selected[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
  # shellcheck disable=SC2086  # the line is words
  compile $line &
done
wait
echo "built ${#selected[@]} programs in $((SECONDS - started)) s, in $build"

# Leaves what a program prints, its status and its seconds beside it.
run() {
  local name=$1 begun=$SECONDS status
  timeout "$limit" "${watch[@]}" "$build/$name" > "$build/$name.out" 2>&1
  status=$?
  echo "$status $((SECONDS - begun))" > "$build/$name.status"
  echo "$name ended after $((SECONDS - begun)) s" >&2
}
for line in "${selected[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$runs" ]; do wait -n; done
  if [ -x "$build/${line%% *}" ]; then run "${line%% *}" & fi
done
wait

checks=0
failed=0
for line in "${selected[@]}"; do
  name=${line%% *}
  if [ ! -x "$build/$name" ]; then
    echo "== $name: does not compile"
    grep -E -m 20 'error|fatal' "$build/$name.log" || tail -n 20 "$build/$name.log"
    checks=$((checks + 1)) failed=$((failed + 1))
    continue
  fi
  read -r status seconds < "$build/$name.status"
  echo "== $name, $seconds s"
  head -n 40 "$build/$name.out"
  summary=$(grep -E '^[0-9]+ checks, [0-9]+ failed$' "$build/$name.out" | tail -n 1)
  if [[ $summary =~ ^([0-9]+)\ checks,\ ([0-9]+)\ failed$ ]]; then
    checks=$((checks + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
    # A program without a failed check ends with status 0, and one without a check has tested nothing.
    if [ "${BASH_REMATCH[1]}" -eq 0 ] || { [ "$status" -ne 0 ] && [ "${BASH_REMATCH[2]}" -eq 0 ]; }; then
      echo "FAILED $name: status $status after '$summary'"
      checks=$((checks + 1)) failed=$((failed + 1))
    fi
  else
    echo "FAILED $name: ended with status $status and no summary (124: longer than $limit s)"
    checks=$((checks + 1)) failed=$((failed + 1))
  fi
  if [ -n "$sanitizer" ]; then
    found=$(grep 'SUMMARY' "$build/$name.out" | tail -n 1)
    checks=$((checks + 1))
    if [[ ! $found =~ SUMMARY:\ 0\  ]]; then
      echo "FAILED $name: $sanitizer: ${found:-no summary}"
      failed=$((failed + 1))
    fi
  fi
done

echo "$checks checks, $failed failed"
[ "$failed" -eq 0 ] && [ "$checks" -gt 0 ]
