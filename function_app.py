"""Entry point of the Function app: composes the triggers. Adapters are opened at the first invocation."""

from __future__ import annotations

import os

import azure.functions as func

from functions.events import resource_changed
from functions.http.registration import http_blueprint
from functions.http.routes import ROUTES
from functions.queues import changes, deliveries, notifications, scan_engine
from functions.timers import events, schedules, upkeep
from shared.container import ContainerSource
from shared.cycle_collector import search_seldom

source = ContainerSource(os.environ)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(http_blueprint(ROUTES, source.application))
app.register_functions(scan_engine.blueprint(source.container))
app.register_functions(deliveries.blueprint(source.container))
app.register_functions(notifications.blueprint(source.container))
app.register_functions(changes.blueprint(source.container))
app.register_functions(resource_changed.blueprint(source.container))
app.register_functions(upkeep.blueprint(source.container))
app.register_functions(events.blueprint(source.container))
app.register_functions(schedules.blueprint(source.container))

search_seldom()
