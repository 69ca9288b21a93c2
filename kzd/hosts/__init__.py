"""The programs that call kzd: how it is set up in each, and whether it works there."""
