"""The local host against Microsoft's runtime: the same app must index and answer the same.

The project's own app is indexed by both as soon as there is one; the invocations are those of the sample.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.functions.http import HttpRequest
from azure.functions.timer import TimerRequest

from devhost.functionhost.eventgrid import decode_event
from devhost.functionhost.host import FunctionHost
from devhost.functionhost.host_rules import check_app
from devhost.functionhost.indexing import IndexedFunction, IndexingError, load_app
from devhost.functionhost.invocation import Invoker
from devhost.functionhost.servicebus_client import decode_many, decode_one
from tests.fixtures.functions_runtime import RuntimeProcess, runtime_is_installed
from tests.functionhost.conftest import ENVIRONMENT, SAMPLE_APP
from tests.functionhost.messages import received

pytestmark = pytest.mark.skipif(
    not runtime_is_installed(), reason="azure-functions-runtime 1.3.0 is not installed"
)

ROOT = Path(__file__).resolve().parents[2]
BASE = "http://localhost:7071"
GUID = "2b1c1c0e-aaaa-4bbb-8ccc-0123456789ab"


@pytest.fixture(scope="module")
def runtime() -> Iterator[RuntimeProcess]:
    with RuntimeProcess(SAMPLE_APP, ENVIRONMENT) as process:
        yield process


def settings_of(app_dir: Path) -> dict[str, str]:
    """The sample app's settings and, where the app brings some, those of local.settings.sample.json."""
    sample = app_dir / "local.settings.sample.json"
    own = json.loads(sample.read_text(encoding="utf-8"))["Values"] if sample.is_file() else {}
    return {**ENVIRONMENT, **{name: str(value) for name, value in own.items()}}


def project_app() -> Any:
    return pytest.param(ROOT, id="project")


@pytest.mark.parametrize("app_dir", [pytest.param(SAMPLE_APP, id="sample"), project_app()])
def test_the_same_functions_are_indexed(app_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(app_dir)
    with RuntimeProcess(app_dir, settings) as process:
        assert "error" not in process.indexed, process.indexed
        theirs = process.indexed["functions"]
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    app = load_app(app_dir)
    ours = {function.name: function for function in app.functions}
    assert sorted(ours) == sorted(theirs)
    for name, bindings in theirs.items():
        trigger = next(one for one in bindings if one["type"].endswith("Trigger"))
        assert (ours[name].kind, ours[name].parameter) == (trigger["type"], trigger["name"])
        assert sorted(ours[name].binding_names) == sorted(one["name"] for one in bindings)
    assert check_app(app, settings) == []


HTTP_CASES: list[tuple[str, str, str, dict[str, str], bytes, dict[str, str]]] = [
    # function, method, path and query, route parameters, body, headers
    ("Echo", "GET", "/echo/a%20b/7?x=1&y=two%20words&e=", {"name": "a b", "number": "7"}, b"", {}),
    ("Echo", "POST", "/echo/n", {"name": "n"}, "körper".encode(), {"X-Header": "Value", "x-empty": ""}),
    ("Echo", "PUT", "/echo/n?a=1&a=2", {"name": "n"}, b"{}", {"content-type": "application/json"}),
    ("Json", "POST", "/json", {}, b'{"a": [1, null]}', {"content-type": "application/json"}),
    ("Json", "POST", "/json", {}, b"{not json", {"content-type": "application/json"}),
    ("Json", "POST", "/json", {}, b"", {}),
    ("Create", "POST", "/items", {}, b"", {}),
    ("Special", "GET", "/items/special", {}, b"", {}),
    ("Item", "GET", f"/items/{GUID}", {"itemId": GUID}, b"", {}),
    ("AnyItem", "GET", "/items/other", {"itemId": "other"}, b"", {}),
    ("Files", "GET", "/files/a/b.txt", {"path": "a/b.txt"}, b"", {}),
    ("Files", "GET", "/files", {}, b"", {}),
    ("Text", "GET", "/text", {}, b"", {}),
    ("Empty", "DELETE", "/empty", {}, b"", {}),
    ("Boom", "GET", "/boom", {}, b"", {}),
    ("Nothing", "GET", "/nothing", {}, b"", {}),
    ("WrongType", "GET", "/wrong-type", {}, b"", {}),
    ("Context", "GET", "/context", {}, b"", {}),
]


@pytest.mark.parametrize("case", HTTP_CASES, ids=lambda case: f"{case[0]}-{case[1]}-{case[2]}")
async def test_http_answers(
    case: tuple[str, str, str, dict[str, str], bytes, dict[str, str]],
    runtime: RuntimeProcess,
    make_host: Callable[..., FunctionHost],
) -> None:
    function, method, target, route_params, body, headers = case
    host = make_host()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(host), base_url=BASE) as client:
        request = client.build_request(method, target, content=body, headers=headers)
        sent = dict(request.headers.items())
        ours = await client.send(request)
    # What Azure's host puts into the message: repeated values joined, empty query values dropped.
    query: dict[str, str] = {}
    for name, value in request.url.params.multi_items():
        if value:
            query[name] = f"{query[name]},{value}" if name in query else value
    theirs = runtime.http(
        function,
        method,
        str(request.url),
        route_params=route_params,
        query=query,
        headers={name.lower(): value for name, value in sent.items()},
        body=body,
    )
    if not theirs["ok"]:
        assert (ours.status_code, ours.content) == (500, b"")
        return
    assert ours.status_code == (theirs["status"] or 200)
    if "application/json" in ours.headers.get("content-type", ""):
        assert ours.json() == json.loads(theirs["body"])
    else:
        assert ours.content == theirs["body"]
    answered = {
        name: value for name, value in ours.headers.items() if name not in ("content-length", "set-cookie")
    }
    if theirs["status"] is not None:
        assert answered == theirs["headers"]
    assert [cookie.partition(";")[0] for cookie in ours.headers.get_list("set-cookie")] == theirs["cookies"]


