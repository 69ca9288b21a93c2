"""The text engine: bytes to documents, edits to text; it knows lists, and no kind beside them."""
