"""The admin's policy, from UCR."""

from typing import Callable, NamedTuple, Optional, Tuple

from app_preflight_gate.text import clean

GATE = 'app-preflight/gate'
UNKNOWN = 'app-preflight/gate/unknown'
TIMEOUT = 'app-preflight/gate/timeout'
DEFAULT_TIMEOUT = 3600
LONGEST_TIMEOUT = 86400


class Policy(NamedTuple):
    """`gate`: enforce, warn or off; `unknown`: block or allow; `timeout` in seconds."""

    gate: str = 'enforce'
    unknown: str = 'block'
    timeout: int = DEFAULT_TIMEOUT


def read(warn: Callable[[str], None]) -> Policy:
    """Read the policy afresh, as a process of the management console lives for long. Never raises."""
    try:
        from univention.appcenter.ucr import ucr_get, ucr_load

        ucr_load()
        gate, unknown, timeout = (ucr_get(key) for key in (GATE, UNKNOWN, TIMEOUT))
    except Exception as exc:
        warn('AppPreflight cannot read its UCR variables and takes their defaults: %s' % clean(exc, 200))
        return Policy()
    return Policy(
        _word(GATE, gate, ('enforce', 'warn', 'off'), warn),
        _word(UNKNOWN, unknown, ('block', 'allow'), warn),
        _seconds(timeout, warn))


def _word(key: str, value: Optional[str], words: Tuple[str, ...], warn: Callable[[str], None]) -> str:
    """Return the value, or the first of `words`, the default, when it is none of them."""
    word = str(value or '').strip().lower()
    if word and word not in words:
        warn('AppPreflight does not know the value %r of %s and takes %s' % (clean(word, 40), key, words[0]))
    return word if word in words else words[0]


def _seconds(value: Optional[str], warn: Callable[[str], None]) -> int:
    text = str(value or '').strip()
    if not text:
        return DEFAULT_TIMEOUT
    if len(text) <= 9 and text.isascii() and text.isdigit() and 1 <= int(text) <= LONGEST_TIMEOUT:
        return int(text)
    warn('AppPreflight takes %d seconds: the value %r of %s is no number from 1 to %d'
         % (DEFAULT_TIMEOUT, clean(text, 40), TIMEOUT, LONGEST_TIMEOUT))
    return DEFAULT_TIMEOUT
