import os
from argparse import Namespace

from univention.appcenter.actions import get_action
from univention.appcenter.actions.docker_install import Install
from univention.appcenter.actions.upgrade import Upgrade
from univention.appcenter.trace import note


class Upgrade(Upgrade, Install):
    def _do_it(self, app, args):
        if not app.docker:
            return super()._do_it(app, args)
        if app.was_packages:
            install = get_action('install')()
            return install.call_with_namespace(Namespace(**{**vars(args), 'app': [app]}))
        backup = app.get_compose_file('docker-compose.yml') + '.bak'
        note('image', app=app.id, pull=args.pull_image, backup=os.path.exists(backup))
        if args.pull_image:
            note('pull', app=app.id)
        if 'STANDIN_ENGINE' in os.environ:
            from univention.appcenter.engine import replace_container

            replace_container(app)
        note('container', app=app.id)
