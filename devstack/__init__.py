"""The local stack and the graphwell command. Never shipped in the layer."""
