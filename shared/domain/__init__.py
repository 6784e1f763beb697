"""Pure domain models and rules of the scanner: no I/O, no framework but pydantic."""
