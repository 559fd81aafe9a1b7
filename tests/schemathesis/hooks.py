"""What schemathesis cannot be told in its configuration."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes the caller somebody of the project in the URL, as every client is: with another one, whatever else is
    right or wrong in a request, the answer is a 400.
    """
    project = (case.path_parameters or {}).get('project_id')
    if isinstance(project, str) and project.isascii() and project.isprintable():
        case.headers['X-Auth-Token'] = f'tester:{project}:member,reader,service'
