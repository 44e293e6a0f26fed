"""From a form on a web page to a lead that somebody owns: the mail goes out, its link is followed, and everybody hears of it."""

import re

from services.leads.rules.capture.forms import CONSENT
from services.notifications.service import Postman
from shared.events import ConsentGiven, LeadAssigned, LeadCaptured
from tests.conftest import DatabaseOf
from tests.journeys.world import World
from tests.services.leads.forms import send, visitor, with_form, with_opt_in
from tests.services.notifications.mail_servers import Inbox, mail_server

QUALIFIED = {"title": "Head of Purchasing", "budget": "20000", "timeline": "this month"}
NAMES = ("first_name", "last_name", "email", "company", "need", *QUALIFIED)


async def mails_of(world: World) -> Inbox:
    inbox = Inbox()
    async with mail_server(inbox) as server:
        postman = Postman(server)
        while await postman.send_due(world.databases["notifications"]):
            pass
    return inbox


async def test_somebody_fills_in_a_form_confirms_by_mail_and_is_dealt_out(database_of: DatabaseOf) -> None:
    world = await World.begun(database_of)
    db = world.databases["leads"]
    await with_form(db, fields=[{"name": name} for name in NAMES])
    await with_opt_in(db)
    async with visitor(db, **{"accept-language": "de"}) as stranger:
        await send(stranger, **QUALIFIED, **{CONSENT: "yes"})
        await world.carry()
        assert world.told(LeadCaptured) == []
        (mail,) = (await mails_of(world)).mails
        assert (mail["To"], mail["Subject"]) == ("Ana Silva <ana@acme.example>", "Bitte bestätigen: Dealwire Pumps")
        (link,) = re.findall(r"http://dealwire\.test(\S+)", mail.get_body(("plain",)).get_content())
        assert (await stranger.get(link)).status_code == 200
        await world.carry()
        assert world.told(LeadCaptured) == []
        assert (await stranger.post(link)).status_code == 200
    await world.carry()
    (captured,), (given,), (assigned,) = (world.told(kind) for kind in (LeadCaptured, ConsentGiven, LeadAssigned))
    assert captured.lead_id == given.lead_id == assigned.lead_id
    shown = (await world.everything())["console"]
    (entry,) = [row for name, rows in shown.items() if "timeline" in name for row in rows if row["topic"] == "consent.given"]
    assert entry["about"] == f"lead:{captured.lead_id}"
