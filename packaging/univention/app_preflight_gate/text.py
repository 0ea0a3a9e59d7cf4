"""Text from elsewhere, made fit for a log line."""

import re
import unicodedata

LINE_LENGTH = 500
_ESCAPE_SEQUENCE = re.compile(r'\x1b\[[0-?]*[ -/]*[@-~]')
_HARMFUL = ('Cc', 'Cf', 'Cs', 'Zl', 'Zp')


def clean(text, length=LINE_LENGTH):
    """Return `text` as one line without control, bidirectional and surrogate characters, at most `length` characters."""
    text = _ESCAPE_SEQUENCE.sub('', str(text)[:8 * length])
    text = ''.join(' ' if unicodedata.category(char) in _HARMFUL else char for char in text)
    text = ' '.join(text.split())
    return text if len(text) <= length else text[:length - 3] + '...'
