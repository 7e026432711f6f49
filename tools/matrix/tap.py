# SPDX-License-Identifier: BSD-2-Clause
"""TAP rows out of what test programs print, and the sums at the end."""

import os
import re
from dataclasses import dataclass, field

ROW = re.compile(r'(not )?ok\b\s*\d*\s*(?:- )?(.*?)(?:\s*# *SKIP\b\s*(.*))?$', re.I)
NOTES = 60      # lines shown of what a failing test printed
CLOSING = re.compile(r'(\d+) passed, (\d+) failed, (\d+) skipped$')


@dataclass
class Row:
    """One test. kind: passed, failed, skipped; text: why; notes: lines printed before it."""
    name: str
    kind: str
    text: str = ''
    notes: list = field(default_factory=list)

    def show(self, prefix=''):
        mark = {'passed': 'ok', 'failed': 'FAILED', 'skipped': 'skipped'}[self.kind]
        lines = [f'{mark}: {prefix}{self.name}' + (f': {self.text}' if self.text else '')]
        notes = self.notes
        if len(notes) > NOTES:
            notes = notes[:NOTES // 2] + ['...'] + notes[-NOTES // 2:]
        return '\n'.join(lines + ['    ' + n for n in notes])


def parse(lines, program, status):
    """The rows of one program which ended with that exit status (None: it did not end).

    A program that fails without a failing row, breaks its plan or prints no plan has one more
    row, in its own name or, where the last "# run NAME" tells, in that of the test.
    """
    rows, notes, plan, running = [], [], None, None
    for line in lines:
        m = ROW.match(line)
        if line.startswith('# run '):
            running = line.split()[2]
        elif m:
            running = None
            kind = 'failed' if m[1] else 'skipped' if m[3] is not None else 'passed'
            rows.append(Row(f'{program}/{m[2]}', kind, m[3] or '', notes if kind == 'failed' else []))
            notes = []
        elif re.match(r'1\.\.\d+', line):
            plan = int(re.match(r'1\.\.(\d+)', line)[1])
            m = re.match(r'1\.\.0\s*# *SKIP\s*(.*)', line, re.I)
            if m:
                rows.append(Row(program, 'skipped', m[1]))
                plan = len(rows)
        elif line.strip():
            notes.append(line)
    why = _broken(rows, plan, status)
    if why:
        rows.append(Row(f'{program}/{running}' if running else program, 'failed', why, notes))
    return rows


def _broken(rows, plan, status):
    if status is None:
        return 'it did not end'
    if plan is None:
        return f'it ended with status {status} before its plan'
    if plan != len(rows):
        return f'{len(rows)} rows, where its plan says {plan}'
    if status and not any(r.kind == 'failed' for r in rows):
        return f'exit status {status}, though no test failed'
    return None


def select(programs, patterns):
    """The programs to run and the patterns to give them. NAME runs all of test_NAME, and
    otherwise every test whose name contains it."""
    programs = list(programs)
    names = {p: os.path.basename(p).removesuffix('.sh') for p in programs}
    whole = [p for p in programs if names[p] in patterns or names[p][len('test_'):] in patterns]
    globs = [p if any(c in p for c in '*?[') else f'*{p}*' for p in patterns]
    return (whole, []) if whole else (programs, globs)


class Sum:
    """Rows of all suites."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, rows):
        for r in rows:
            setattr(self, r.kind, getattr(self, r.kind) + 1)

    def add_closing(self, line):
        """Adds the counts of a closing line; False if it is none."""
        m = CLOSING.match(line)
        if m:
            self.passed += int(m[1])
            self.failed += int(m[2])
            self.skipped += int(m[3])
        return bool(m)

    def closing(self):
        return f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped'

    def ok(self):
        """No failure, and something ran."""
        return self.failed == 0 and self.passed > 0


def show_skipped(rows):
    """Prints skipped rows, grouped by reason. rows: (prefix, Row) pairs."""
    reasons = {}
    for prefix, r in rows:
        if r.kind == 'skipped':
            reasons.setdefault(r.text or 'no reason given', []).append(prefix + r.name)
    for reason, names in reasons.items():
        more = f' and {len(names) - 8} more' if len(names) > 8 else ''
        print(f'skipped: {reason}: ' + ', '.join(names[:8]) + more)
