"""Hugging Face BERT in FP16, the ways in which people run it, on random weights."""

import pathlib

import torch
from transformers import AutoModelForSequenceClassification, BertConfig
from transformers.models.bert import modeling_bert

from timing import between_marks, by_host, capture, runs_within, spread

CONFIGS = {
    "bert-base": BertConfig(num_labels=2),
    "bert-large": BertConfig(
        num_labels=2, hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096),
}


def make_checkpoint(name, folder):
    """A folder in Hugging Face layout with FP16 safetensors, for both sides to load. Kept where it is there."""
    folder = pathlib.Path(folder)
    if not (folder / "model.safetensors").exists():
        torch.manual_seed(0)
        with torch.device("cuda"):
            model = AutoModelForSequenceClassification.from_config(CONFIGS[name])
        model.half().save_pretrained(folder)
    return folder


def leave_out_masks():
    """Batches have no padding, so there is nothing to mask. While a graph is captured the library cannot look whether that is
    so, keeps a mask, and SDPA then takes a path that is up to five times slower."""
    for name in ("create_bidirectional_mask", "_prepare_4d_attention_mask_for_sdpa"):
        if hasattr(modeling_bert, name):
            setattr(modeling_bert, name, lambda *_, **__: None)


def load(folder, attention):
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float16, attn_implementation=attention)
    return model.cuda().eval()


class Peer:
    """A way to run the model: one batch shape at a time, samples of several passes together."""

    def __init__(self, name, forward, clock="stream", graph=False):
        self.name, self.forward, self.clock, self.graph = name, forward, clock, graph
        self.samples = {}  # (shape, clock) -> a list of times for each pass
        self.prepared = {}  # shape -> (run without copies, run from host to host)

    def prepare(self, shape):
        """Everything that happens once for a shape: inputs, capture, compilation."""
        generator = torch.Generator().manual_seed(shape[0] * 1009 + shape[1])
        host = torch.randint(0, 30522, shape, generator=generator).pin_memory()
        ids = host.cuda()
        if not self.graph:
            self.prepared[shape] = (lambda: self.forward(ids), lambda: self.forward(host.cuda(non_blocking=True)).cpu())
            return
        graph, logits = capture(lambda: self.forward(ids))

        def from_host():
            ids.copy_(host, non_blocking=True)
            graph.replay()
            return logits.cpu()

        self.prepared[shape] = (graph.replay, from_host)

    def run(self, shape, seconds):
        """One pass over a shape."""
        if shape not in self.prepared:
            self.prepare(shape)
        device, host = self.prepared[shape]
        runs = runs_within(device, seconds)
        self.samples.setdefault((shape, self.clock), []).append(between_marks(device, runs))
        runs_within(host, seconds)
        self.samples.setdefault((shape, "call"), []).append(by_host(host, runs))

    def rows(self, model):
        for (shape, clock), passes in self.samples.items():
            yield {
                "model": model, "runner": self.name, "precision": "fp16", "batch": shape[0], "sequence": shape[1],
                "clock": clock, "milliseconds": spread([t for times in passes for t in times]),
            }

    def drifts(self, model, limit):
        """Medians of passes that lie apart by more than the limit: something else went on."""
        for (shape, clock), passes in self.samples.items():
            medians = [spread(times)["median"] for times in passes]
            if max(medians) > (1 + limit) * min(medians):
                yield (f"{model}, {self.name}, {shape[0]} x {shape[1]}, {clock}: medians of the passes are "
                       + ", ".join(f"{m:.3f}" for m in medians) + " ms")


def peers(folder, with_compile):
    """The ways that are timed, by name."""
    leave_out_masks()
    eager, sdpa = load(folder, "eager"), load(folder, "sdpa")
    found = [
        Peer("hf-eager", lambda ids: eager(input_ids=ids).logits),
        Peer("hf-sdpa", lambda ids: sdpa(input_ids=ids).logits),
        Peer("hf-sdpa-graph", lambda ids: sdpa(input_ids=ids).logits, clock="replay", graph=True),
    ]
    if with_compile:
        compiled = torch.compile(sdpa, mode="max-autotune", dynamic=False)
        # The output of a graph that the compiler captured is overwritten by the next run: it is copied.
        found.append(Peer("hf-compile", lambda ids: compiled(input_ids=ids).logits.clone()))
    return found
