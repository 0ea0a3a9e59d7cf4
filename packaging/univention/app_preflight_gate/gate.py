"""Asks app-preflight before the App Center upgrades or installs an app, and looks again afterwards.

Called in place of `do_it_once(app, args)`, which univention/appcenter/actions/install_base.py: do_it calls for each app
after its checks, and which runs preinst, takes the lock, pulls and replaces the container. False means: not done.

`args` holds the domain administrator's password when the management console calls. Nothing of it is logged or handed on;
dry_run, only_master_packages and pull_image are looked at, and pull_image is set.
"""

import inspect
import threading
from contextlib import contextmanager
from typing import Callable, Dict, Iterator, NamedTuple, Optional

from app_preflight_gate import child, policy, runfile
from app_preflight_gate.policy import Policy
from app_preflight_gate.report import Report
from app_preflight_gate.text import clean

LOOK_SECONDS = 120
FINDINGS_TOLD = 50
PASS, FAIL, COULD_NOT_TELL, LOCK_HELD = 0, 1, 2, 10
"""Exit codes of `app-preflight gate`, docs/formats.md. All others are faults of the program."""

_FAULTS = (Exception, SystemExit)
_under_way = threading.local()


class Unusable(Exception):
    """The answer says nothing; the text is a sentence's end."""


class Answer(NamedTuple):
    """What app-preflight said: `verdict` is pass, fail or unknown; `sentence` stands in for a missing report."""

    verdict: str
    report: Optional[Report]
    sentence: str


class Decision(NamedTuple):
    """Whether to go on; the image ids that were proved (None: the App Center does as always); seconds for the look."""

    go_on: bool = True
    proved: Optional[Dict[str, str]] = None
    seconds: int = LOOK_SECONDS


def expect_signature(function: Callable) -> None:
    """Raise TypeError unless it is do_it_once(self, app, args), which is what we override."""
    parameters = list(inspect.signature(function).parameters.values())
    plain = all(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in parameters)
    if not plain or [parameter.name for parameter in parameters][1:] != ['app', 'args']:
        raise TypeError('do_it_once takes other arguments than (self, app, args)')


def do_it_once(action: object, original: Callable, app: object, args: object) -> object:
    """Ask, then call `original` (the App Center's own do_it_once) or return False. What it returns or raises is passed on."""
    with _entered(app) as first:
        decision = _decide(action, app, args) if first else Decision()
        if not decision.go_on:
            return False
        with _without_pull(args, decision.proved is not None):
            result = original(app, args)
        if result and decision.proved:
            _look(action, app, decision)
        return result


@contextmanager
def _entered(app: object) -> Iterator[bool]:
    """Yield whether this is the outermost call for the app.

    docker_upgrade.py: _upgrade_docker (packages become a container) runs the action `install` for the same app within
    the upgrade that was already let through.
    """
    apps = _under_way.__dict__.setdefault('apps', [])
    key = getattr(app, 'id', None)
    first = key not in apps
    apps.append(key)
    try:
        yield first
    finally:
        apps.pop()


@contextmanager
def _without_pull(args: object, proved: bool) -> Iterator[None]:
    """Let the App Center use the images that are here. One `args` serves all apps of a call: it gets its value back."""
    if not proved or not hasattr(args, 'pull_image'):
        yield
        return
    before = args.pull_image
    args.pull_image = False
    try:
        yield
    finally:
        args.pull_image = before


def _decide(action: object, app: object, args: object) -> Decision:
    """Never raises, but for KeyboardInterrupt: when in doubt the App Center does what it always did."""
    try:
        if _is_none_of_ours(app, args):
            return Decision()
        rules = policy.read(action.warn)
        if rules.gate == 'off':
            return Decision()
        action.log('AppPreflight checks %s before the %s' % (_name(app), _deed(action)))
        return _judge(action, app, rules, _ask(action, app, rules.timeout))
    except _FAULTS as exc:
        _warn(action, app, exc, 'AppPreflight could not check this %(deed)s, which goes on without: %(reason)s')
    return Decision()


def _is_none_of_ours(app: object, args: object) -> bool:
    """No image is pulled for these. A plugin lives in another app's container."""
    return bool(
        not app.docker or app.plugin_of
        or getattr(args, 'dry_run', False) or getattr(args, 'only_master_packages', False))


def _ask(action: object, app: object, seconds: float) -> Answer:
    ending = child.run(['gate', '%s=%s' % (app.id, app.version), '--json'], seconds, action.log)
    report = Report.of(ending, app.id)
    if ending.code in (COULD_NOT_TELL, LOCK_HELD):
        return Answer('unknown', report, ending.last_line or 'app-preflight gave no reason (exit code %d)' % ending.code)
    verdicts = {PASS: ('pass', 'warn'), FAIL: ('fail',)}.get(ending.code)
    if verdicts is None:
        raise Unusable(_fault(ending))
    if report is None:
        raise Unusable('ended with code %d, but printed no report that can be read' % ending.code)
    if report.verdict not in verdicts:
        raise Unusable('ended with code %d, but its report says %r' % (ending.code, clean(report.verdict, 20)))
    return Answer('pass' if ending.code == PASS else 'fail', report, '')


def _fault(ending: child.Ending) -> str:
    how = 'was ended by signal %d' % -ending.code if ending.code < 0 else 'ended with code %d' % ending.code
    return '%s (%s)' % (how, ending.last_line) if ending.last_line else how


