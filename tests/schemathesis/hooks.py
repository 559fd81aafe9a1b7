"""Rules that an OpenAPI document cannot express: the token for a URL, that keys are used once, and which hosts exist."""

import itertools
import re
import unicodedata

import schemathesis

# The project of the imported rows, for URLs without a project.
PROJECT = '83beacc4745b4328a3a8fd59a8d0c38b'

# The host that the step has added to a segment.
HOST = 'compute1'

numbers = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    # The noauth token of a user who may read, delete and record in the project of the URL, as any other project is
    # answered with 400. Not of an admin, to whom the real service answers an unknown filter with an empty list.
    project = (case.path_parameters or {}).get('project_id')
    if not isinstance(project, str) or not re.fullmatch('[0-9A-Za-z_-]{1,64}', project):
        project = PROJECT
    is_failures = case.path.startswith('/v1')
    case.headers['X-Auth-Token'] = f'tester:{project}:' + ('admin,service' if is_failures else 'member,reader,service')

    is_valid = case.meta is not None and case.meta.generation.mode.is_positive
    case.body = legible(case.body, is_valid)
    if is_failures and is_valid:
        existing(case)

    # Nothing comes while a claim waits.
    wait = case.body.get('wait') if isinstance(case.body, dict) else None
    if case.path.endswith('/claim') and isinstance(wait, (int, float)) and 0 < wait <= 20:
        case.body = case.body | {'wait': 0}

    # A key that was used before is answered with 422 for another body, and with a possibly deleted message for the same
    # body. An invalid key stays, to be refused.
    key = case.headers.get('Idempotency-Key')
    if isinstance(key, str) and re.fullmatch('[!-~]{1,255}', key):
        case.headers['Idempotency-Key'] = f'{key[:240]}-{next(numbers)}'


def existing(case):
    """Names a host that exists, and no row that may not."""
    if case.query:
        case.query.pop('marker', None)
    report = case.body.get('notification') if isinstance(case.body, dict) else None
    if case.method == 'POST' and isinstance(report, dict) and 'hostname' in report:
        report['hostname'] = HOST


def legible(value, is_valid):
    """Replaces characters that are invalid in names but that patterns do not exclude in every engine: format characters
    and non-characters beyond U+FFFF, and a leading mark. In valid data, those below too, as the engines know other versions of
    Unicode."""
    if isinstance(value, dict):
        return {key: legible(inner, is_valid) for key, inner in value.items()}
    if isinstance(value, list):
        return [legible(inner, is_valid) for inner in value]
    if not isinstance(value, str):
        return value
    text = [
        'x' if (is_valid or character > '\uffff') and unicodedata.category(character) in ('Cf', 'Cn', 'Co') else character
        for character in value
    ]
    for place, character in enumerate(text):
        category = unicodedata.category(character)
        if category in ('Mn', 'Mc', 'Me', 'Cn'):
            text[place] = 'x'
        elif category in ('Cf', 'Zs'):
            continue
        break
    return ''.join(text)
