"""Times of equal runs, and their spread as the results document states it."""

import math
import time

import torch


def spread(times, scale=1.0):
    """Nearest-rank percentiles, as modelc takes them. times: any unit; scale: units of the result in one of it."""
    ordered = sorted(scale * t for t in times)

    def percentile(percent):
        return ordered[math.ceil(percent / 100 * len(ordered)) - 1]

    return {
        "runs": len(ordered),
        "median": percentile(50),
        "p10": percentile(10),
        "p90": percentile(90),
        "p99": percentile(99),
        "minimum": ordered[0],
    }


def runs_within(run, seconds, fewest=20, most=300):
    """How many runs fit into the time, by five runs after a warm-up of five."""
    for _ in range(5):
        run()
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(5):
        run()
    torch.cuda.synchronize()
    each = (time.perf_counter() - start) / 5
    return max(fewest, min(most, int(seconds / each)))


def between_marks(run, runs):
    """Milliseconds between events of the GPU, with runs queued back to back."""
    marks = [torch.cuda.Event(enable_timing=True) for _ in range(runs + 1)]
    torch.cuda.synchronize()
    marks[0].record()
    for mark in marks[1:]:
        run()
        mark.record()
    torch.cuda.synchronize()
    return [earlier.elapsed_time(later) for earlier, later in zip(marks[:-1], marks[1:])]


def by_host(run, runs):
    """Milliseconds of calls that end with their results in host memory."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - start))
    return times


def capture(run):
    """A CUDA graph of what run queues, and what it returns. Three runs on a side stream come first, as PyTorch asks for."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            run()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = run()
    return graph, result
