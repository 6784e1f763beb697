"""The queue of webhook deliveries and its dead letters."""

from __future__ import annotations

import azure.functions as func

from functions.queues.parsing import CONNECTION, dead_letter_reason, parsed
from shared.container import ContainerGetter
from shared.ports.messaging import Queue
from shared.services.dead_letters import DeadLetters
from shared.services.webhook_messages import WakeMessage


def blueprint(container: ContainerGetter) -> func.Blueprint:
    """The queue functions."""
    queues = func.Blueprint()  # type: ignore[no-untyped-call]

    @queues.function_name("deliver_webhook")
    @queues.service_bus_queue_trigger(
        arg_name="message", queue_name=Queue.WEBHOOKS.value, connection=CONNECTION
    )
    async def deliver_webhook(message: func.ServiceBusMessage) -> None:
        await (await container()).events.deliver.run(parsed(WakeMessage, message))

    @queues.function_name("deliver_webhook_dead_letter")
    @queues.service_bus_queue_trigger(
        arg_name="message", queue_name=f"{Queue.WEBHOOKS.value}/$deadletterqueue", connection=CONNECTION
    )
    async def deliver_webhook_dead_letter(message: func.ServiceBusMessage) -> None:
        # A wake-up that could not be worked on is kept; the sweep of webhooks sends another.
        engine = (await container()).engine
        await DeadLetters(engine).run(Queue.WEBHOOKS, message.get_body(), dead_letter_reason(message))

    return queues
