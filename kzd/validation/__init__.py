"""Whether the API server of a version would take an object."""
