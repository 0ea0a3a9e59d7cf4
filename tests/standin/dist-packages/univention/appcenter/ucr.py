"""UCR from the JSON file that STANDIN_UCR names, read when ucr_load is called."""

import json
import os

_values = {}


def ucr_load():
    with open(os.environ['STANDIN_UCR'], encoding='utf-8') as file:
        values = json.load(file)
    _values.clear()
    _values.update(values)


def ucr_get(key, default=None):
    return _values.get(key, default)
