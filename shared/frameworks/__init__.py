"""Compliance frameworks as data: what their controls ask for, and which rules are evidence for them."""
