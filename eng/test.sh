#!/usr/bin/env bash
# The whole test suite on a machine that has only the .NET SDK, node and Debian's package manager. Installs what the
# tests need (NVRTC aside, libtorch, WordNet, the reference tokenizer), builds in Release, runs every test project, and closes
# with one line: N passed, N failed, N skipped.
#
#   eng/test.sh [ARGUMENTS OF dotnet test]
set -uo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

as_root() { if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi; }

step "prerequisites"
if [[ ! -e /usr/share/wordnet/data.noun ]]; then
  as_root apt-get -qq update && as_root apt-get -qq install -y --no-install-recommends wordnet-base >/dev/null || exit 1
fi
MODELCOMPILER_NVRTC=$(eng/install-nvrtc.sh) || exit 1
MODELCOMPILER_TORCH_BRIDGE=$(eng/install-libtorch.sh) || exit 1
(cd tests/tokenizer-reference && npm install --no-audit --no-fund --loglevel=error) || exit 1

# With this set, a missing prerequisite fails a test instead of skipping it.
export MODELCOMPILER_NVRTC MODELCOMPILER_TORCH_BRIDGE MODELCOMPILER_TEST_FULL=1

step "build"
dotnet build ModelCompiler.sln -c Release --nologo -v minimal -clp:NoSummary || { echo "0 passed, 1 failed"; exit 1; }

step "test"
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
dotnet test ModelCompiler.sln -c Release --no-build --nologo -v quiet --results-directory "$results" --logger trx \
  --logger "console;verbosity=normal" "$@" | grep -vE '^\s*Passed '
status=${PIPESTATUS[0]}

sum() { cat "$results"/*.trx 2>/dev/null | grep -o "<Counters [^>]*" | grep -oE " $1=\"[0-9]+" | grep -oE '[0-9]+' | awk '{ n += $1 } END { print n + 0 }'; }
executed=$(sum executed) passed=$(sum passed) total=$(sum total)
failed=$((executed - passed)) skipped=$((total - executed))
[[ $status == 0 || $failed != 0 ]] || failed=1
echo
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed == 0 && $passed != 0 ]]