class Collected:
    """An OutputSender that keeps what it is given."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    async def send(self, output: Any, value: Any) -> None:
        self.values.append(value)


async def invoke(function: IndexedFunction, value: Any) -> tuple[bool, list[Any]]:
    """Call a function of the local host: whether it succeeded, and what it noted down."""
    invoker = Invoker(str(SAMPLE_APP), 1, Collected())
    calls = function.user_function.__globals__["CALLS"]
    calls.clear()
    try:
        await invoker.invoke(function, value, {})
    except Exception:
        return False, list(calls)
    finally:
        invoker.close()
    return True, list(calls)


def function_of(host: FunctionHost, name: str) -> IndexedFunction:
    return next(function for function in host.functions if function.name == name)


@pytest.mark.parametrize("target", ["/enqueue", "/enqueue?fail=1"])
async def test_output_binding(
    target: str, runtime: RuntimeProcess, make_host: Callable[..., FunctionHost]
) -> None:
    query = {"fail": "1"} if "fail" in target else {}
    theirs = runtime.http(
        "Enqueue", "POST", BASE + target, route_params={}, query=query, headers={}, body=b"text"
    )
    collected = Collected()
    invoker = Invoker(str(SAMPLE_APP), 1, collected)
    request = HttpRequest(
        "POST", BASE + target, headers={}, params=query, route_params={}, body_type="bytes", body=b"text"
    )
    ok = True
    try:
        await invoker.invoke(function_of(make_host(), "Enqueue"), request, {})
    except ValueError:
        ok = False
    finally:
        invoker.close()
    assert ok is theirs["ok"] is ("fail" not in target)
    assert collected.values == list(theirs.get("outputs", {}).values())


@pytest.mark.parametrize("past_due", [False, True])
@pytest.mark.parametrize("name", ["Nightly", "AtStart"])
async def test_timer(
    name: str, past_due: bool, runtime: RuntimeProcess, make_host: Callable[..., FunctionHost]
) -> None:
    theirs = runtime.data(name, "timer", {"IsPastDue": past_due, "Schedule": {}, "ScheduleStatus": None})
    ours = await invoke(function_of(make_host(), name), TimerRequest(past_due=past_due))
    assert ours == (theirs["ok"], theirs["calls"])
    assert len(ours[1]) == 1


@pytest.mark.parametrize("body", ['{"scan": 1}', "fail", "grüße"])
async def test_service_bus_message(
    body: str, runtime: RuntimeProcess, make_host: Callable[..., FunctionHost]
) -> None:
    message = received(body.encode(), message_id="m-1", delivery_count=2, properties={b"k": b"v", b"n": 3})
    # Azure counts deliveries from 1, AMQP the failed ones before this one.
    metadata = {
        "MessageId": "m-1",
        "DeliveryCount": 3,
        "ApplicationProperties": {"k": "v", "n": 3},
        "UserProperties": {"k": "v", "n": 3},
        "Subject": "a-subject",
        "ContentType": "application/json",
        "CorrelationId": "c-1",
        "EnqueuedTimeUtc": "2026-01-02T03:04:05.678Z",
    }
    theirs = runtime.data("OnWork", "msg", body, metadata)
    ours = await invoke(function_of(make_host(), "OnWork"), decode_one([message]))
    assert ours == (theirs["ok"], theirs["calls"])
    assert ours[0] is (body != "fail")
    assert ours[1][0]["delivery_count"] == 3
    assert ours[1][0]["enqueued"] == "2026-01-02T03:04:05.678000+00:00"


async def test_service_bus_batch(runtime: RuntimeProcess, make_host: Callable[..., FunctionHost]) -> None:
    theirs = runtime.data(
        "OnBatch",
        "msgs",
        ["1", "2"],
        {"UserPropertiesArray": [{}, {}], "MessageIdArray": ["a", "b"], "DeliveryCountArray": [1, 1]},
    )
    messages = [received(b"1", message_id="a"), received(b"2", message_id="b")]
    ours = await invoke(function_of(make_host(), "OnBatch"), decode_many(messages))
    assert ours == (theirs["ok"], theirs["calls"])
    assert ours[1] == [{"function": "OnBatch", "bodies": ["1", "2"]}]


EVENTS = [
    {
        "id": "e1",
        "topic": "/subscriptions/s",
        "subject": "/a",
        "eventType": "sample.created",
        "eventTime": "2026-01-02T03:04:05.1234567Z",
        "data": {"x": 1},
        "dataVersion": "1",
    },
    {
        "id": "e2",
        "topic": "/t",
        "subject": "/a",
        "eventType": "sample.fail",
        "eventTime": "2026-01-02T03:04:05Z",
        "data": {},
        "dataVersion": "1",
    },
    {
        "specversion": "1.0",
        "id": "c1",
        "source": "/s",
        "type": "sample.created",
        "time": "2026-01-02T03:04:05Z",
        "subject": "/a",
        "data": {"x": [1]},
    },
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event["id"])
async def test_event_grid(
    event: dict[str, Any], runtime: RuntimeProcess, make_host: Callable[..., FunctionHost]
) -> None:
    theirs = runtime.data("OnEvent", "event", event)
    ours = await invoke(function_of(make_host(), "OnEvent"), decode_event(event))
    assert ours == (theirs["ok"], theirs["calls"])
    assert ours[0] is (event["id"] != "e2")


REFUSED_BY_BOTH = {
    "two apps": "import azure.functions as func\na = func.FunctionApp()\nb = func.FunctionApp()\n",
    "import error": "import no_such_module_anywhere\n",
    "extra parameter": (
        "import azure.functions as func\napp = func.FunctionApp()\n"
        '@app.route(route="x")\ndef f(req: func.HttpRequest, clock=None) -> func.HttpResponse: ...\n'
    ),
    "other parameter name": (
        "import azure.functions as func\napp = func.FunctionApp()\n"
        '@app.timer_trigger(arg_name="t", schedule="0 0 * * * *")\n'
        "def f(timer: func.TimerRequest) -> None: ...\n"
    ),
    "same name twice": (
        "import azure.functions as func\napp = func.FunctionApp()\n"
        '@app.route(route="x")\ndef f(req: func.HttpRequest) -> func.HttpResponse: ...\n'
        '@app.route(route="y")\ndef f(req: func.HttpRequest) -> func.HttpResponse: ...\n'
    ),
    "list annotation": (
        "import azure.functions as func\napp = func.FunctionApp()\n"
        '@app.service_bus_queue_trigger(arg_name="m", queue_name="q", connection="c", cardinality="many")\n'
        "def f(m: list[func.ServiceBusMessage]) -> None: ...\n"
    ),
    "optional return": (
        "import azure.functions as func\napp = func.FunctionApp()\n"
        '@app.route(route="x")\ndef f(req: func.HttpRequest) -> func.HttpResponse | None: ...\n'
    ),
    "dict return": (
        "import azure.functions as func\napp = func.FunctionApp()\n"
        '@app.route(route="x")\ndef f(req: func.HttpRequest) -> dict: ...\n'
    ),
    "wrong annotation": (
        "import azure.functions as func\napp = func.FunctionApp()\n"
        '@app.route(route="x")\ndef f(req: func.TimerRequest) -> func.HttpResponse: ...\n'
    ),
    "generic request": (
        "import typing, azure.functions as func\napp = func.FunctionApp()\n"
        '@app.route(route="x")\ndef f(req: typing.List[int]) -> func.HttpResponse: ...\n'
    ),
    "optional request": (
        "import azure.functions as func\napp = func.FunctionApp()\n"
        '@app.route(route="x")\ndef f(req: func.HttpRequest | None) -> func.HttpResponse: ...\n'
    ),
    "output without Out": (
        "import azure.functions as func\napp = func.FunctionApp()\n@app.route(route='x')\n"
        '@app.service_bus_queue_output(arg_name="out", queue_name="q", connection="c")\n'
        "def f(req: func.HttpRequest, out: str) -> func.HttpResponse: ...\n"
    ),
    "input with Out": (
        "import azure.functions as func\napp = func.FunctionApp()\n@app.route(route='x')\n"
        "def f(req: func.Out[func.HttpRequest]) -> func.HttpResponse: ...\n"
    ),
    "unknown name in an annotation": (
        "import azure.functions as func\napp = func.FunctionApp()\n@app.route(route='x')\n"
        "def f(req: 'func.NoSuchType') -> func.HttpResponse: ...\n"
    ),
    "context of another type": (
        "import azure.functions as func\napp = func.FunctionApp()\n"
        '@app.route(route="x")\n'
        "def f(req: func.HttpRequest, context: str) -> func.HttpResponse: ...\n"
    ),
    "not a function": (
        "import azure.functions as func, functools\napp = func.FunctionApp()\n"
        "def g(req: func.HttpRequest, x: int) -> func.HttpResponse: ...\n"
        'app.route(route="x")(functools.partial(g, x=1))\n'
    ),
}


@pytest.mark.parametrize("source", REFUSED_BY_BOTH.values(), ids=REFUSED_BY_BOTH.keys())
def test_what_the_runtime_does_not_index_is_refused(source: str, tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text(source)
    with RuntimeProcess(tmp_path, {}) as process:
        assert "error" in process.indexed
    with pytest.raises(IndexingError):
        load_app(tmp_path)
