import os

from univention.appcenter.actions import Action
from univention.appcenter.trace import note


class InstallRemoveUpgrade(Action):
    main = None

    def do_it(self, args):
        for app in args.app:
            args.app = app
            if not self.do_it_once(app, args):
                return False
        return True

    def do_it_once(self, app, args):
        name = self.get_action_name()
        note('preinst', action=name, app=app.id)
        if args.dry_run:
            note('dry-run', app=app.id)
            return True
        self._do_it(app, args)
        if os.environ.get('STANDIN_FAILS') == app.id:
            return False
        if os.environ.get('STANDIN_RAISES') == app.id:
            raise ValueError('the App Center itself')
        note('done', action=name, app=app.id)
        return True
