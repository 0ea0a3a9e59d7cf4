#!/usr/bin/python3
"""Runs one scenario, a JSON file, in this process and prints what came of it as JSON.

{"action": "upgrade", "apps": [{"id": .., "version": .., ..}], "args": {..}, "runFolder": ".."}   an action
{"diagnostic": null | "check_now"}                                                                the diagnostic plugin
{"orders": 40}                                                                                    load orders, each in a fork
"""

import json
import logging
import os
import signal
import sys
import threading
import time
from argparse import Namespace

PASSWORD = 'S3cret-of-the-domain'


class App:
    """What the gate may ask of an app (appcenter-oracle.md section 6)."""

    def __init__(self, folder, id, version, docker=True, compose=False, plugin_of=None, was_packages=False, component_id=None, broken=None):
        self._folder, self._compose, self._broken, self._docker = folder, compose, broken, docker
        self.id, self.version, self.plugin_of, self.was_packages = id, version, plugin_of, was_packages
        self.component_id = component_id or '%s_1' % id

    @property
    def docker(self):
        if self._broken:  # once: only our first question meets it, not the App Center's own
            error, self._broken = {'RuntimeError': RuntimeError, 'SystemExit': SystemExit}[self._broken], None
            raise error('broken app')
        return self._docker

    def uses_docker_compose(self):
        return self._compose

    def get_compose_file(self, name):
        return os.path.join(self._folder, self.id, 'compose', name)


class Records(logging.Handler):
    def __init__(self):
        super().__init__()
        self.seen = []

    def emit(self, record):
        self.seen.append({'level': record.levelname, 'logger': record.name, 'text': record.getMessage()})


def interrupt_when(path):
    """Send SIGINT to this process as soon as the file says that the program runs."""
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def wait():
        while not os.path.exists(path) or not os.path.getsize(path):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=wait, daemon=True).start()


def names_of(actions):
    """Return for each action the modules of the classes that have a do_it_once, in the order they are called."""
    return {
        name: [cls.__module__.rpartition('.')[2] for cls in actions[name].__mro__ if 'do_it_once' in vars(cls)]
        for name in sorted(actions)}


def namespace_of(scenario):
    args = Namespace(
        dry_run=False, only_master_packages=False, pull_image=True, password=PASSWORD, username='Administrator',
        app=[App(scenario['runFolder'], **app) for app in scenario['apps']])
    for name, value in scenario.get('args', {}).items():
        setattr(args, name, value)
    if scenario.get('noPullArgument'):
        del args.pull_image
    return args


def run_action(scenario, records):
    from univention.appcenter import actions, trace

    action = actions.get_action(scenario['action'])
    args = namespace_of(scenario)
    if scenario.get('interrupt'):
        interrupt_when(os.environ['FAKE_CALLS'])
    started = time.monotonic()
    outcome = {'result': None, 'raised': None}
    try:
        outcome['result'] = action().call_with_namespace(args)
    except BaseException as exc:
        outcome['raised'] = type(exc).__name__
    return {
        **outcome, 'seconds': time.monotonic() - started, 'pullImage': getattr(args, 'pull_image', None), 'trace': trace.events,
        'actions': names_of(actions._ACTIONS), 'log': records.seen}


def run_diagnostic(scenario):
    from univention.management.console.modules import diagnostic

    return diagnostic.execute(diagnostic.load()['90_app_preflight'], scenario['diagnostic'])


def run_orders(count):
    """Return the distinct registries that came of `count` load orders."""
    found = set()
    for seed in range(count):
        read, write = os.pipe()
        if os.fork() == 0:
            os.environ['STANDIN_ORDER'] = str(seed)
            from univention.appcenter import actions

            actions.get_action('upgrade')
            os.write(write, json.dumps(names_of(actions._ACTIONS)).encode())
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            found.add(pipe.read())
        os.wait()
    return [json.loads(text) for text in sorted(found)]


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        scenario = json.load(file)
    if 'fallback' in scenario:
        from app_preflight_gate import child

        child.FALLBACK = scenario['fallback']
    records = Records()
    logging.getLogger('univention.appcenter').addHandler(records)
    if 'orders' in scenario:
        result = run_orders(scenario['orders'])
    elif 'diagnostic' in scenario:
        result = run_diagnostic(scenario)
    else:
        result = run_action(scenario, records)
    json.dump(result, sys.stdout)


if __name__ == '__main__':
    main()
