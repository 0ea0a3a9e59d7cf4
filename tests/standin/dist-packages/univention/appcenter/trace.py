"""What the stand-in did, in order."""

events = []


def note(event, **details):
    events.append({'event': event, **details})
