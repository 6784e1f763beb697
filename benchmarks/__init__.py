"""Benchmarks: ratios against floors or peers measured in the same run. `make bench` runs them all."""
