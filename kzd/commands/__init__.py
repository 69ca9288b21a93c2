"""The command line and what it answers."""
