"""Fitted models: what training has found, and what can be computed with it."""