def _judge(action: object, app: object, rules: Policy, answer: Answer) -> Decision:
    if answer.verdict == 'pass':
        return _pass(action, app, rules, answer.report)
    if rules.gate == 'enforce' and (answer.verdict == 'fail' or rules.unknown == 'block'):
        _refuse(action, app, answer)
        return Decision(go_on=False)
    _tell_reasons(action.warn, answer)
    action.warn('AppPreflight only warns (UCR %s): the %s goes on' % (_policy_of(rules, answer.verdict), _deed(action)))
    return Decision()


def _refuse(action: object, app: object, answer: Answer) -> None:
    try:
        _tell_reasons(action.fatal, answer)
        action.fatal(_refusal(action, app, answer.verdict))
    except _FAULTS:  # a log that cannot be written lets nothing pass
        pass


def _pass(action: object, app: object, rules: Policy, report: Report) -> Decision:
    for finding in report.findings('warn'):
        action.log(finding.sentence())
    proved = report.proved(app)
    if proved is None:
        action.log('AppPreflight has no objection; the App Center goes its usual way')
        return Decision()
    if _deed(action) == 'upgrade' and app.uses_docker_compose():
        try:
            runfile.keep(app)
        except OSError as exc:
            action.warn('AppPreflight could not copy docker-compose.yml, the App Center pulls as usual: %s' % clean(exc, 200))
            return Decision()
    action.log('AppPreflight has no objection; the images that were proved are used, without another pull')
    return Decision(proved=proved, seconds=min(rules.timeout, LOOK_SECONDS))


def _tell_reasons(say: Callable[[str], None], answer: Answer) -> None:
    findings = answer.report.findings('fail', 'unknown') if answer.report else []
    for finding in findings[:FINDINGS_TOLD]:
        say(finding.sentence())
        if finding.remedy:
            say('Remedy: %s' % finding.remedy)
    if len(findings) > FINDINGS_TOLD:
        say('(%d more findings: app-preflight status)' % (len(findings) - FINDINGS_TOLD))
    if not findings:
        say(answer.sentence or 'app-preflight gives no reason')


def _refusal(action: object, app: object, verdict: str) -> str:
    switch = '%s=warn' % policy.GATE if verdict == 'fail' else '%s=allow' % policy.UNKNOWN
    return ('AppPreflight stopped the %s of %s before anything was changed. To go on all the same: ucr set %s'
            % (_deed(action), _name(app), switch))


def _policy_of(rules: Policy, verdict: str) -> str:
    if rules.gate == 'warn' or verdict == 'fail':
        return '%s=%s' % (policy.GATE, rules.gate)
    return '%s=%s' % (policy.UNKNOWN, rules.unknown)


def _look(action: object, app: object, decision: Decision) -> None:
    """Ask again, now about the installed version, and compare with what was proved. Only tells; never raises, but for KeyboardInterrupt."""
    try:
        ending = child.run(['gate', '%s=%s' % (app.id, app.version), '--json'], decision.seconds, action.log)
        report = Report.of(ending, app.id)
        if report is None:
            raise Unusable(_fault(ending))
        others = _objections(report) or _deviations(decision.proved, report)
        for sentence in others:
            action.warn('AppPreflight: %s' % sentence)
        if not others:
            action.log('AppPreflight: %s runs on the images that were proved' % _name(app))
    except child.TimedOut:  # it waits for its turn: the agent already prepares the next step
        action.log('AppPreflight is busy and has not looked whether %s runs on the images that were proved' % _name(app))
    except _FAULTS as exc:
        _warn(action, app, exc, 'AppPreflight could not look whether %(name)s runs on the images that were proved: %(reason)s')


def _objections(report: Report) -> list:
    """What the program itself says of the containers: container-absent and container-on-other-image may be warnings."""
    findings = report.findings('fail', 'unknown', 'warn')
    return [finding.sentence() for finding in findings if finding.verdict != 'warn' or finding.code.startswith('container-')]


def _deviations(proved: Dict[str, str], report: Report) -> list:
    found = {image.reference: image for image in report.images()}
    sentences = []
    for reference, proved_id in proved.items():
        image = found.get(reference)
        name = clean(reference, 200)
        if image is None and found:
            continue  # of another release with the same version text
        if image is None or image.stored is None:
            sentences.append('the image %s was proved and is no longer there' % name)
        elif image.stored != proved_id:
            sentences.append('the image %s is %s, proved was %s' % (name, clean(image.stored, 80), clean(proved_id, 80)))
        elif not image.in_use_by:
            sentences.append('no container uses the image %s' % name)
    return sentences


def _deed(action: object) -> str:
    return 'installation' if action.get_action_name() == 'install' else 'upgrade'


def _name(app: object) -> str:
    return clean('%s %s' % (app.id, app.version), 120)


def _reason(exc: BaseException) -> str:
    known = isinstance(exc, (Unusable, child.Unfinished))
    return 'app-preflight %s' % exc if known else '%s: %s' % (type(exc).__name__, clean(exc, 200))


def _warn(action: object, app: object, exc: BaseException, sentence: str) -> None:
    try:
        action.warn(sentence % {'deed': _deed(action), 'name': _name(app), 'reason': _reason(exc)})
    except _FAULTS:  # a log that cannot be written must not stop the App Center
        pass
