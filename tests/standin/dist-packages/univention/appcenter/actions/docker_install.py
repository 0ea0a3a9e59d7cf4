from univention.appcenter.actions.install import Install
from univention.appcenter.trace import note


class Install(Install):
    def _do_it(self, app, args):
        if not app.docker or app.plugin_of:
            return super()._do_it(app, args)
        if args.pull_image:
            note('pull', app=app.id)
        note('container', app=app.id)
