"""Asks the `ingress` filter of Cloud Custodian. Runs in its environment: JSON on stdin, JSON on stdout.

A policy needs to say whom it means by strangers. Two are asked: the documentation's example of SSH "opened
from 'Any' source" (`source: '*'`), and the same without a source.
"""

import copy
import json
import logging
import sys
from importlib.metadata import version
from typing import Any

from c7n_azure.resources.network_security_group import IngressFilter

VARIANTS: dict[str, dict[str, str]] = {"documented": {"source": "*"}, "without source": {}}


def main() -> None:
    """Answer every question, one at a time."""
    logging.disable(logging.CRITICAL)
    questions = json.load(sys.stdin)
    results = []
    for variant, source in VARIANTS.items():
        answers: dict[str, bool] = {}
        failures: dict[str, str] = {}
        for question in questions:
            data: dict[str, Any] = {"type": "ingress", "access": "Allow", "ipProtocol": "TCP", **source}
            data["ports"] = str(question["port"])
            try:
                found = IngressFilter(data).process([copy.deepcopy(question["group"])])
                answers[question["id"]] = bool(found)
            except Exception as error:  # whatever the tool raises is its answer
                failures[question["id"]] = f"{type(error).__name__}: {error}"
        results.append({"variant": variant, "answers": answers, "failures": failures})
    json.dump({"version": version("c7n-azure"), "results": results}, sys.stdout)


if __name__ == "__main__":
    main()
