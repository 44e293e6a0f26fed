"""Rules and templates: who is told of what, and in which words."""

from typing import TypeVar

from services.notifications import store
from services.notifications.models import DEFAULT_RULES, DEFAULT_TEMPLATES, NEWS_TOPICS, Rule, Template
from services.notifications.rules import check_condition, check_template
from services.notifications.service.changes import Edit, changed, expect_version, noun_of
from shared.change import Change
from shared.database import Database
from shared.errors import Invalid, NotAllowedNow
from shared.transaction import Transaction

R = TypeVar("R", Rule, Template)


async def seed_rulebook(db: Database) -> None:
    """The rules and templates that come with Dealwire; those that are there stay as somebody has changed them."""

    async def seed(tx: Transaction) -> None:
        await store.add_missing(tx, DEFAULT_TEMPLATES)
        await store.add_missing(tx, DEFAULT_RULES)

    await db.transact(seed)


async def add_rule(tx: Transaction, rule: Rule) -> Rule:
    await _refuse_taken(tx, rule)
    await _check_rule(tx, rule)
    return await _added(tx, rule)


async def change_rule(tx: Transaction, rule_id: str, edit: Edit) -> Rule:
    rule = changed(tx, await store.get(tx, Rule, rule_id), edit)
    await _check_rule(tx, rule)
    await store.save(tx, [rule])
    return rule


async def delete_rule(tx: Transaction, rule_id: str, seen_version: int | None) -> None:
    await _delete(tx, await store.get(tx, Rule, rule_id), seen_version)


async def add_template(tx: Transaction, template: Template) -> Template:
    await _refuse_taken(tx, template)
    check_template(template)
    return await _added(tx, template)


async def change_template(tx: Transaction, template_id: str, edit: Edit) -> Template:
    template = changed(tx, await store.get(tx, Template, template_id), edit)
    check_template(template)
    await store.save(tx, [template])
    return template


async def delete_template(tx: Transaction, template_id: str, seen_version: int | None) -> None:
    template = await store.get(tx, Template, template_id)
    users = await store.find_rules_with(tx, template_id)
    if users:
        raise NotAllowedNow(f"Rules use it: {', '.join(rule.id for rule in users)}", field="template_id", rule="in_use")
    await _delete(tx, template, seen_version)


async def _check_rule(tx: Transaction, rule: Rule) -> None:
    if rule.on not in NEWS_TOPICS:
        raise Invalid(f"Nothing is heard of {rule.on}; rules can be about: {', '.join(sorted(NEWS_TOPICS))}", field="on", rule="topic")
    if rule.condition:
        check_condition(rule.on, rule.condition)
    if not await store.find(tx, Template, [rule.template_id]):
        raise Invalid(f"There is no template {rule.template_id}", field="template_id", rule="exists")


async def _refuse_taken(tx: Transaction, record: Rule | Template) -> None:
    if await store.find(tx, type(record), [record.id]):
        raise NotAllowedNow(f"{record.id} is taken", field="id", rule="unique")


async def _added(tx: Transaction, record: R) -> R:
    await store.add(tx, [record])
    tx.record(
        Change(of=noun_of(record), id=record.id, version=record.version, what="added", after=record.model_dump(exclude={"id", "version"}))
    )
    return record


async def _delete(tx: Transaction, record: Rule | Template, seen_version: int | None) -> None:
    expect_version(record, seen_version)
    if record.builtin:
        raise NotAllowedNow(f"{record.id} comes with Dealwire: switch its rules off instead", field="id", rule="builtin")
    await store.delete(tx, record)
    tx.record(Change(of=noun_of(record), id=record.id, version=record.version + 1, what="deleted"))
