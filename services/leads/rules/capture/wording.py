"""What the pages for strangers say, in the languages that they may be read in."""

from collections.abc import Mapping

from services.leads.models import FormSettings, Language

MOST_LABEL = 60
LANGUAGES: tuple[Language, ...] = ("en", "de")
_EN = {
    "first_name": "First name",
    "last_name": "Last name",
    "email": "E-mail",
    "phone": "Phone",
    "title": "Job title",
    "company": "Company",
    "website": "Website of your company",
    "country": "Country",
    "industry": "Industry",
    "employees": "Number of employees",
    "product": "What are you interested in?",
    "need": "How can we help?",
    "budget": "Budget",
    "timeline": "When do you need it?",
    "notes": "Anything else?",
    "send": "Send",
    "optional": "optional",
    "choose": "Please choose",
    "privacy": "How we handle your data",
    "leave_empty": "Leave this empty",
    "wrong_one": "One field needs another look",
    "wrong_many": "{count} fields need another look",
    "thanks": "Thank you",
    "thanks_text": "We have received your message and will get back to you soon.",
    "thanks_confirm": "We have sent you an e-mail. Please open it and confirm, so that we know it was you.",
    "continue": "Continue",
    "gone": "There is no such form",
    "gone_text": "It may have been taken down. Please go back to the page that you came from.",
    "busy": "That was a lot at once",
    "busy_text": "More has come from your network than we can take. Please try again in an hour.",
    "away": "We can't take this right now",
    "away_text": "Nothing was sent. Please try again in a minute; your browser keeps what you wrote if you go back.",
    "confirm_title": "Please confirm",
    "confirm_text": "{sender} would like to write to {email}. You agree to:",
    "confirm": "Yes, I agree",
    "confirm_else": "If you did not ask for this, simply close this page. Nothing will be sent to you.",
    "confirmed": "Thank you, that is confirmed",
    "confirmed_text": "You can close this page.",
    "expired": "This link has expired",
    "expired_text": "Please fill in the form once more, and we will send you a new one.",
    "unknown": "This link is not complete",
    "unknown_text": "Please open it from the e-mail once more. If it is broken over two lines, copy both.",
    "rule.required": "Please fill this in",
    "rule.consent": "Please tick this box, or we can't answer",
    "rule.choice": "Please choose one of these",
    "rule.email": "This is not a complete e-mail address, such as ana@acme.example",
    "rule.phone": "This is not a phone number. Please add the country, as in +49 30 1234567",
    "rule.identity_required": "Please tell us how to reach you",
    "rule.number": "Please write a number",
    "rule.string_too_long": "Please make this shorter",
    "rule.markup": "Please write this without < and >",
    "rule.control_characters": "Please write this on one line",
    "rule.else": "Please check this",
}
_DE = {
    "first_name": "Vorname",
    "last_name": "Nachname",
    "email": "E-Mail",
    "phone": "Telefon",
    "title": "Position",
    "company": "Unternehmen",
    "website": "Website Ihres Unternehmens",
    "country": "Land",
    "industry": "Branche",
    "employees": "Zahl der Beschäftigten",
    "product": "Wofür interessieren Sie sich?",
    "need": "Wie können wir helfen?",
    "budget": "Budget",
    "timeline": "Wann brauchen Sie es?",
    "notes": "Sonst noch etwas?",
    "send": "Absenden",
    "optional": "freiwillig",
    "choose": "Bitte wählen",
    "privacy": "Wie wir mit Ihren Daten umgehen",
    "leave_empty": "Lassen Sie dieses Feld leer",
    "wrong_one": "Ein Feld stimmt noch nicht",
    "wrong_many": "{count} Felder stimmen noch nicht",
    "thanks": "Vielen Dank",
    "thanks_text": "Ihre Nachricht ist angekommen. Wir melden uns bald bei Ihnen.",
    "thanks_confirm": "Wir haben Ihnen eine E-Mail geschickt. Bitte öffnen und bestätigen Sie sie, damit wir wissen, dass Sie es waren.",
    "continue": "Weiter",
    "gone": "Dieses Formular gibt es nicht",
    "gone_text": "Vielleicht wurde es entfernt. Bitte gehen Sie zurück zu der Seite, von der Sie kamen.",
    "busy": "Das war viel auf einmal",
    "busy_text": "Aus Ihrem Netz ist mehr gekommen, als wir annehmen können. Bitte versuchen Sie es in einer Stunde noch einmal.",
    "away": "Das geht gerade nicht",
    "away_text": "Es wurde nichts gesendet. Bitte versuchen Sie es in einer Minute noch einmal; was Sie schrieben, steht noch im Formular, "
    "wenn Sie zurückgehen.",
    "confirm_title": "Bitte bestätigen",
    "confirm_text": "{sender} möchte an {email} schreiben. Sie stimmen zu:",
    "confirm": "Ja, ich stimme zu",
    "confirm_else": "Wenn Sie das nicht angefordert haben, schließen Sie einfach diese Seite. Sie bekommen nichts von uns.",
    "confirmed": "Vielen Dank, das ist bestätigt",
    "confirmed_text": "Sie können diese Seite schließen.",
    "expired": "Dieser Link ist abgelaufen",
    "expired_text": "Bitte füllen Sie das Formular noch einmal aus, dann schicken wir Ihnen einen neuen.",
    "unknown": "Dieser Link ist nicht vollständig",
    "unknown_text": "Bitte öffnen Sie ihn noch einmal aus der E-Mail. Ist er dort umgebrochen, kopieren Sie beide Zeilen.",
    "rule.required": "Bitte füllen Sie dieses Feld aus",
    "rule.consent": "Bitte stimmen Sie zu, sonst können wir nicht antworten",
    "rule.choice": "Bitte wählen Sie eine der Möglichkeiten",
    "rule.email": "Das ist keine vollständige E-Mail-Adresse wie ana@acme.example",
    "rule.phone": "Das ist keine Telefonnummer. Bitte mit Landesvorwahl, wie +49 30 1234567",
    "rule.identity_required": "Bitte sagen Sie uns, wie wir Sie erreichen",
    "rule.number": "Bitte geben Sie eine Zahl ein",
    "rule.string_too_long": "Bitte fassen Sie sich kürzer",
    "rule.markup": "Bitte ohne < und >",
    "rule.control_characters": "Bitte in einer Zeile",
    "rule.else": "Bitte prüfen Sie dieses Feld",
}
WORDS: Mapping[Language, Mapping[str, str]] = {"en": _EN, "de": _DE}


