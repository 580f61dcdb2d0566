"""One module a competitor, each a worker process: `python -m benchmarks.competitors.<name>`."""
