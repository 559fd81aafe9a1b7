"""Formats results as Markdown tables, and compares them with their targets."""

from measure import POST_FDATASYNCS, POST_P99_MS, median


def pairs_table(cases, results, kind):
    """Returns the table of the cases with a baseline, and its faults."""
    lines = [
        '| case | clients | requests/s | baseline/s | of the baseline | target | p99 ms | baseline p99 | CPU us | baseline CPU |',
        '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
    ]
    faults = []
    for case in cases:
        rounds = results[case.name]
        ratio = median(one.case.rate / one.floor.rate for one in rounds)
        mark = case.marks.get(kind)
        verdict = '' if mark is None else f'{mark:.0%}'
        if mark is not None and not case.writes and ratio < mark:
            faults.append(f'{case.title}: {ratio:.0%} of the baseline, not {mark:.0%}')
        middle = {side: [getattr(one, side) for one in rounds] for side in ('case', 'floor')}
        figure = lambda side, name: median(getattr(one, name) for one in middle[side])
        lines.append(
            f'| {case.title} | {case.clients} | {figure("case", "rate"):.0f} | {figure("floor", "rate"):.0f} '
            f'| {ratio:.0%} | {verdict} | {figure("case", "p99_ms"):.2f} | {figure("floor", "p99_ms"):.2f} '
            f'| {figure("case", "cpu_micros"):.0f} | {figure("floor", "cpu_micros"):.0f} |'
        )
    return lines, faults


def writes_table(cases, results, kind, bound):
    """Compares writes with the commits of the disk or the database in the same minute, and with the joint target."""
    lines = [
        f'| case | clients | messages/s | {bound}/s | times {bound} | of static POST | p99 ms | target |',
        '|---|--:|--:|--:|--:|--:|--:|---|',
    ]
    faults = []
    for case in cases:
        rounds = results[case.name]
        rate = median(one.case.rate for one in rounds)
        times = median(one.case.rate * case.messages / one.commits for one in rounds)
        part = median(one.case.rate / one.floor.rate for one in rounds)
        p99 = median(one.case.p99_ms for one in rounds)
        verdict = ''
        mark = case.marks.get(kind)
        if mark is not None:
            verdict = f'{POST_FDATASYNCS} x fdatasync or {mark:.0%}; {POST_P99_MS} ms'
            if times < POST_FDATASYNCS and part < mark:
                faults.append(f'{case.title}, {case.clients} clients: {times:.1f} x fdatasync and {part:.0%} of the baseline')
            if p99 > POST_P99_MS:
                faults.append(f'{case.title}, {case.clients} clients: p99 {p99:.1f} ms, not {POST_P99_MS}{excuse(rounds)}')
        lines.append(
            f'| {case.title} | {case.clients} | {rate * case.messages:.0f} | {median(one.commits for one in rounds):.0f} '
            f'| {times:.2f} | {part:.0%} | {p99:.1f} | {verdict} |'
        )
    return lines, faults


def excuse(rounds):
    """Returns a remark if the static POST shows a busy machine, whose times mean little."""
    floor = median(one.floor.p99_ms for one in rounds)
    return f' (the machine is busy: the static POST took {floor:.1f})' if floor > POST_P99_MS / 2 else ''


def figures_table(figures):
    lines = ['| metric | value | target |', '|---|--:|--:|']
    for figure in figures:
        sign = '>=' if figure.is_least else '<'
        mark = '' if figure.mark is None else f'{sign} {figure.mark:g} {figure.unit}'
        lines.append(f'| {figure.what} | {figure.value:.1f} {figure.unit} | {mark} |')
    faults = [f'{figure.what}: {figure.value:.1f} {figure.unit}, target {figure.mark:g}'
              for figure in figures if not figure.is_reached()]
    return lines, faults
