"""One file for each way to notify people."""
