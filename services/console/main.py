"""The console: the face of the product, on read models of its own."""

from dataclasses import dataclass

from services.console import service as console
from services.console import store
from services.console.api import router
from services.console.api.front import open_front
from services.console.api.problem_pages import ProblemPages
from services.console.api.session import BySession
from services.console.consumers import subscriptions
from shared.app import Service
from shared.web import Api, WebContext
from shared.work import Worker


@dataclass
class Console(Service):
    """A service that people look at: browsers come with a cookie, and want pages."""

    def api(self, context: WebContext, *, public: bool = True) -> Api:
        app: Api = super().api(context, public=public)
        if public:
            open_front(app, context)
            app.add_middleware(BySession, port=context.settings.port)
            app.add_middleware(ProblemPages)
        return app


service = Console(
    name="console",
    port=8100,
    hears=subscriptions,
    says=(),
    router=router,
    indexes=store.INDEXES,
    workers=(Worker("generations", work=console.tend_generations, idle_seconds=1),),
    generation=console.generation_to_write,
)
