"""Views of resources and of the input as a whole: what they are, and who reaches whom."""
