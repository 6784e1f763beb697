"""In-process twins of the storage, messaging and clock ports: deterministic, nothing survives the process.

They keep the values they are given (domain models are frozen) and pass the same contract suite as the Azure
adapters. No method suspends, so each call is atomic on the event loop.
"""
