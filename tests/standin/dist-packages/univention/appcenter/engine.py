"""Replaces an app's container for real, through the engine that STANDIN_ENGINE names, and writes UCR's file as the App Center does."""

import http.client
import json
import os
import socket

REGISTRY = '/etc/univention/base.conf'


class _Engine(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ['STANDIN_ENGINE'])


def _ask(method, path, body=None):
    engine = _Engine('engine')
    engine.request(method, '/v1.41' + path, body and json.dumps(body), {'Content-Type': 'application/json'})
    answer = engine.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise RuntimeError('%s %s: %d %s' % (method, path, answer.status, text))
    return json.loads(text) if text else None


def replace_container(app):
    """Start one on the image of the new version, whose name differs from the old one's in the tag alone; it is not pulled."""
    with open(REGISTRY, encoding='utf-8') as file:
        lines = file.read().splitlines()
    prefix = 'appcenter/apps/%s/' % app.id
    values = dict(line[len(prefix):].split(': ', 1) for line in lines if line.startswith(prefix))
    image = '%s:%s' % (values['image'].rpartition(':')[0], app.version)
    old = _ask('GET', '/containers/%s/json' % values['container'])
    config = {'Image': image, 'Cmd': old['Config']['Cmd'], 'HostConfig': old['HostConfig']}
    new = _ask('POST', '/containers/create', config)['Id']
    _ask('POST', '/containers/%s/stop?t=0' % values['container'])
    _ask('POST', '/containers/%s/start' % new)
    values.update(version=app.version, image=image, container=new)
    others = [line for line in lines if not line.startswith(prefix)]
    with open(REGISTRY + '.new', 'w', encoding='utf-8') as file:
        file.write(''.join(line + '\n' for line in others + ['%s%s: %s' % (prefix, *item) for item in values.items()]))
    os.rename(REGISTRY + '.new', REGISTRY)
