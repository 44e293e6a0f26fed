"""Ready-made polls of platforms that tell their leads to whoever asks, as their public documentation shows it.

What stands in braces there is filled in once, when the poll is set up; `{secret.…}` whenever it is asked.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote

from services.leads.models import Onward, PolledPlatform, PollTerms, Since
from shared.errors import Invalid, Violation

_NAMES = re.compile(r"\{([a-z_]+)\}")

POLLS: dict[PolledPlatform, PollTerms] = {
    # https://developers.hubspot.com/docs/api-reference/search/guide: no more than 10,000 answer one search, so each page is a search of
    # its own, for what has a higher id than the last one seen: ids are nobody else's, as times are not. A contact may be missing for a
    # minute, and one with a lower id may come later; either is new enough for the next sweep.
    "hubspot": PollTerms(
        url="https://api.hubapi.com/crm/v3/objects/contacts/search",
        headers={"Authorization": "Bearer {secret.token}"},
        body=(
            '{"limit":100,"sorts":[{"propertyName":"hs_object_id","direction":"ASCENDING"}],"filterGroups":[{"filters":['
            '{"propertyName":"hs_object_id","operator":"GT","value":"0"},{"propertyName":"createdate","operator":"GTE","value":"0"}]}],'
            '"properties":["email","phone","firstname","lastname","jobtitle","company","country","hs_analytics_source_data_1"]}'
        ),
        leads="results",
        onward=Onward(found="paging.next && results[-1].id", parameter="filterGroups.0.filters.0.value"),
        since=Since(
            parameter="filterGroups.0.filters.1.value",
            value='"{since}"',
            written="milliseconds",
            mark="results[].createdAt",
            overlap_seconds=300,
        ),
    ),
    # https://learn.microsoft.com/linkedin/marketing/lead-sync/leadsync: the newest first, by offset. Pages overlap by ten leads, so that
    # one which is deleted meanwhile hides no other. A version of the API is served for a year; `headers` may name another.
    "linkedin": PollTerms(
        url=(
            "https://api.linkedin.com/rest/leadFormResponses?q=owner&owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A{account_id})"
            "&leadType=(leadType:SPONSORED)&limitedToTestLeads=false&count=100"
            "&fields=id,submittedAt,testLead,leadType,leadMetadataInfo,formResponse,form:(id,name,content)"
        ),
        headers={"Authorization": "Bearer {secret.token}", "LinkedIn-Version": "202601", "X-Restli-Protocol-Version": "2.0.0"},
        leads="elements",
        onward=Onward(found="length(elements) >= paging.count && sum([paging.start, paging.count, `-10`])", parameter="start"),
        since=Since(parameter="submittedAtTimeRange", value="(start:{since})", written="milliseconds", mark="elements[].submittedAt"),
    ),
    # https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving: the newest first; the last page has a cursor, too.
    "meta": PollTerms(
        url=(
            "https://graph.facebook.com/v23.0/{form_id}/leads"
            "?fields=id,created_time,ad_id,campaign_id,campaign_name,form_id,field_data&limit=100"
        ),
        headers={"Authorization": "Bearer {secret.token}"},
        leads="data",
        onward=Onward(found="paging.next && paging.cursors.after", parameter="after"),
        since=Since(
            parameter="filtering",
            value='[{"field":"time_created","operator":"GREATER_THAN","value":{since}}]',
            written="seconds",
            mark="data[].created_time",
        ),
    ),
    # https://www.typeform.com/developers/responses: what was submitted lately may be missing in it for half an hour.
    "typeform": PollTerms(
        url="https://api.typeform.com/forms/{form_id}/responses?page_size=200",
        headers={"Authorization": "Bearer {secret.token}"},
        leads="items",
        onward=Onward(found="length(items) == `200` && items[-1].token", parameter="before"),
        since=Since(parameter="since", mark="items[].submitted_at", overlap_seconds=3_600),
    ),
}


def poll_of(platform: PolledPlatform, values: Mapping[str, str]) -> PollTerms:
    """Raises Invalid, naming what is missing."""
    terms = POLLS[platform]
    missing = sorted(set(_NAMES.findall(terms.url)) - values.keys())
    if missing:
        wrong = [Violation(f"values.{name}", "missing", f"A poll of {platform} needs {name}") for name in missing]
        raise Invalid(f"A poll of {platform} needs {', '.join(missing)}", violations=tuple(wrong))
    return terms.model_copy(update={"url": _NAMES.sub(lambda found: quote(values[found[1]], safe=""), terms.url)})
