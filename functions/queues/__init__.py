"""Queue triggers of the scan engine: parse the message, call one service."""
