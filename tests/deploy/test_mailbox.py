"""The mail server of the local stack keeps what it is given."""

import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from deploy.local.processes import Processes, free_ports, is_open


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    processes, port, folder = Processes(tmp_path / "run", tmp_path / "logs"), free_ports(1)[0], tmp_path / "mails"
    processes.start("mailbox", [sys.executable, "-m", "deploy.local.mailbox", str(port), str(folder)])
    processes.wait_until("mailbox", lambda: is_open(port), seconds=20)
    yield port, folder
    processes.stop("mailbox")


async def test_a_mail_is_kept_as_a_file_with_whom_it_was_for(mailbox: tuple[int, Path]) -> None:
    port, folder = mailbox
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "dealwire@localhost", "ana@dealwire.example", "Ein Lead für Åsa"
    mail.set_content("Grüße")
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=port, recipients=["ana@dealwire.example", "copy@dealwire.example"])
    (kept,) = folder.glob("*.eml")
    text = kept.read_text()
    assert "X-Envelope-To: ana@dealwire.example, copy@dealwire.example" in text
    assert "Subject: Ein Lead" in text or "Subject: =?utf-8?" in text
