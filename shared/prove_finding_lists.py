"""`python -m shared.prove_finding_lists`: compare every list and total of findings with the records.

Reads the app's settings from the environment. What differs is restored; writers may go on meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping

from shared.container import ContainerSource
from shared.settings import SettingsError


def main(environment: Mapping[str, str]) -> int:
    """0: everything agreed; 1: something was restored; 2: the settings are not valid."""
    try:
        return asyncio.run(_prove(environment))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2


async def _prove(environment: Mapping[str, str]) -> int:
    source = ContainerSource(environment)
    try:
        lists = (await source.container()).finding_lists
        repaired = await lists.repair()
        proof = await lists.prove()
    finally:
        await source.aclose()
    print(
        f"{proof.records} records, {repaired} changes finished, "
        f"{proof.wrong_lists} lists and {proof.wrong_totals} totals restored"
    )
    return 1 if proof.wrong_lists or proof.wrong_totals else 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
