"""The registry. STANDIN_ORDER shuffles the order in which the modules are found."""

import logging
import os
import random
from argparse import Namespace
from glob import glob

from univention.appcenter.log import get_base_logger

_ACTIONS = {}


class ActionMeta(type):
    def __new__(mcs, name, bases, attrs):
        cls = super().__new__(mcs, name, bases, attrs)
        if getattr(cls, 'main', None) is not None:
            if os.environ.get('STANDIN_REFUSES') == '%s of %s' % (name, attrs['__module__'].rpartition('.')[2]):
                raise RuntimeError('the registry is not what it was')
            _ACTIONS[cls.get_action_name()] = cls
            cls.logger = cls.parent_logger.getChild(cls.get_action_name())
        return cls


class Action(metaclass=ActionMeta):
    parent_logger = get_base_logger().getChild('actions')

    @classmethod
    def get_action_name(cls):
        return ''.join('-' + char.lower() if char.isupper() else char for char in cls.__name__).lstrip('-')

    @classmethod
    def log(cls, msg):
        cls.logger.log(logging.INFO, str(msg))

    @classmethod
    def warn(cls, msg):
        if 'STANDIN_LOG_BREAKS' in os.environ:
            raise OSError('no space left for the log')
        cls.logger.log(logging.WARNING, str(msg))

    @classmethod
    def fatal(cls, msg):
        if os.environ.get('STANDIN_LOG_BREAKS') == 'fatal':
            raise OSError('no space left for the log')
        cls.logger.log(logging.FATAL, str(msg))

    @classmethod
    def call(cls, **kwargs):
        return cls().call_with_namespace(Namespace(**kwargs))

    def call_with_namespace(self, namespace):
        return self.main(namespace)


def get_action(name):
    _import()
    return _ACTIONS.get(name)


def _import():
    if _ACTIONS:
        return
    modules = sorted(glob(os.path.join(os.path.dirname(__file__), '*.py')))
    if 'STANDIN_ORDER' in os.environ:
        random.Random(os.environ['STANDIN_ORDER']).shuffle(modules)
    for module in modules:
        __import__('univention.appcenter.actions.%s' % os.path.basename(module)[:-3])
