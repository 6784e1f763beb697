"""Whether calls leave through a proxy."""

from __future__ import annotations

from urllib.request import getproxies


def environment_names_a_proxy() -> bool:
    """Whether the environment has settings of a proxy (`HTTPS_PROXY` and its like).

    For clients of azure-core, whose `use_env_settings` is on by default: aiohttp then looks for a proxy, and
    for the user's `.netrc`, anew with every request and in a thread each time, which is a third of the CPU
    time of reading one row.
    https://docs.aiohttp.org/en/stable/client_reference.html#aiohttp.ClientSession (`trust_env`)
    """
    return bool(getproxies())
