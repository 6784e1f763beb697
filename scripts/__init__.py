"""Scripts that write documents from the product's own data."""
