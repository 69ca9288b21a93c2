"""The stages of the pipeline, between bytes and results."""
