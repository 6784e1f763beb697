"""`python -m devhost.demo`: one scan on the local stack, shown as tables and written as JSON."""
