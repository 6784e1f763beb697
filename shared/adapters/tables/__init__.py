"""Stores on Azure Table Storage. Importing this package imports no Azure library; its modules do.

Every store takes a `prefix` for its table names, so that several deployments or tests can share an account.
"""
