"""A local Service Bus that the Azure SDKs talk to unmodified over AMQP 1.0 (`UseDevelopmentEmulator=true`).

`server.serve` runs it in the current event loop, `python -m devhost.servicebus` as a process of its own.

From the outside in: `connection` (frames, limits), `amqp_session`, `links`, `nodes` and `requests` (what a
link is
attached to), `management`, `broker`, `queue` and `session_queue` (what Service Bus promises), `store`.
`codec`, `encoding`, `frames` and `message` are the wire format; `sas` and `authorization` decide who may do
what. Not offered: filter rules on subscriptions, transactions, auto-forwarding, Entra tokens, TLS,
WebSockets, and
the HTTP management API.
"""
