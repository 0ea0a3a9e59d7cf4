import os

from univention.appcenter.actions.install_base import InstallRemoveUpgrade
from univention.appcenter.trace import note


class Install(InstallRemoveUpgrade):
    """Installs an app."""

    help = 'Install an app'

    def main(self, args):
        return self.do_it(args)

    def _do_it(self, app, args):
        note('packages', app=app.id)

    if 'STANDIN_SIGNATURE' in os.environ:
        def do_it_once(self, app, args, context):
            return super().do_it_once(app, args)
    else:
        def do_it_once(self, app, args):
            return super().do_it_once(app, args)
