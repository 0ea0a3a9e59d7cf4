"""Loads all plugins, and fails when one cannot be imported, as the real module does."""

import os
from importlib import import_module

from univention.management.console.modules.diagnostic import plugins


class Problem(Exception):
    def __init__(self, description='', **kwargs):
        super().__init__(description)
        self.kwargs = {**kwargs, 'type': type(self).__name__.lower(), 'description': description}


class Warning(Problem):  # noqa: A001
    pass


class Critical(Problem):
    pass


def load():
    names = [name[:-3] for name in os.listdir(os.path.dirname(plugins.__file__)) if name.endswith('.py') and name != '__init__.py']
    return {name: import_module('univention.management.console.modules.diagnostic.plugins.%s' % name) for name in names}


def execute(module, action=None):
    try:
        result, success = getattr(module, 'actions', {}).get(action, module.run)(None) or {}, True
    except Problem as exc:
        result, success = exc.kwargs, False
    return {'success': success, 'type': 'success', 'title': module.title, 'description': module.description,
            'buttons': module.buttons, **result}
