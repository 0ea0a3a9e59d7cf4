"""The copy of docker-compose.yml that the App Center makes before it pulls, and needs to remove the old images."""

import os
import stat
import tempfile

SIZE_LIMIT = 16 * 1024 * 1024


def keep(app: object) -> None:
    """Copy docker-compose.yml to docker-compose.yml.bak, as univention/appcenter/docker.py: backup_run_file does.

    That is called only together with the pull (docker_upgrade.py: _upgrade_image); MultiDocker.rmi reads the copy.
    Mode and times go along, the owner is this process. No file, no copy: the version before was no compose app.
    Raises OSError when the copy cannot be made; an older one is then still whole.
    """
    source = app.get_compose_file('docker-compose.yml')
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    with os.fdopen(descriptor, 'rb') as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError('%s is no regular file' % source)
        content = file.read(SIZE_LIMIT + 1)
    if len(content) > SIZE_LIMIT:
        raise OSError('%s is larger than %d MiB' % (source, SIZE_LIMIT >> 20))
    _replace(source + '.bak', content, status)


def _replace(target: str, content: bytes, status: os.stat_result) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix='.app-preflight-')
    try:
        with os.fdopen(descriptor, 'wb') as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
            os.utime(file.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
