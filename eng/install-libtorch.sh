#!/usr/bin/env bash
# Builds native/torch-bridge, which training calls, into a folder of the user's cache.
#
#   eng/install-libtorch.sh [FOLDER]     default: ${XDG_CACHE_HOME:-~/.cache}/modelcompiler/torch-bridge
#
#   MODELCOMPILER_TORCH_DIR    a PyTorch or libtorch to build against, such as what
#                              python3 -c 'import torch; print(torch.utils.cmake_prefix_path)' prints.
#                              Debian's libtorch-dev where not set; it is installed where it is missing.
#
# Prints the library's path. Does nothing where it was built from the same sources against the same torch.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/modelcompiler/torch-bridge}
library=$target/libmc_torch.so
prefix=${MODELCOMPILER_TORCH_DIR:-}

as_root() { if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi; }
if [[ -z $prefix ]]; then
  missing=()
  for package in libtorch-dev libgloo-dev libopenblas0-pthread cmake g++ make; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == *' installed' ]] || missing+=("$package")
  done
  if [[ ${#missing[@]} != 0 ]]; then
    echo "install-libtorch: installing ${missing[*]}" >&2
    as_root apt-get -qq update >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >&2
  fi
  torch=$(dpkg-query -W -f '${Version}' libtorch-dev)
else
  torch=$prefix
fi

key=$(cat "$root"/native/torch-bridge/* <(echo "$torch") | sha256sum | cut -d ' ' -f 1)
if [[ -e $library && $(cat "$target/.key" 2>/dev/null) == "$key" ]]; then
  echo "$library"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "install-libtorch: building the bridge against torch $torch" >&2
cmake -S "$root/native/torch-bridge" -B "$work" ${prefix:+-DCMAKE_PREFIX_PATH="$prefix"} > "$work/log" 2>&1 \
  && cmake --build "$work" -j "$(nproc)" >> "$work/log" 2>&1 \
  || { tail -n 40 "$work/log" >&2; echo "install-libtorch: the bridge does not build" >&2; exit 1; }
mkdir -p "$target"
# By rename, so that a process that has the old library open keeps it.
cp "$work/libmc_torch.so" "$target/.new" && mv "$target/.new" "$library"
echo "$key" > "$target/.key"
echo "$library"
