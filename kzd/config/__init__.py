"""The configuration: its sources, its layers, and what applies to one resource."""
