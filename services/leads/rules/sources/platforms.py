"""Ready-made mappings of what ad and form platforms send, as their public documentation shows it.

Meta, LinkedIn and HubSpot's apps notify with an id alone: what it stands for has to be fetched with the platform's own credentials, by a
connector that then relays the lead in the same form as the platform's API gives it. Both forms are understood here.

To JMESPath `!a.b` is `(!a).b`, hence the brackets. A whole name goes to the last one, and is taken apart like any other.
"""

from services.leads.models import Mapping, Platform, SetAside

_FETCH = "the platform sent an id alone: fetch the fields of this lead from its API, and relay them to this address"


def _not_sent(when: str) -> SetAside:
    return SetAside(when=when, rule="fields_not_sent", reason=_FETCH)


# https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving: the notification, or the lead as the Graph API gives it.
_META = Mapping(
    items="entry && entry[].changes[?field=='leadgen'][].value || [@]",
    shape="{lead: @, said: object_of(field_data, &name, &values)}",
    set_aside=[
        SetAside(when="!(lead.leadgen_id) && !(lead.field_data)", rule="not_a_lead", reason="this tells of something else than a lead"),
        _not_sent("!(lead.field_data)"),
    ],
    fields={
        "external_id": "lead.leadgen_id || lead.id",
        "submitted_at": "moment(lead.created_time)",
        "person.first_name": "said.first_name",
        "person.last_name": "said.last_name || !(said.first_name) && said.full_name",
        "person.email": "said.email || said.work_email",
        "person.phone": "said.phone_number || said.work_phone_number",
        "person.title": "said.job_title",
        "company.name": "said.company_name",
        "company.country": "said.country",
        "attribution.campaign": "lead.campaign_name || lead.campaign_id",
        "attribution.medium": "'paid_social'",
        "attribution.ad_id": "lead.ad_id",
        "attribution.adgroup_id": "lead.adgroup_id",
        "attribution.form_id": "lead.form_id",
        "attribution.page_id": "lead.page_id",
    },
    attributes="said",
)

# https://developers.google.com/google-ads/webhook/docs/implementation
_GOOGLE = Mapping(
    shape="{lead: @, said: object_of(user_column_data, &(column_id || column_name), &string_value)}",
    set_aside=[SetAside(when="lead.is_test", rule="test_lead", reason="it is one of the platform's own test leads")],
    fields={
        "external_id": "lead.lead_id",
        "person.first_name": "said.FIRST_NAME",
        "person.last_name": "said.LAST_NAME || !(said.FIRST_NAME) && said.FULL_NAME",
        "person.email": "said.EMAIL || said.WORK_EMAIL",
        "person.phone": "said.PHONE_NUMBER || said.WORK_PHONE",
        "person.title": "said.JOB_TITLE",
        "company.name": "said.COMPANY_NAME",
        "company.country": "said.COUNTRY",
        "attribution.campaign": "lead.campaign_id",
        "attribution.medium": "'paid_search'",
        "attribution.adgroup_id": "lead.adgroup_id",
        "attribution.creative_id": "lead.creative_id",
        "attribution.form_id": "lead.form_id",
        "attribution.gclid": "lead.gcl_id",
    },
    attributes="said",
)

# https://learn.microsoft.com/linkedin/marketing/lead-sync/leadsync: the notification, or a lead form response with its form.
_LINKEDIN = Mapping(
    items="elements || [@]",
    shape=(
        "{lead: @, said: object_of(merged(formResponse.answers, &questionId, form.content.questions, &questionId),"
        " &(predefinedField || name || questionId),"
        " &(answerDetails.textQuestionAnswer.answer || answerDetails.multipleChoiceAnswer.options))}"
    ),
    set_aside=[
        SetAside(when="lead.leadAction == 'DELETED'", rule="deleted_there", reason="the platform tells that this lead was deleted there"),
        SetAside(when="lead.testLead", rule="test_lead", reason="it is one of the platform's own test leads"),
        SetAside(
            when="!(lead.leadGenFormResponse) && !(lead.formResponse)", rule="not_a_lead", reason="this tells of something else than a lead"
        ),
        _not_sent("!(lead.formResponse)"),
    ],
    fields={
        # The notification names the response by its URN, the response itself only by what stands at the end of it.
        "external_id": "lead.leadGenFormResponse || lead.id && join('', ['urn:li:leadGenFormResponse:', to_string(lead.id)])",
        "submitted_at": "moment(lead.submittedAt || lead.occurredAt)",
        "person.first_name": "said.FIRST_NAME",
        "person.last_name": "said.LAST_NAME",
        "person.email": "said.WORK_EMAIL || said.EMAIL",
        "person.phone": "said.WORK_PHONE_NUMBER || said.PHONE_NUMBER",
        "person.title": "said.JOB_TITLE",
        "company.name": "said.COMPANY_NAME",
        "company.industry": "said.INDUSTRY",
        "company.country": "said.COUNTRY",
        "attribution.campaign": "lead.leadMetadataInfo.sponsoredLeadMetadataInfo.campaign.name",
        "attribution.medium": "'paid_social'",
        "attribution.form": "lead.form.name",
    },
    attributes="said",
)

