"""Old versions of long tasks: found, proven idle, deleted."""
