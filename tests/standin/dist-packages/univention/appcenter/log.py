import logging
import sys


def get_base_logger():
    return logging.getLogger('univention.appcenter')


def log_to_stream():
    get_base_logger().addHandler(logging.StreamHandler(sys.stderr))


get_base_logger().setLevel(logging.DEBUG)
get_base_logger().addHandler(logging.NullHandler())