# https://www.typeform.com/developers/webhooks/example-payload, or a response as the API gives it, without the questions: these are known
# by the `ref` that the form's maker gave them.
_ANSWER = "text || email || phone_number || url || date || choice.label || choices.labels || file_url || number || boolean"
_TYPEFORM = Mapping(
    items="[form_response || @]",
    shape=(
        f"{{lead: @, said: object_of(answers, &field.ref, &({_ANSWER})),"
        f" asked: object_of(merged(answers, &field.id, definition.fields, &id), &title, &({_ANSWER})),"
        " email: answers[?type=='email'].email | [0], phone: answers[?type=='phone_number'].phone_number | [0]}"
    ),
    fields={
        "external_id": "lead.token",
        "submitted_at": "moment(lead.submitted_at)",
        "person.first_name": "said.first_name || lead.hidden.first_name",
        "person.last_name": "said.last_name || lead.hidden.last_name || !(said.first_name) && said.name",
        "person.email": "email || lead.hidden.email",
        "person.phone": "phone || lead.hidden.phone",
        "person.title": "said.job_title",
        "company.name": "said.company || said.company_name || lead.hidden.company",
        "company.country": "said.country",
        "interest.need": "said.need || said.message",
        "attribution.campaign": "lead.hidden.utm_campaign",
        "attribution.medium": "lead.hidden.utm_medium",
        "attribution.form": "lead.definition.title",
        "attribution.form_id": "lead.form_id",
    },
    attributes="asked || said",
)

# https://developers.hubspot.com/docs/api/webhooks (changes, each of one property) and what a workflow sends (a contact).
_HUBSPOT = Mapping(
    items="type(@) == 'array' && @ || [@]",
    shape=(
        "{lead: @, known: {email: properties.email.value || properties.email, phone: properties.phone.value || properties.phone,"
        " first_name: properties.firstname.value || properties.firstname, last_name: properties.lastname.value || properties.lastname,"
        " title: properties.jobtitle.value || properties.jobtitle, company: properties.company.value || properties.company,"
        " country: properties.country.value || properties.country,"
        " campaign: properties.hs_analytics_source_data_1.value || properties.hs_analytics_source_data_1},"
        " changed: [@][?subscriptionType=='contact.propertyChange'] | [0], form: \"form-submissions\"[0]}"
    ),
    set_aside=[
        SetAside(
            when="lead.subscriptionType && !starts_with(lead.subscriptionType, 'contact.')",
            rule="not_a_lead",
            reason="this tells of something else than a contact",
        ),
        SetAside(
            when="contains(['contact.deletion', 'contact.privacyDeletion', 'contact.merge'], lead.subscriptionType || '')",
            rule="deleted_there",
            reason="the platform tells that this contact is gone there",
        ),
        _not_sent("lead.subscriptionType && !contains(['email', 'phone'], changed.propertyName || '')"),
    ],
    fields={
        "external_id": (
            "form.\"conversion-id\" || lead.eventId && join('-', [to_string(lead.objectId), to_string(lead.eventId)])"
            " || lead.vid && to_string(lead.vid) || lead.id && to_string(lead.id)"
        ),
        "submitted_at": "moment(form.timestamp || lead.occurredAt || lead.createdAt)",
        "person.first_name": "known.first_name",
        "person.last_name": "known.last_name",
        "person.email": "known.email || changed.propertyName == 'email' && changed.propertyValue",
        "person.phone": "known.phone || changed.propertyName == 'phone' && changed.propertyValue",
        "person.title": "known.title",
        "company.name": "known.company",
        "company.country": "known.country",
        "attribution.campaign": "known.campaign",
        "attribution.form": "form.title",
        "attributes.hubspot_contact": "to_string(lead.objectId || lead.vid || lead.id)",
    },
)

# https://developer.calendly.com/api-docs/webhooks: an invitee who was created.
_CALENDLY = Mapping(
    items="[{event: event, lead: payload}]",
    set_aside=[
        SetAside(
            when="event != 'invitee.created'", rule="not_a_lead", reason="this tells of something else than a meeting that was booked"
        ),
        SetAside(when="lead.rescheduled || lead.old_invitee", rule="not_a_lead", reason="a meeting that is known was moved"),
    ],
    fields={
        "external_id": "lead.uri",
        "submitted_at": "moment(lead.created_at)",
        "person.first_name": "lead.first_name",
        "person.last_name": "lead.last_name || !(lead.first_name) && lead.name",
        "person.email": "lead.email",
        "person.phone": "lead.text_reminder_number",
        "attributes.meeting_at": "lead.scheduled_event.start_time",
        "interest.need": "lead.scheduled_event.name",
        "attribution.campaign": "lead.tracking.utm_campaign",
        "attribution.medium": "lead.tracking.utm_medium",
        "attribution.utm_source": "lead.tracking.utm_source",
    },
    attributes="object_of(lead.questions_and_answers, &question, &answer)",
)

PLATFORMS: dict[Platform, Mapping] = {
    "calendly": _CALENDLY,
    "google": _GOOGLE,
    "hubspot": _HUBSPOT,
    "linkedin": _LINKEDIN,
    "meta": _META,
    "typeform": _TYPEFORM,
}
