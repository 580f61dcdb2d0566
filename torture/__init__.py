"""Long tests with faults and damaged files; run them as `python -m torture.<name>`."""
