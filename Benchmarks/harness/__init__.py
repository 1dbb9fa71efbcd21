"""Plumb beside its peers: the same weights, the same inputs, turn by turn in one run."""
