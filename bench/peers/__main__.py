"""
Times Hugging Face BERT, and the products of its layers by NVIDIA's libraries, and writes a results document.

    python3 bench/peers --models bert-base --checkpoints FOLDER --json peers.json [--between 'modelc bench {folder} ...']

Every peer is timed in two passes. The commands of --between run between them, once a model, while this program is idle, so
that both sides see the same GPU in the same state; passes that disagree are noted.
"""

import argparse
import datetime
import json
import pathlib
import shlex
import subprocess
import sys

import torch
import transformers

import chip
import encoders
import gemms

SHAPES = ["1x32", "1x128", "8x128", "32x128", "128x128", "32x384"]
DRIFT = 0.05  # of the median


def shape(text):
    batch, sequence = text.split("x")
    return int(batch), int(sequence)


def arguments():
    parser = argparse.ArgumentParser(prog="bench/peers", description="Times Hugging Face BERT in FP16 and NVIDIA's products.")
    parser.add_argument("--models", nargs="+", choices=sorted(encoders.CONFIGS), default=["bert-base"])
    parser.add_argument("--shapes", nargs="+", type=shape, default=[shape(s) for s in SHAPES], help="batches, such as 32x128")
    parser.add_argument("--gemm-tokens", nargs="*", type=int, default=[], help="rows of the products; none are timed without")
    parser.add_argument("--compile", nargs="*", default=[], metavar="MODEL:SHAPE",
                        help="batches for torch.compile max-autotune too, such as bert-base:1x32; each takes up to a minute")
    parser.add_argument("--seconds", type=float, default=0.25, help="of each peer, shape, clock and pass")
    parser.add_argument("--checkpoints", required=True, help="folder for model folders; what is there is used again")
    parser.add_argument("--between", action="append", default=[],
                        help="command to run between the passes, can be repeated; {model} and {folder} stand for name and checkpoint")
    parser.add_argument("--commit", help="of the sources, for the document")
    parser.add_argument("--json", required=True, help="file to write")
    parser.add_argument("--checkpoints-only", action="store_true", help="write the checkpoints and stop")
    return parser.parse_args()


def attempt(peer, model, batch, seconds, notes):
    """One pass. A peer that cannot run a shape is noted and left out, so that the others are still timed."""
    try:
        peer.run(batch, seconds)
        return True
    except Exception as error:  # whatever a library raises
        text = str(error).splitlines()[0] if str(error) else ""
        notes.append(f"{model}, {peer.name}, {batch[0]} x {batch[1]}: left out: {type(error).__name__}: {text}")
        return False


def time_model(model, options, document):
    notes = document["notes"]
    folder = encoders.make_checkpoint(model, pathlib.Path(options.checkpoints) / model)
    compiled = [shape(c.split(":")[1]) for c in options.compile if c.split(":")[0] == model]
    peers = encoders.peers(folder, bool(compiled))
    wanted = [(p, s) for s in options.shapes for p in peers if p.name != "hf-compile" or s in compiled]
    with torch.inference_mode():
        wanted = [(p, s) for p, s in wanted if attempt(p, model, s, options.seconds, notes)]
        torch.cuda.synchronize()
        for command in options.between:
            subprocess.run([word.format(model=model, folder=folder) for word in shlex.split(command)], check=True)
        for peer, batch in wanted:
            attempt(peer, model, batch, options.seconds, notes)
        for peer in peers:
            document["latencies"].extend(peer.rows(model))
            notes.extend(peer.drifts(model, DRIFT))
        document["parts"].extend(gemms.rows(model, encoders.CONFIGS[model], options.gemm_tokens, notes))


def main():
    options = arguments()
    if options.checkpoints_only:
        for model in options.models:
            encoders.make_checkpoint(model, pathlib.Path(options.checkpoints) / model)
        return
    notes = []
    document = {
        "schema": "modelcompiler-benchmark-1",
        "sources": [{
            "tool": "bench/peers",
            "device": torch.cuda.get_device_name(0),
            "driver": chip.smi("driver_version"),
            "versions": {
                "PyTorch": torch.__version__,
                "transformers": transformers.__version__,
                "CUDA of PyTorch": torch.version.cuda,
                "cuDNN": str(torch.backends.cudnn.version()),
                "Python": sys.version.split()[0],
            },
            "commit": options.commit,
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(),
            "command": shlex.join(sys.argv),
        }],
        "chip": chip.measure(notes),
        "latencies": [],
        "parts": [],
        "notes": notes,
    }
    for model in options.models:
        time_model(model, options, document)
        torch.cuda.empty_cache()
    pathlib.Path(options.json).write_text(json.dumps(document, indent=2) + "\n")


main()
