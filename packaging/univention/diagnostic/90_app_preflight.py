"""System diagnostic: are the images of the next app upgrades in order? Shows what `app-preflight status` says.

Installed as /usr/lib/python3/dist-packages/univention/management/console/modules/diagnostic/plugins/90_app_preflight.py.
The diagnostic module gives up as a whole when one plugin cannot be imported (diagnostic/__init__.py: Instance.load). So
nothing but the language is looked up at import, and that is guarded.
"""

title = 'Images for app upgrades (AppPreflight)'
description = 'AppPreflight checks the Docker images that the next upgrades of the installed apps need.'
run_descr = ['Shows what "app-preflight status" says']
_label = 'Check now'

try:
    from app_preflight_gate.diagnosis import translate

    title, description, _label = translate(title), translate(description), translate(_label)
except (Exception, SystemExit):  # the plain words do
    pass


def run(_umc_instance):
    """Show what is known."""
    from app_preflight_gate import diagnosis

    return _tell(diagnosis.status())


def check_now(_umc_instance):
    """Check all apps first."""
    from app_preflight_gate import diagnosis

    return _tell(diagnosis.check_now())


def _tell(diagnosis):
    """Raise what the console shows in yellow or red, or return what it shows for a test that went well."""
    from univention.management.console.modules.diagnostic import Critical, Warning  # noqa: A004

    if diagnosis.state == 'blocked':
        raise Critical(diagnosis.text)
    if diagnosis.state == 'unknown':
        raise Warning(diagnosis.text)
    return {'description': diagnosis.text}


buttons = [{'action': 'check_now', 'name': 'check_now', 'label': _label}]
actions = {'check_now': check_now}
