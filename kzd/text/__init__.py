"""The text engine: bytes to documents, edits to text; it knows no Kubernetes."""
