"""What Azure's host refuses although the worker indexes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from devhost.functionhost.host import FunctionHost
from devhost.functionhost.host_json import HostJsonError, duration_seconds, read_host_json
from devhost.functionhost.host_rules import HostRefusedError, check_app
from devhost.functionhost.indexing import IndexingError, load_app
from tests.functionhost.conftest import ENVIRONMENT, SAMPLE_APP

HEAD = "import typing\nimport azure.functions as func\napp = func.FunctionApp()\n"
HTTP = "(req: func.HttpRequest) -> func.HttpResponse: ...\n"


def write_app(directory: Path, body: str, host_json: str = '{"version": "2.0"}') -> Path:
    (directory / "host.json").write_text(host_json)
    (directory / "function_app.py").write_text(HEAD + body)
    return directory


def rules_broken(directory: Path, body: str, environment: dict[str, str] | None = None) -> list[str]:
    app = load_app(write_app(directory, body))
    return [violation.rule for violation in check_app(app, environment or {})]


def test_the_sample_app_is_accepted() -> None:
    assert check_app(load_app(SAMPLE_APP), ENVIRONMENT) == []


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ('@app.route(route="x")\ndef ok' + HTTP, []),
        ('@app.function_name("has space")\n@app.route(route="x")\ndef f' + HTTP, ["function-name"]),
        ('@app.function_name("Host")\n@app.route(route="x")\ndef f' + HTTP, ["function-name"]),
        ('@app.function_name("1st")\n@app.route(route="x")\ndef f' + HTTP, ["function-name"]),
        (f'@app.function_name("{"a" * 129}")\n@app.route(route="x")\ndef f' + HTTP, ["function-name"]),
        (
            '@app.function_name("one")\n@app.route(route="x")\ndef f'
            + HTTP
            + '@app.function_name("ONE")\n@app.route(route="y")\ndef g'
            + HTTP,
            ["function-name"],
        ),
        (
            '@app.route(route="x", trigger_arg_name="the_request")\n'
            "def f(the_request: func.HttpRequest) -> func.HttpResponse: ...\n",
            ["binding-name"],
        ),
        ('@app.route(route="admin/x")\ndef f' + HTTP, ["reserved-route"]),
        ('@app.route(route="Administrators")\ndef f' + HTTP, ["reserved-route"]),
        ('@app.route(route="/runtime")\ndef f' + HTTP, ["reserved-route"]),
        ('@app.route(route="v1/admin")\ndef f' + HTTP, []),
        ('@app.route(route="{id:uuid}")\ndef f' + HTTP, ["route-template"]),
        (
            '@app.route(route="a/{id}", methods=["GET"])\ndef f'
            + HTTP
            + '@app.route(route="/A/{id}/", methods=["GET", "POST"])\ndef g'
            + HTTP,
            ["route-conflict"],
        ),
        (
            '@app.route(route="a", methods=["GET"])\ndef f' + HTTP + '@app.route(route="a")\ndef g' + HTTP,
            ["route-conflict"],
        ),
        (
            '@app.route(route="a", methods=["GET"])\ndef f'
            + HTTP
            + '@app.route(route="a", methods=["POST"])\ndef g'
            + HTTP,
            [],
        ),
        (
            '@app.timer_trigger(arg_name="t", schedule="0 0 25 * * *")\n'
            "def f(t: func.TimerRequest) -> None: ...\n",
            ["schedule"],
        ),
        (
            '@app.timer_trigger(arg_name="t", schedule="%WHEN%")\ndef f(t: func.TimerRequest) -> None: ...\n',
            ["missing-setting"],
        ),
        (
            '@app.service_bus_queue_trigger(arg_name="m", queue_name="%Q%", connection="Bus")\n'
            "def f(m: func.ServiceBusMessage) -> None: ...\n",
            ["missing-setting", "missing-setting"],
        ),
        (
            '@app.service_bus_topic_trigger(arg_name="m", topic_name="t", subscription_name="s",'
            ' connection="Bus")\ndef f(m: func.ServiceBusMessage) -> None: ...\n',
            ["not-run-locally"],
        ),
        (
            '@app.blob_trigger(arg_name="b", path="c/{n}", connection="Store")\n'
            "def f(b: func.InputStream) -> None: ...\n",
            ["not-run-locally"],
        ),
        (
            '@app.route(route="x")\n'
            '@app.blob_output(arg_name="out", path="c/x", connection="Store")\n'
            "def f(req: func.HttpRequest, out: func.Out[str]) -> func.HttpResponse: ...\n",
            ["not-run-locally"],
        ),
        (
            '@app.timer_trigger(arg_name="t", schedule="0 0 * * * *")\n'
            '@app.retry(strategy="fixed_delay", max_retry_count="3", delay_interval="00:00:10")\n'
            "def f(t: func.TimerRequest) -> None: ...\n",
            ["not-run-locally"],
        ),
    ],
)
def test_rules(body: str, rules: list[str], tmp_path: Path) -> None:
    assert rules_broken(tmp_path, body) == rules


@pytest.mark.parametrize(
    "environment",
    [
        {"Bus": "Endpoint=sb://x/"},
        {"AzureWebJobsBus": "Endpoint=sb://x/"},
        {"Bus__fullyQualifiedNamespace": "x.servicebus.windows.net"},
    ],
)
def test_both_forms_of_a_connection_are_accepted(environment: dict[str, str], tmp_path: Path) -> None:
    body = (
        '@app.service_bus_queue_trigger(arg_name="m", queue_name="%Q%", connection="Bus")\n'
        "def f(m: func.ServiceBusMessage) -> None: ...\n"
    )
    assert rules_broken(tmp_path, body, {"Q": "q", **environment}) == []


def test_a_connection_string_without_an_endpoint_is_refused_and_not_shown(tmp_path: Path) -> None:
    body = (
        '@app.service_bus_queue_trigger(arg_name="m", queue_name="q", connection="Bus")\n'
        "def f(m: func.ServiceBusMessage) -> None: ...\n"
    )
    app = load_app(write_app(tmp_path, body))
    (violation,) = check_app(app, {"Bus": "SharedAccessKey=hidden"})
    assert violation.rule == "invalid-setting" and "hidden" not in str(violation)


def test_the_host_does_not_start_and_lists_every_reason(
    tmp_path: Path, make_host: Callable[..., FunctionHost]
) -> None:
    write_app(
        tmp_path,
        '@app.route(route="admin")\ndef f'
        + HTTP
        + '@app.function_name("a b")\n@app.route(route="x")\ndef g'
        + HTTP,
    )
    with pytest.raises(HostRefusedError) as refusal:
        make_host(tmp_path)
    assert [(one.function, one.rule) for one in refusal.value.violations] == [
        ("f", "reserved-route"),
        ("a b", "function-name"),
    ]
    assert "f: the route 'admin' starts with a name that the host keeps" in str(refusal.value)


def test_a_script_that_fails_leaves_no_module_behind(tmp_path: Path) -> None:
    import sys  # noqa: PLC0415

    sys.modules.pop("function_app", None)
    write_app(tmp_path, "raise KeyError('SETTING')\n")
    with pytest.raises(IndexingError, match="KeyError: 'SETTING'"):
        load_app(tmp_path)
    assert "function_app" not in sys.modules


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is no JSON"),
        ("[]", "must hold an object"),
        ("{}", "version"),
        ('{"version": "2.0", "extensions": []}', "extensions: must be an object"),
        ('{"version": "2.0", "extensions": {"http": {"routePrefix": 1}}}', "routePrefix"),
        ('{"version": "2.0", "extensions": {"serviceBus": {"maxConcurrentCalls": 0}}}', "maxConcurrentCalls"),
        ('{"version": "2.0", "extensions": {"http": {"maxConcurrentRequests": 0}}}', "maxConcurrentRequests"),
        ('{"version": "2.0", "functionTimeout": 5}', "functionTimeout: 5 is not a duration"),
        (
            '{"version": "2.0", "extensions": {"serviceBus": {"maxConcurrentCalls": true}}}',
            "maxConcurrentCalls",
        ),
        ('{"version": "2.0", "extensions": {"serviceBus": {"prefetchCount": "1"}}}', "prefetchCount"),
        ('{"version": "2.0", "extensions": {"serviceBus": {"autoCompleteMessages": 1}}}', "autoComplete"),
        (
            '{"version": "2.0", "extensions": {"serviceBus": {"maxAutoLockRenewalDuration": "5m"}}}',
            "maxAutoLockRenewalDuration: '5m'",
        ),
    ],
)
def test_a_wrong_host_json_is_named(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text(text)
    with pytest.raises(HostJsonError, match=reason):
        read_host_json(tmp_path)


def test_host_json_must_exist(tmp_path: Path) -> None:
    with pytest.raises(HostJsonError, match="cannot read"):
        read_host_json(tmp_path)


def test_host_json_defaults_and_values(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    defaults = read_host_json(tmp_path)
    assert defaults.route_prefix == "api"
    assert (defaults.service_bus.max_concurrent_calls, defaults.service_bus.prefetch_count) == (16, 0)
    assert defaults.service_bus.auto_complete_messages
    assert defaults.service_bus.max_auto_lock_renewal_seconds == 300
    assert defaults.function_timeout_seconds is None and defaults.max_outstanding_requests is None
    (tmp_path / "host.json").write_text(
        '{"version": "2.0", "extensions": {"http": {"routePrefix": "/custom/"}, "serviceBus": '
        '{"maxConcurrentCalls": 3, "autoCompleteMessages": false, '
        '"maxAutoLockRenewalDuration": "1.00:00:30"}}}'
    )
    given = read_host_json(tmp_path)
    assert given.route_prefix == "custom"
    assert given.service_bus.max_concurrent_calls == 3
    assert not given.service_bus.auto_complete_messages
    assert given.service_bus.max_auto_lock_renewal_seconds == 86430


@pytest.mark.parametrize(
    ("text", "seconds"), [("00:05:00", 300), ("01:00:00.5", 3600.5), ("2.03:04:05", 183845)]
)
def test_durations(text: str, seconds: float) -> None:
    assert duration_seconds(text, "x") == seconds


@pytest.mark.parametrize("text", ["", "5", "00:60:00", "24:00:00", 300, None])
def test_wrong_durations(text: object) -> None:
    with pytest.raises(HostJsonError):
        duration_seconds(text, "x")
