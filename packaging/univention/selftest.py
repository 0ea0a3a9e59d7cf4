#!/usr/bin/python3
"""Tells whether the App Center on this host asks AppPreflight. Exit code: 0 it does, or there is no App Center; 1 it does not.

Installed as /usr/share/app-preflight/univention/selftest.py. Uses get_action in a fresh process, as the App Center does:
importing the action module by itself would leave a partial registry.
"""

import os
import sys

sys.path[:] = [folder for folder in sys.path if folder != os.path.dirname(os.path.abspath(__file__))]  # our modules lie beside us
MODULE = 'univention.appcenter.actions.app_preflight'
ACTIONS = ('upgrade', 'install')


def has_appcenter():
    """Whether the App Center is installed; broken counts as installed."""
    return any(os.path.exists(os.path.join(folder, 'univention/appcenter/actions/__init__.py')) for folder in sys.path)


def is_ours(action):
    """Whether our do_it_once is in the line of calls; another extension may stand in front of it."""
    return any(cls.__module__ == MODULE and 'do_it_once' in vars(cls) for cls in action.__mro__)


def missing():
    """Return the names of the actions that do not ask AppPreflight."""
    from univention.appcenter.actions import get_action
    from univention.appcenter.log import log_to_stream

    log_to_stream()  # so that the reason, which the action module logs, is seen
    found = {name: get_action(name) for name in ACTIONS}
    return [name for name, action in found.items() if action is None or not is_ours(action)]


def main():
    if not has_appcenter():
        print('There is no App Center on this host: nothing to test.')
        return 0
    try:
        names = missing()
    except BaseException as exc:  # also SystemExit of a broken module
        print('The App Center cannot load its actions: %s: %s' % (type(exc).__name__, exc), file=sys.stderr)
        return 1
    if names:
        print('The App Center does not ask AppPreflight before: %s' % ', '.join(names), file=sys.stderr)
        return 1
    print('The App Center asks AppPreflight before each upgrade and installation of a Docker app.')
    return 0


if __name__ == '__main__':
    sys.exit(main())
