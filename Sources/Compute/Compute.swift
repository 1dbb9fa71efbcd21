// The numerics.
