"""Competitors, each a worker process: `python -m benchmarks.competitors.<name>`."""
