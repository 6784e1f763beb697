"""Public test data about Azure: resources in, verdicts out, sources cited. See README.md."""
