// The metrics.
