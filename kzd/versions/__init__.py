"""Long tasks: a Deployment of its own for each version, and what refers to it."""
