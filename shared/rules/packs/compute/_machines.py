"""Virtual machines: their types, and what their profiles tell.

https://learn.microsoft.com/rest/api/compute/virtual-machines/get
"""

from __future__ import annotations

from typing import Final

from shared.rules.columns import ColumnError, value_at
from shared.rules.expectations import MET, NOT_APPLICABLE, Columns, Expectation, Verdict, is_one_of, unmet

MACHINE: Final = "microsoft.compute/virtualmachines"
SCALE_SET: Final = "microsoft.compute/virtualmachinescalesets"
GET: Final = "https://learn.microsoft.com/rest/api/compute/virtual-machines/get"
GET_SCALE_SET: Final = "https://learn.microsoft.com/rest/api/compute/virtual-machine-scale-sets/get"

PROFILE: Final = "properties.osProfile"

is_linux: Final = is_one_of("properties.storageProfile.osDisk.osType", "Linux", absent=None)
"""Runs Linux. Azure always tells the system of the disk."""


def keys_only(profile: str) -> Expectation:
    """Password authentication is disabled in the OS profile at a path; allowed unless it says so.

    Without a profile (a specialised disk was attached) Azure does not know how the system lets people in.
    """
    path = f"{profile}.linuxConfiguration.disablePasswordAuthentication"

    def judge(columns: Columns) -> Verdict:
        if value_at(columns, profile) is None:
            raise ColumnError(f"{profile}: missing, as of a machine that was made from a specialised disk")
        value = value_at(columns, path)
        if value is not None and not isinstance(value, bool):
            raise ColumnError(f"{path}: neither true nor false")
        if value:
            return MET
        return unmet(f"{path} is {'not set' if value is None else 'false'}, expected true")

    return Expectation((path,), judge)


_SYSTEMS: Final = ("linux", "windows")
_MODES: Final = ("patchMode", "assessmentMode")
_PLATFORM: Final = "AutomaticByPlatform"


def _setting(system: str, mode: str) -> str:
    return f"{PROFILE}.{system}Configuration.patchSettings.{mode}"


def _is_patched(columns: Columns) -> Verdict:
    for system in _SYSTEMS:
        if value_at(columns, f"{PROFILE}.{system}Configuration") is None:
            continue
        said = [
            is_one_of(_setting(system, mode), _PLATFORM, absent="ImageDefault").judge(columns)
            for mode in _MODES
        ]
        words = "; ".join(one.words for one in said if one.words)
        return unmet(words) if words else MET
    return NOT_APPLICABLE


is_patched: Final = Expectation(
    tuple(_setting(system, mode) for system in _SYSTEMS for mode in _MODES), _is_patched
)
"""The platform assesses the machine for patches and applies them; a machine without an OS profile has no
such settings. Unset, the image's own way of patching is used (LinuxPatchSettings, PatchSettings)."""
