from univention.appcenter.actions.docker_upgrade import Upgrade


class Reinitialize(Upgrade):
    def main(self, args):
        return self._do_it(args.app, args)
