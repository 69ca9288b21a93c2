"""Measuring propagation on a cluster: collect -> records -> summary -> timeline."""
