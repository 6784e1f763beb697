"""The engine's queues and their dead letters. A failing handler leaves its message to be delivered again."""

from __future__ import annotations

import logging

import azure.functions as func

from functions.queues.parsing import CONNECTION, dead_letter_reason, parsed
from shared.container import ContainerGetter
from shared.ports.messaging import Queue
from shared.services.check_scan import CheckScan
from shared.services.dead_letters import DeadLetters
from shared.services.messages import CheckMessage, PlanMessage, ShardMessage
from shared.services.plan_scan import PlanScan
from shared.services.run_shard import RunShard

log = logging.getLogger(__name__)


def blueprint(container: ContainerGetter) -> func.Blueprint:
    """The queue functions."""
    queues = func.Blueprint()  # type: ignore[no-untyped-call]

    @queues.function_name("plan_scan")
    @queues.service_bus_queue_trigger(arg_name="message", queue_name=Queue.PLAN.value, connection=CONNECTION)
    async def plan_scan(message: func.ServiceBusMessage) -> None:
        engine = (await container()).engine
        await PlanScan(engine).run(parsed(PlanMessage, message))

    @queues.function_name("run_shard")
    @queues.service_bus_queue_trigger(
        arg_name="message", queue_name=Queue.SHARDS.value, connection=CONNECTION
    )
    async def run_shard(message: func.ServiceBusMessage) -> None:
        engine = (await container()).engine
        await RunShard(engine).run(parsed(ShardMessage, message))

    @queues.function_name("check_scan")
    @queues.service_bus_queue_trigger(arg_name="message", queue_name=Queue.CHECK.value, connection=CONNECTION)
    async def check_scan(message: func.ServiceBusMessage) -> None:
        engine = (await container()).engine
        await CheckScan(engine).run(parsed(CheckMessage, message))

    @queues.function_name("plan_scan_dead_letter")
    @queues.service_bus_queue_trigger(
        arg_name="message", queue_name=f"{Queue.PLAN.value}/$deadletterqueue", connection=CONNECTION
    )
    async def plan_scan_dead_letter(message: func.ServiceBusMessage) -> None:
        await _account(container, Queue.PLAN, message)

    @queues.function_name("run_shard_dead_letter")
    @queues.service_bus_queue_trigger(
        arg_name="message", queue_name=f"{Queue.SHARDS.value}/$deadletterqueue", connection=CONNECTION
    )
    async def run_shard_dead_letter(message: func.ServiceBusMessage) -> None:
        await _account(container, Queue.SHARDS, message)

    @queues.function_name("check_scan_dead_letter")
    @queues.service_bus_queue_trigger(
        arg_name="message", queue_name=f"{Queue.CHECK.value}/$deadletterqueue", connection=CONNECTION
    )
    async def check_scan_dead_letter(message: func.ServiceBusMessage) -> None:
        await _account(container, Queue.CHECK, message)

    return queues


async def _account(container: ContainerGetter, queue: Queue, message: func.ServiceBusMessage) -> None:
    engine = (await container()).engine
    await DeadLetters(engine).run(queue, message.get_body(), dead_letter_reason(message))
