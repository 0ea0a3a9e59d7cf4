"""AppPreflight's place in the App Center: `upgrade` and `install` ask it first.

Installed as /usr/lib/python3/dist-packages/univention/appcenter/actions/app_preflight.py. The App Center imports every
file of that directory, and an exception here would break all of its commands (univention/appcenter/actions/__init__.py:
_import). So this module only puts two classes into its registry, and puts the old ones back when anything is not as
expected. What the classes do is in the module app_preflight_gate.gate.
"""


def _activate():
    """Let the registered classes' `do_it_once` go through the gate.

    The metaclass UniventionAppActionMeta registers a class under its name as soon as it is made; the last one wins.
    The base is what is registered now, not docker_upgrade's class by name: another such module may have come first.
    """
    from importlib import import_module

    import_module('univention.appcenter.actions.docker_upgrade')  # registers the classes that know Docker
    from univention.appcenter.actions import _ACTIONS

    before = {name: _ACTIONS[name] for name in ('upgrade', 'install')}
    try:
        from app_preflight_gate.gate import do_it_once as ask, expect_signature

        for registered in before.values():
            expect_signature(registered.do_it_once)

        class Upgrade(before['upgrade']):
            def do_it_once(self, app, args):
                return ask(self, super().do_it_once, app, args)

        class Install(before['install']):
            def do_it_once(self, app, args):
                return ask(self, super().do_it_once, app, args)

        if _ACTIONS['upgrade'] is not Upgrade or _ACTIONS['install'] is not Install:
            raise RuntimeError('the App Center registers actions in another way')
    except BaseException:
        _ACTIONS.update(before)
        raise


def _warn(exc):
    """Say once in the App Center's log that the gate is off."""
    from univention.appcenter.log import get_base_logger

    reason = ' '.join(('%s: %s' % (type(exc).__name__, exc)).split())[:300]
    get_base_logger().getChild('actions.app-preflight').warning(
        'AppPreflight does not check upgrades, its gate could not be activated (%s)', reason)


try:
    _activate()
except KeyboardInterrupt:
    raise
except BaseException as exc:  # SystemExit too: at import it would end the App Center's command
    try:
        _warn(exc)
    except Exception:  # nobody to tell: the App Center must go on
        pass
