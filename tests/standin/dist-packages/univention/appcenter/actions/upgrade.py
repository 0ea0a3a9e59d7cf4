from univention.appcenter.actions.install import Install


class Upgrade(Install):
    help = 'Upgrade an app'
