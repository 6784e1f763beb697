"""The queue of notifications and its dead letters."""

from __future__ import annotations

import azure.functions as func

from functions.queues.parsing import CONNECTION, dead_letter_reason, parsed
from shared.container import ContainerGetter
from shared.ports.messaging import Queue
from shared.services.dead_letters import DeadLetters
from shared.services.notify import NotifyMessage


def blueprint(container: ContainerGetter) -> func.Blueprint:
    """The queue functions."""
    queues = func.Blueprint()  # type: ignore[no-untyped-call]

    @queues.function_name("send_notification")
    @queues.service_bus_queue_trigger(
        arg_name="message", queue_name=Queue.NOTIFICATIONS.value, connection=CONNECTION
    )
    async def send_notification(message: func.ServiceBusMessage) -> None:
        await (await container()).events.notify.run(parsed(NotifyMessage, message))

    @queues.function_name("send_notification_dead_letter")
    @queues.service_bus_queue_trigger(
        arg_name="message", queue_name=f"{Queue.NOTIFICATIONS.value}/$deadletterqueue", connection=CONNECTION
    )
    async def send_notification_dead_letter(message: func.ServiceBusMessage) -> None:
        engine = (await container()).engine
        reason = dead_letter_reason(message)
        await (await container()).events.notify.give_up(message.get_body(), reason)
        await DeadLetters(engine).run(Queue.NOTIFICATIONS, message.get_body(), reason)

    return queues
