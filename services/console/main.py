"""The console: the face of the product, on read models of its own."""

from fastapi import APIRouter

from services.console import service as console
from services.console import store
from services.console.consumers import subscriptions
from shared.app import Service
from shared.work import Worker

service = Service(
    name="console",
    port=8100,
    hears=subscriptions,
    says=(),
    router=APIRouter(),
    indexes=store.INDEXES,
    workers=(Worker("generations", work=console.tend_generations),),
    generation=console.generation_to_write,
)
