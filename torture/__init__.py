"""Programs that break things for minutes and count; run as `python -m torture.<name>`."""
