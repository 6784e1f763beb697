"""The queue of changed resources and its dead letters."""

from __future__ import annotations

import azure.functions as func

from functions.queues.parsing import CONNECTION, dead_letter_reason, parsed
from shared.container import ContainerGetter
from shared.ports.messaging import Queue
from shared.services.dead_letters import DeadLetters
from shared.services.resource_changes import ChangeMessage


def blueprint(container: ContainerGetter) -> func.Blueprint:
    """The queue functions."""
    queues = func.Blueprint()  # type: ignore[no-untyped-call]

    @queues.function_name("rescan_resource")
    @queues.service_bus_queue_trigger(
        arg_name="message", queue_name=Queue.CHANGES.value, connection=CONNECTION
    )
    async def rescan_resource(message: func.ServiceBusMessage) -> None:
        await (await container()).events.changes.run(parsed(ChangeMessage, message))

    @queues.function_name("rescan_resource_dead_letter")
    @queues.service_bus_queue_trigger(
        arg_name="message", queue_name=f"{Queue.CHANGES.value}/$deadletterqueue", connection=CONNECTION
    )
    async def rescan_resource_dead_letter(message: func.ServiceBusMessage) -> None:
        # The resource's row is still there; the sweep of changes takes it up.
        engine = (await container()).engine
        await DeadLetters(engine).run(Queue.CHANGES, message.get_body(), dead_letter_reason(message))

    return queues
