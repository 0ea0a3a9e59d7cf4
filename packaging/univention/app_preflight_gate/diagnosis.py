"""What the system diagnostic of the management console shows: the lines of `app-preflight status`."""

from html import escape
from typing import List, NamedTuple

from app_preflight_gate import child
from app_preflight_gate.text import clean

STATUS_SECONDS = 60
CHECK_SECONDS = 540
"""Below the 600 s after which the console asks again (diagnostic/__init__.py: new_progress)."""
ROWS_SHOWN = 100
LOCK_HELD = 10

_GERMAN = {
    'ready': 'bereit',
    'healed': 'bereit, nach einer Reparatur',
    'blocked': 'gesperrt',
    'unknown': 'unbekannt',
    'since': 'seit',
    'No installed app is a Docker app that app-preflight has looked at.':
        'app-preflight hat noch keine installierte Docker-App untersucht.',
    'The next upgrade of these apps would fail or could not be checked:':
        'Die nächste Aktualisierung dieser Apps würde scheitern oder konnte nicht geprüft werden:',
    'The images of the next upgrades are in order:': 'Die Abbilder der nächsten Aktualisierungen sind in Ordnung:',
    'On the command line "app-preflight status APP" tells more.': 'Auf der Kommandozeile sagt "app-preflight status APP" mehr.',
    'app-preflight does not tell its status: %s': 'app-preflight gibt seinen Zustand nicht an: %s',
    'The check was not run, another run is under way: %s': 'Es wurde nicht geprüft, ein anderer Lauf ist im Gange: %s',
    'The check did not end: app-preflight %s': 'Die Prüfung wurde nicht beendet: app-preflight %s',
    'Images for app upgrades (AppPreflight)': 'Abbilder für App-Aktualisierungen (AppPreflight)',
    'AppPreflight checks the Docker images that the next upgrades of the installed apps need.':
        'AppPreflight prüft die Docker-Abbilder, die die nächsten Aktualisierungen der installierten Apps brauchen.',
    'Check now': 'Jetzt prüfen',
}


class Row(NamedTuple):
    """One app: state is ready, healed, blocked or unknown."""

    app: str
    installed: str
    target: str
    state: str
    since: str
    reason: str


class Diagnosis(NamedTuple):
    """The worst state (ready, blocked or unknown) and the text, as HTML."""

    state: str
    text: str


def translate(message: str) -> str:
    """German when the console speaks German (univention/lib/i18n.py: Translation.locale), else the message itself."""
    try:
        from univention.lib.i18n import Translation

        german = Translation.locale.language == 'de'
    except Exception:
        german = False
    return _GERMAN.get(message, message) if german else message


def status() -> Diagnosis:
    """Ask app-preflight for what it knows. Never raises."""
    try:
        ending = child.run(['status', '--json'], STATUS_SECONDS, _ignore)
    except child.Unfinished as exc:
        return _without_status(str(exc))
    document = ending.document()
    if not isinstance(document, dict):
        return _without_status(ending.last_line or 'exit code %d' % ending.code)
    return _show(_rows(document))


def check_now() -> Diagnosis:
    """Check all apps, then show the status. Never raises."""
    try:
        ending = child.run(['check', '--all'], CHECK_SECONDS, _ignore)
    except child.Unfinished as exc:
        return _with(translate('The check did not end: app-preflight %s') % exc)
    if ending.code == LOCK_HELD:
        return _with(translate('The check was not run, another run is under way: %s') % ending.last_line)
    return status()


def _with(sentence: str) -> Diagnosis:
    known = status()
    return Diagnosis('blocked' if known.state == 'blocked' else 'unknown', _html(sentence) + '\n' + known.text)


def _without_status(reason: str) -> Diagnosis:
    return Diagnosis('unknown', _html(translate('app-preflight does not tell its status: %s') % reason))


def _show(rows: List[Row]) -> Diagnosis:
    states = [row.state for row in rows]
    worst = 'blocked' if 'blocked' in states else 'unknown' if 'unknown' in states else 'ready'
    bad = [row for row in rows if row.state in ('blocked', 'unknown')]
    if not rows:
        return Diagnosis(worst, _html(translate('No installed app is a Docker app that app-preflight has looked at.')))
    head = 'The next upgrade of these apps would fail or could not be checked:' if bad else 'The images of the next upgrades are in order:'
    lines = [translate(head), *[_line(row) for row in (bad or rows)[:ROWS_SHOWN]], '']
    lines.append(translate('On the command line "app-preflight status APP" tells more.'))
    return Diagnosis(worst, '\n'.join(_html(line) for line in lines))


def _line(row: Row) -> str:
    versions = ' -> '.join(version for version in (row.installed, row.target) if version)
    since = ' (%s %s)' % (translate('since'), row.since) if row.since else ''
    return '- %s %s: %s%s%s' % (row.app, versions, translate(row.state), since, '. ' + row.reason if row.reason else '')


def _rows(document: dict) -> List[Row]:
    """`apps[]` of app-preflight/status/1, or what its `reports[]` say when there is none."""
    apps = _objects(document.get('apps'))
    return [_row(item, _state(item.get('state')), item.get('reason')) for item in apps] if apps else [
        _row(item, _state(item.get('verdict')), _reason(item), item.get('finished')) for item in _objects(document.get('reports'))]


def _row(item: dict, state: str, reason: object, since: object = None) -> Row:
    return Row(_text(item.get('app')), _text(item.get('installed')), _text(item.get('target')), state,
               _text(item.get('since') or since), _text(reason))


def _state(word: object) -> str:
    known = {'ready': 'ready', 'healed': 'healed', 'blocked': 'blocked', 'pass': 'ready', 'warn': 'ready', 'fail': 'blocked'}
    return known.get(word, 'unknown') if isinstance(word, str) else 'unknown'


def _reason(report: dict) -> object:
    worst = [finding for finding in _objects(report.get('findings')) if finding.get('verdict') == report.get('verdict')]
    return worst[0].get('message') if worst else None


def _objects(value: object) -> List[dict]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return clean(value) if isinstance(value, str) else ''


def _html(text: str) -> str:
    """The console shows a description as HTML and puts links in place of names in braces."""
    return escape(text).replace('{', '&#123;').replace('}', '&#125;')


def _ignore(_line: str) -> None:
    """Nobody looks on: the console shows the outcome."""
