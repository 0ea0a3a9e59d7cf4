"""Reads the report `app-preflight/report/1` (docs/formats.md); what is missing or of another kind counts as absent."""

from typing import Dict, List, NamedTuple, Optional

from app_preflight_gate.child import Ending
from app_preflight_gate.text import clean

SCHEMA = 'app-preflight/report/1'


class Finding(NamedTuple):
    """One finding: its code, verdict, what it is about, sentence, and what to do ('' when nothing is known)."""

    code: str
    verdict: str
    subject: str
    message: str
    remedy: str

    def sentence(self) -> str:
        """Return the message, after the name of what it is about unless it says that itself. Of `REFERENCE DIGEST` the reference."""
        name = self.subject.partition(' sha256:')[0]
        message = self.message or 'finding %s' % clean(self.code, 60)
        return message if not name or name in message else clean('%s: %s' % (name, message))


class Image(NamedTuple):
    """An image of the report: the versions that want it, the id the engine holds (None: it holds none), its users."""

    reference: str
    steps: List[str]
    stored: Optional[str]
    in_use_by: List[str]


class Report:
    """A report about one app."""

    def __init__(self, document: dict) -> None:
        self._document = document

    @classmethod
    def of(cls, ending: Ending, app_id: str) -> Optional['Report']:
        """Return the report on stdout when there is a readable one of this schema, about this app."""
        document = ending.document()
        if _dict(document).get('schema') != SCHEMA or _dict(document).get('app') != app_id:
            return None
        return cls(_dict(document))

    @property
    def verdict(self) -> str:
        return _text(self._document.get('verdict'))

    def findings(self, *verdicts: str) -> List[Finding]:
        """Return the findings of these verdicts, in the order of the report."""
        found = [
            Finding(*(clean(_text(item.get(field))) for field in Finding._fields))
            for item in _dicts(self._document.get('findings'))]
        return [finding for finding in found if finding.verdict in verdicts]

    def images(self) -> List[Image]:
        return [_image(item) for item in _dicts(self._document.get('images')) if _text(item.get('reference'))]

    def proved(self, app: object) -> Optional[Dict[str, str]]:
        """Return the stored id of every image this release wants; None when one is missing or not known.

        A pass that names no image has none to fetch: the empty answer.

        The release is the App Center's `app`: a report about another component of the same version proves nothing; one
        about both proves the images of both. The look at what runs (depth claims) reads no bytes and proves nothing.
        """
        version = app.version
        steps = [step for step in _dicts(self._document.get('chain')) if step.get('version') == version]
        if steps and not any(_is_step_to(app, step) for step in steps) or self._document.get('depth') == 'claims':
            return None
        images = self.images()
        if not images and any(step.get('pulls') is True and step.get('images') for step in steps):
            return None
        stored = {image.reference: image.stored for image in images if not image.steps or version in image.steps}
        return stored if all(stored.values()) and bool(stored) == bool(images) else None


def _is_step_to(app: object, step: dict) -> bool:
    """Whether the step is this very release and its images could be told (null: they could not)."""
    return step.get('component', app.component_id) == app.component_id and step.get('images', []) is not None


def _image(item: dict) -> Image:
    stored = _dict(item.get('stored'))
    return Image(_text(item.get('reference')), _texts(item.get('steps')), _text(stored.get('id')) or None, _texts(stored.get('inUseBy')))


def _dict(value: object) -> dict:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> List[dict]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ''


def _texts(value: object) -> List[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