def language_of(accepted: str, chosen: Language | None = None) -> Language:
    """What the visitor's browser asks for most, of what we speak; `chosen` by the form wins. RFC 9110, 12.5.4."""
    if chosen is not None:
        return chosen
    wanted = sorted((_weighed(part) for part in accepted.lower().split(",")[:20]), key=lambda pair: -pair[0])
    spoken = (language for weight, tag in wanted for language in LANGUAGES if weight > 0 and tag.partition("-")[0] == language)
    return next(spoken, LANGUAGES[0])


def _weighed(part: str) -> tuple[float, str]:
    tag, _, parameters = part.strip().partition(";")
    weight = parameters.strip().removeprefix("q=")
    try:
        return (float(weight) if weight else 1.0, tag.strip())
    except ValueError:
        return 0.0, tag.strip()


def labels_of(form: FormSettings, language: Language) -> dict[str, str]:
    """What each field of a form is called."""
    usual, consent = WORDS[language], form.consent_text or ""
    named = {field.name: field.label or usual[field.name] for field in form.fields}
    return named | {"consent": consent if len(consent) <= MOST_LABEL else f"{consent[:MOST_LABEL].rstrip()}…"}


def complaint(rule: str, words: Mapping[str, str]) -> str:
    """What is wrong, at its field."""
    if rule.startswith(("int_", "decimal_", "finite")) or rule in ("greater_than_equal", "less_than_equal"):
        rule = "number"
    return words.get(f"rule.{rule}", words["rule.else"])
