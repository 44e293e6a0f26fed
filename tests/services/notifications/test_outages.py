"""While the mail server is gone it is asked seldom, however much waits; once it is back, all goes within seconds."""

import pytest

from services.notifications.main import service
from services.notifications.rules.deliveries import LONGEST_REST_SECONDS
from services.notifications.service import Postman
from shared.database import Database
from tests.conftest import DatabaseOf
from tests.road import hear
from tests.services.notifications.builders import rep_changed
from tests.services.notifications.mail_servers import Inbox, hanging_up, mail_server, no_mail_server
from tests.services.notifications.test_mails import assign, deliveries


class Clock:
    """Stands still until it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    db = await database_of("notifications")
    await service.seed(db)
    await hear(service, db, rep_changed("rita"), rep_changed("sam"))
    return db


async def work(postman: Postman, db: Database, clock: Clock, seconds: float) -> int:
    """As its worker does: a step every half second. Returns in how many of them there was something to do."""
    busy = 0
    for _ in range(int(seconds * 2)):
        busy += await postman.send_due(db) > 0
        clock.now += 0.5
    return busy


async def test_a_server_that_is_gone_is_asked_seldom_and_once_it_is_back_all_mail_goes_within_seconds(db: Database) -> None:
    clock, gone = Clock(), no_mail_server()
    postman = Postman(gone, clock)
    await assign(db, 20)
    async with hanging_up(gone.port) as calls:
        busy = await work(postman, db, clock, 30)
        await assign(db, 20, owner_id="sam", prefix="s")
        busy += await work(postman, db, clock, 30)
    assert 5 <= busy <= 16
    assert busy <= len(calls) <= busy + 3
    assert {(row["state"], row["attempts"]) for row in await deliveries(db)} == {("pending", 0)}
    inbox = Inbox()
    async with mail_server(inbox, gone.port):
        await work(postman, db, clock, LONGEST_REST_SECONDS + 1)
    assert {row["state"] for row in await deliveries(db)} == {"sent"}
    assert len(inbox.mails) == 2


async def test_one_that_only_says_it_is_going_away_is_left_alone_as_well(db: Database) -> None:
    clock, inbox = Clock(), Inbox(lambda _: "421 closing")
    await assign(db, 5)
    async with mail_server(inbox) as server:
        postman = Postman(server, clock)
        assert 5 <= await work(postman, db, clock, 60) <= 16
        inbox.answer = lambda _: "250 OK"
        await work(postman, db, clock, LONGEST_REST_SECONDS + 1)
    assert len(inbox.mails) == 5
