"""SMB settings of the file service.

Null means "default settings are in effect", which admit every version and cipher:
https://learn.microsoft.com/azure/storage/files/files-smb-protocol. Words are separated by `;`.
"""

from __future__ import annotations

from typing import Final

from shared.rules.columns import text_at
from shared.rules.expectations import MET, Columns, Expectation, Verdict, unmet

SMB: Final = "properties.protocolSettings.smb"


def admits_only(setting: str, wanted: str) -> Expectation:
    """The SMB setting (`versions`, `channelEncryption`) admits `wanted` and nothing else."""
    path = f"{SMB}.{setting}"

    def judge(columns: Columns) -> Verdict:
        text = text_at(columns, path)
        if text is None:
            return unmet(f"{path} is not set, which admits all; expected {wanted} only")
        found = {word.strip().lower() for word in text.split(";") if word.strip()}
        if found == {wanted.lower()}:
            return MET
        return unmet(f"{path} is {text}, expected {wanted} only")

    return Expectation((path,), judge)
