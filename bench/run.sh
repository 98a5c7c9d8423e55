#!/usr/bin/env bash
# Times Hugging Face BERT and this compiler's on the same GPU in one run, and writes one JSON document and one report.
#
#   bench/run.sh [FOLDER]        default: bench/results/DATE-gpu; receives results.json and report.html
#
#   MODELS      models to time; default: bert-base bert-large
#   MODELC      how modelc is called; default: dotnet run -c Release --project src/ModelCompiler.Tool --
#   BEST        options of modelc bench that load the tuned strategy; it is timed as 'best' where this is set
#   COMPILE     batches for torch.compile max-autotune too, such as 'bert-base:1x32 bert-base:8x128'; slow
#   COMMIT      commit of the sources; default: asks git
#   CHECKPOINTS folder for the models' random checkpoints; default: in the user's cache
#
# Needs a Python with PyTorch and transformers. Nothing else may use the GPU meanwhile. Each peer is timed before and after
# this compiler, which runs while the peers are idle. About 100 seconds a model on an H100, without COMPILE.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=${1:-bench/results/$(date +%F)-gpu}
models=${MODELS:-bert-base bert-large}
modelc=${MODELC:-dotnet run -c Release --project src/ModelCompiler.Tool --}
commit=${COMMIT:-$(git rev-parse --short HEAD 2>/dev/null || echo unknown)}
checkpoints=${CHECKPOINTS:-${XDG_CACHE_HOME:-$HOME/.cache}/modelcompiler/bench}
shapes='1x32 1x128 8x128 32x128 128x128 32x384'
part_shapes='1x32 1x128 4x128 8x128 32x128 128x128' # the products' sizes below, as batches
part_tokens='32 128 512 1024 4096 16384'
limits='--iterations 300 --seconds 0.5'

mkdir -p "$out" "$checkpoints"
rm -f "$out"/peers.json "$out"/modelc-*.json
own=(--between "$modelc bench {folder} --name {model} --precisions w4a4 w8a8 fp16 --shapes $shapes --parts $part_shapes $limits --commit $commit --json $out/modelc-{model}.json")
if [[ -n ${BEST:-} ]]; then
  own+=(--between "$modelc bench {folder} --name {model} --label best $BEST --shapes $shapes $limits --commit $commit --json $out/modelc-best-{model}.json")
fi
# Lists of words are meant to split.
# shellcheck disable=SC2086
python3 bench/peers --models $models --shapes $shapes --gemm-tokens $part_tokens --compile ${COMPILE:-} \
  --checkpoints "$checkpoints" --commit "$commit" --json "$out/peers.json" "${own[@]}"
# shellcheck disable=SC2086
$modelc report "$out/peers.json" "$out"/modelc-*.json --bars bench/acceptance.json --json "$out/results.json" --output "$out/report.html"
rm -f "$out"/peers.json "$out"/modelc-*.json # results.json holds them all
