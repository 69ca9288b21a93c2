"""What to do, to avoid and to know in a cluster, each with the fact that it rests on."""
