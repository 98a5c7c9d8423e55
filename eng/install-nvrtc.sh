#!/usr/bin/env bash
# Unpacks Debian's NVRTC 12.4 (the CUDA run-time compiler, 17 MB, no GPU or toolkit needed) into a folder of its own,
# so that kernels can be compiled on any x86-64 Debian machine. Nothing is installed system-wide.
#
#   eng/install-nvrtc.sh [FOLDER]        default: ${XDG_CACHE_HOME:-~/.cache}/modelcompiler/nvrtc-12.4
#
# Prints the folder to put into MODELCOMPILER_NVRTC. Does nothing where the folder is complete.
set -euo pipefail

target=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/modelcompiler/nvrtc-12.4}
if [[ -e $target/libnvrtc.so.12 && -e $target/.complete ]]; then
  echo "$target"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/parts"

# The mirror that this machine already uses; NVRTC 12.4 is in trixie's contrib and non-free.
sources=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null || true)
mirror=$(sed -nE -e 's/^URIs: *([^ ]+).*/\1/p' -e 's/^deb (\[[^]]*\] )?([^ ]+) .*/\2/p' <<< "$sources" | grep -m 1 '/debian/\?$' || true)
[[ -n $mirror ]] || { echo "install-nvrtc: no Debian mirror in /etc/apt; unpack libnvrtc12 and libnvrtc-builtins12.4 into $target by hand" >&2; exit 1; }
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $mirror trixie main contrib non-free" > "$work/sources.list"

apt_private=(-o "Dir::Etc::sourcelist=$work/sources.list" -o "Dir::Etc::sourceparts=$work/parts"
             -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o "APT::Sandbox::User=root")
echo "install-nvrtc: fetching NVRTC 12.4" >&2
apt-get "${apt_private[@]}" -qq update >&2
(cd "$work" && apt-get "${apt_private[@]}" -qq download libnvrtc12 libnvrtc-builtins12.4 >&2)

mkdir -p "$target"
for package in "$work"/*.deb; do
  dpkg -x "$package" "$work/unpacked"
done
cp -P "$work"/unpacked/usr/lib/x86_64-linux-gnu/libnvrtc* "$target/"
touch "$target/.complete"
echo "$target"
