"""Zero-downtime defaults for other people's Kubernetes manifests."""

__version__ = "0.1.0"
