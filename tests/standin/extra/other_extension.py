"""A second extension of the same kind as ours."""


def _activate():
    import univention.appcenter.actions.docker_upgrade  # noqa: F401
    from univention.appcenter.actions import _ACTIONS
    from univention.appcenter.trace import note

    class Upgrade(_ACTIONS['upgrade']):
        def do_it_once(self, app, args):
            note('other extension', app=app.id)
            return super().do_it_once(app, args)


_activate()
