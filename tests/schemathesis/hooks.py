"""What a client knows and an OpenAPI document cannot say: whose token goes with a URL, and that keys are used once."""

import itertools
import re
import unicodedata

import schemathesis

# The project of the rows that the step has imported, where the URL names none.
PROJECT = '83beacc4745b4328a3a8fd59a8d0c38b'

numbers = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    # In noauth the token says who one is: somebody who may read, delete and record in the project of the URL, as with
    # another project the answer is a 400, whatever else is right or wrong. Not an admin: to an admin the real service
    # answers an unknown filter with an empty list.
    project = (case.path_parameters or {}).get('project_id')
    if not isinstance(project, str) or not re.fullmatch('[0-9A-Za-z_-]{1,64}', project):
        project = PROJECT
    case.headers['X-Auth-Token'] = f'tester:{project}:member,reader,service'

    case.body = legible(case.body)

    # A key that came up before is a 422 with another body, and with the same one gives a message that may have been
    # deleted since. What is no key at all stays as it is, to be refused.
    key = case.headers.get('Idempotency-Key')
    if isinstance(key, str) and re.fullmatch('[!-~]{1,255}', key):
        case.headers['Idempotency-Key'] = f'{key[:240]}-{next(numbers)}'


def legible(value):
    """Replaces what names may not have and no pattern says to every engine: beyond U+FFFF format characters and what is
    no character, and a mark in front of everything."""
    if isinstance(value, dict):
        return {key: legible(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [legible(inner) for inner in value]
    if not isinstance(value, str):
        return value
    text = [
        'x' if character > '\uffff' and unicodedata.category(character) in ('Cf', 'Cn', 'Co') else character
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
