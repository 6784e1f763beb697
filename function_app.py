"""Entry point of the Function app: composes the triggers. Adapters are opened at the first invocation."""

from __future__ import annotations

import os

import azure.functions as func

from functions.http.registration import http_blueprint
from functions.http.routes import ROUTES
from functions.queues import scan_engine
from functions.timers import upkeep
from shared.container import ContainerSource
from shared.cycle_collector import search_seldom

source = ContainerSource(os.environ)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(http_blueprint(ROUTES, source.application))
app.register_functions(scan_engine.blueprint(source.container))
app.register_functions(upkeep.blueprint(source.container))

search_seldom()
