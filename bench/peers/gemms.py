"""The products of a layer by cuBLASLt and cuBLAS, plain: INT8 to int32, FP16 to FP16, no bias, no epilogue."""

import torch

from timing import between_marks, capture, spread

REPLAYS = 30


def parts(config):
    h, i = config.hidden_size, config.intermediate_size
    return {"qkv": (3 * h, h), "attention-output": (h, h), "mlp-intermediate": (i, h), "mlp-output": (h, i)}


def products(precision, tokens, n, k, layers):
    """Queues a product for each layer, each with weights of its own, as a forward pass meets them."""
    if precision == "int8":
        a = torch.randint(-128, 128, (tokens, k), dtype=torch.int8, device="cuda")
        weights = torch.randint(-128, 128, (layers, n, k), dtype=torch.int8, device="cuda")
        out = torch.empty(tokens, n, dtype=torch.int32, device="cuda")
        multiply = torch._int_mm
    else:
        a = torch.randn(tokens, k, dtype=torch.float16, device="cuda")
        weights = torch.randn(layers, n, k, dtype=torch.float16, device="cuda")
        out = torch.empty(tokens, n, dtype=torch.float16, device="cuda")
        multiply = torch.mm

    def run():
        for weight in weights:
            multiply(a, weight.t(), out=out)

    return run


def rows(model, config, sizes, notes):
    layers = config.num_hidden_layers
    for part, (n, k) in parts(config).items():
        for precision, library in (("int8", "cublaslt"), ("fp16", "cublas")):
            for tokens in sizes:
                try:
                    graph, _ = capture(products(precision, tokens, n, k, layers))
                except RuntimeError as error:
                    notes.append(f"{library} {precision}, {part}, {tokens} tokens: {str(error).splitlines()[0]}")
                    continue
                for _ in range(5):
                    graph.replay()
                times = between_marks(graph.replay, REPLAYS)
                yield {
                    "model": model, "runner": library, "precision": precision, "part": part, "tokens": tokens,
                    "sequence": None, "n": n, "k": k, "microseconds": spread(times, 1000 / layers),
                }
