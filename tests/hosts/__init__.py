"""kzd inside the real programs that call it."""
