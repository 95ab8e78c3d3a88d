#!/usr/bin/env python3
"""Compiles share/rules/*.rules into C: the tables of src/reply/rules.h (default), or the rules' samples as
a table for tests (--samples). The format is described in share/rules/README.md; `fold` here and in
src/reply/fold.c do the same."""
import collections
import re
import sys
import unicodedata

STAGES = ['', 'connect', 'ehlo', 'starttls', 'auth', 'mail', 'rcpt', 'data', 'end-of-data', 'queue']
LEVELS = {'hint': 0, 'codes': 1, 'phrase': 2, 'named': 3}
KINDS = {'phrase': 0, 'and': 1, 'unless': 2, 'mark': 3, 'stage': 4}
SPECIAL = {'address': 1, 'ip': 2, 'url': 3, 'host': 4}
GAP, FAR, ANY = 48, 4096, 0xFFFF
LATIN = {'æ': 'a', 'ð': 'd', '×': ' ', '÷': ' ', 'ø': 'o', 'þ': 't', 'ß': 's', 'đ': 'd', 'ħ': 'h', 'ı': 'i',
         'ĳ': 'i', 'ĸ': 'k', 'ŀ': 'l', 'ł': 'l', 'ŉ': 'n', 'ŋ': 'n', 'œ': 'o', 'ŧ': 't', 'ſ': 's'}


class Bad(Exception):
    pass


def fold_char(c):
    low = c.lower()
    if low.isascii():
        return low.encode() if low.isalnum() else b' '
    if 0xC0 <= ord(c) < 0x180:
        return LATIN.get(low, unicodedata.normalize('NFD', low)[0]).encode()
    if low in 'ё':
        return 'е'.encode()
    if ord(c) < 0xC0 or '\u2000' <= c < '\u2040' or '\u3000' <= c < '\u3040' and not c.isalpha() or '\uff00' <= c < '\uff10':
        return b' '
    return low.encode()


def fold(text):
    out = b''.join(bytes([SPECIAL[w[1:-1]]]) if w[0] == '{' else b''.join(map(fold_char, w))
                   for w in re.findall(r'\{(?:address|ip|url|host)\}|.', text))
    return re.sub(b' +', b' ', out).strip()


def name_symbols(text):
    return bytes(ord(c.upper()) if c.isalpha() else 16 + int(c) if c.isdigit()
                 else ord(c) if c in './?=-_#&' else ord(':') for c in text)


def literal(part, where):
    if part.startswith('url:'):
        return name_symbols(part[4:])
    closed = part.endswith('$')
    folded = fold(part.rstrip('$'))
    if len(folded) < 2 and folded[:1] not in b'\1\2\3\4':
        raise Bad(f'{where}: "{part}" is too short to mean anything')
    return (b' ' if folded[0] < 0x80 else b'') + folded + (b' ' if closed else b'')


def parts(phrase, where):
    """[(literal, gap before it)]: `..` is a short gap, `...` any."""
    out, gap = [], 0
    for piece in re.split(r'(\s\.\.\.?\s)', phrase.strip()):
        if re.fullmatch(r'\s\.\.\.?\s', piece):
            gap = FAR if piece.strip() == '...' else GAP
        else:
            out.append((literal(piece.strip(), where), gap))
    return out


class Rule:
    def __init__(self, name, provider, where):
        self.name, self.provider, self.where = name, provider, where
        self.fields = collections.defaultdict(list)

    def one(self, key, default=None):
        values = self.fields.get(key, [default])
        if len(values) != 1:
            raise Bad(f'{self.where}: {self.name}: "{key}" stands twice')
        return values[0]


RULE_KEYS = {'cause', 'when', 'phrase', 'and', 'unless', 'level', 'priority', 'confidence', 'blocklist', 'source',
             'match', 'not'}


class Book:
    def __init__(self):
        self.rules, self.providers, self.marks, self.stages = [], collections.OrderedDict(), [], []

    def read(self, path):
        provider = rule = None
        for number, line in enumerate(open(path, encoding='utf-8'), 1):
            where, line = f'{path}:{number}', line.strip()
            if not line or line.startswith('#'):
                continue
            if ':' not in line:
                raise Bad(f'{where}: no colon in "{line}"')
            key, value = (part.strip() for part in line.split(':', 1))
            if key == 'provider':
                provider, rule = value, None
                self.providers.setdefault(value, [])
            elif key == 'rule':
                rule = Rule(value, provider, where)
                self.rules.append(rule)
            elif rule and key in RULE_KEYS:
                rule.fields[key].append(value)
            elif not rule and provider and key == 'hosts':
                self.providers[provider] += value.split()
            elif not rule and provider and key == 'marks':
                self.marks += [(provider, p, where) for p in value.split(' | ')]
            elif key.startswith('stage ') and key[6:] in STAGES:
                self.stages += [(STAGES.index(key[6:]), p, where) for p in value.split(' | ')]
            else:
                raise Bad(f'{where}: "{key}" is not known here')


class Tables:
    """Numbers everything and writes it down."""

    def __init__(self, book, causes):
        self.book, self.causes = book, causes
        self.literals, self.clauses, self.parts = collections.OrderedDict(), [], []
        self.codes, self.enhanceds, self.code_rules, self.rows = [], [], [], []
        self.provider_names = list(book.providers)
        for index, rule in enumerate(book.rules):
            self.add_rule(index, rule)
        for provider, phrase, where in book.marks:
            self.add_clause(self.provider_names.index(provider), 'mark', 0, phrase, where)
        for stage, phrase, where in book.stages:
            self.add_clause(stage, 'stage', 0, phrase, where)

    def add_clause(self, rule, kind, group, phrase, where):
        sequence = parts(phrase, where)
        first = len(self.parts)
        for text, gap in sequence:
            self.parts.append((self.literals.setdefault(text, len(self.literals)), gap))
        weight = sum(len(text) for text, _ in sequence)
        self.clauses.append((rule, KINDS[kind], group, first, len(sequence), weight))

    def conditions(self, rule):
        found = {'code': [], 'enhanced': [], 'stage': 0, 'provider': False}
        for word in (rule.one('when') or '').split():
            key, _, value = word.partition('=')
            for item in value.split(','):
                if key == 'code':
                    low, _, high = item.partition('-')
                    high = high or low
                    found['code'].append((int(low.replace('y', '0').replace('z', '0')),
                                          int(high.replace('y', '9').replace('z', '9'))))
                elif key == 'enhanced':
                    found['enhanced'].append([ANY if n in ('x', '*') else int(n) for n in item.split('.')])
                elif key == 'stage':
                    found['stage'] |= 1 << STAGES.index(item)
                elif word == 'provider':
                    found['provider'] = True
                else:
                    raise Bad(f'{rule.where}: "{word}" is no condition')
        return found

    def add_rule(self, index, rule):
        if rule.one('cause') not in self.causes or not rule.one('source') or not rule.fields['match'] or not rule.fields['not']:
            raise Bad(f'{rule.where}: {rule.name}: needs a known cause, a source, a match and a not')
        for line in rule.fields['phrase']:
            for phrase in line.split(' | '):
                self.add_clause(index, 'phrase', 0, phrase, rule.where)
        for group, line in enumerate(rule.fields['and']):
            for phrase in line.split(' | '):
                self.add_clause(index, 'and', group, phrase, rule.where)
        for line in rule.fields['unless']:
            for phrase in line.split(' | '):
                self.add_clause(index, 'unless', 0, phrase, rule.where)
        when, blocklist = self.conditions(rule), rule.one('blocklist') or ''
        level = rule.one('level') or ('phrase' if rule.fields['phrase'] else 'codes')
        if not rule.fields['phrase']:
            self.code_rules.append(index)
        provider = self.provider_names.index(rule.provider) + 1 if rule.provider else 0
        self.rows.append('{%s, %s, %d, %d, %d, %d, %d, %d, %s, %s, %d, %d, %d, %d, %d},' % (
            slice_of(rule.name), slice_of('' if blocklist == 'host' else blocklist),
            self.causes.index(rule.one('cause')), LEVELS[level], int(rule.one('priority') or 0),
            int(rule.one('confidence') or 0), provider, (1 << len(rule.fields['and'])) - 1,
            'true' if when['provider'] else 'false', 'true' if blocklist == 'host' else 'false', when['stage'],
            len(self.codes), len(when['code']), len(self.enhanceds), len(when['enhanced'])))
        self.codes += when['code']
        self.enhanceds += when['enhanced']


def slice_of(text):
    return 'SLICE_INIT("%s")' % text.replace('\\', '\\\\').replace('"', '\\"')


class Automaton:
    """Aho-Corasick over classes of symbols, placed into a double array."""

    def __init__(self, literals):
        used = sorted({byte for text in literals for byte in text})
        self.classes = {byte: i + 1 for i, byte in enumerate(used)}
        self.next, self.out = [{}], [[]]
        for number, text in enumerate(literals):
            self.insert(text, number)
        self.link()
        self.place()

    def insert(self, text, number):
        state = 0
        for byte in text:
            c = self.classes[byte]
            if c not in self.next[state]:
                self.next[state][c] = len(self.next)
                self.next.append({})
                self.out.append([])
            state = self.next[state][c]
        self.out[state].append(number)

    def link(self):
        self.fail = [0] * len(self.next)
        queue = collections.deque(self.next[0].values())
        while queue:
            state = queue.popleft()
            for c, child in self.next[state].items():
                back = self.fail[state]
                while back and c not in self.next[back]:
                    back = self.fail[back]
                self.fail[child] = self.next[back].get(c, 0) if self.next[back].get(c) != child else 0
                self.out[child] = self.out[child] + self.out[self.fail[child]]
                queue.append(child)

    def place(self):
        """A slot for each state, so that a state's children lie at base + class."""
        taken, slot, base = {0}, {0: 0}, {}
        low = 1
        queue = collections.deque([0])
        while queue:
            state = queue.popleft()
            children = self.next[state]
            while low in taken:
                low += 1
            start = low - min(children) if children else 0
            at = max(start, 0)
            while any(at + c in taken for c in children):
                at += 1
            base[state] = at
            for c, child in children.items():
                slot[child] = at + c
                taken.add(at + c)
                queue.append(child)
        self.size = max(taken) + len(self.classes) + 2
        if self.size >= 0xFFFF:
            raise Bad('the automaton has grown out of 16-bit states')
        self.rows, self.outputs = [(0, ANY, 0, 0)] * self.size, [0]
        for state in range(len(self.next)):
            output = 0
            if self.out[state]:
                output = len(self.outputs)
                self.outputs += [len(self.out[state])] + self.out[state]
            self.rows[slot[state]] = (base[state], ANY, slot[self.fail[state]], output)
        for state in range(len(self.next)):
            for child in self.next[state].values():
                b, _, f, o = self.rows[slot[child]]
                self.rows[slot[child]] = (b, slot[state], f, o)


def table(kind, name, rows, empty):
    rows = list(rows) or [empty]
    print('static const %s %s[] = {' % (kind, name))
    for i in range(0, len(rows), 8):
        print(' '.join(rows[i:i + 8]))
    print('};')


def braces(rows):
    return ['{%s},' % ', '.join(map(str, row)) for row in rows]


def write_tables(tables):
    automaton = Automaton(tables.literals)
    uses, literal_rows = [], []
    by_literal = collections.defaultdict(list)
    for number, clause in enumerate(tables.clauses):
        by_literal[tables.parts[clause[3] + clause[4] - 1][0]].append(number)
    for text, number in tables.literals.items():
        literal_rows.append((len(text), len(uses), len(by_literal[number])))
        uses += by_literal[number]
    hosts, provider_rows = [], []
    for name, suffixes in tables.book.providers.items():
        provider_rows.append((slice_of(name), len(hosts), len(suffixes)))
        hosts += suffixes
    print('/* Made by tools/rulec.py from share/rules/. */\n#include "reply/rules.h"\n')
    for name, column in zip(('bases', 'checks', 'fails', 'output_at'), zip(*automaton.rows)):
        table('uint16_t', name, ('%d,' % n for n in column), '0,')
    table('uint8_t', 'classes', ('%d,' % automaton.classes.get(i, 0) for i in range(256)), '0,')
    starts = {text[0] for text in tables.literals}
    table('uint8_t', 'starts', ('%d,' % (i in starts) for i in range(256)), '0,')
    table('uint16_t', 'outputs', ('%d,' % n for n in automaton.outputs), '0,')
    table('struct rule_literal', 'literals', braces(literal_rows), '{0},')
    table('uint16_t', 'uses', ('%d,' % n for n in uses), '0,')
    table('struct rule_clause', 'clauses', braces(tables.clauses), '{0},')
    table('struct rule_part', 'parts', braces(tables.parts), '{0},')
    table('struct rule', 'rules', tables.rows, '{0},')
    table('struct rule_code', 'codes', braces(tables.codes), '{0},')
    table('struct rule_enhanced', 'enhanceds', braces(tables.enhanceds), '{0},')
    table('struct rule_provider', 'providers', braces(provider_rows), '{0},')
    table('struct slice', 'hosts', (slice_of(h) + ',' for h in hosts), '{0},')
    table('uint16_t', 'code_rules', ('%d,' % n for n in tables.code_rules), '0,')
    print('const struct rule_tables rule_tables = {bases, checks, fails, output_at, classes, starts, outputs, literals, uses, clauses, parts, rules,'
          ' codes, enhanceds, providers, hosts, code_rules, %d, %d, %d};'
          % (len(tables.code_rules), len(provider_rows), len(tables.rows)))


def write_samples(book):
    rows = []
    for number, rule in enumerate(book.rules):
        for key in ('match', 'not'):
            for text in rule.fields[key]:
                m = re.match(r'\[(?:stage=(\S+?))?\s*(?:remote=(\S+?))?\]\s', text)
                stage, remote = (m.group(1) or '', m.group(2) or '') if m else ('', '')
                text = text[m.end():] if m else text
                rows.append('{%d, %s, %d, %s, %s},' % (number, 'true' if key == 'match' else 'false',
                                                       STAGES.index(stage), slice_of(remote), slice_of(text)))
    print('/* Made by tools/rulec.py --samples from share/rules/. */')
    print('\n'.join(rows))


def main(args):
    samples = args[:1] == ['--samples']
    cause_def, *paths = args[1:] if samples else args
    causes = re.findall(r'CAUSE\(\w+,\s*"(\w+)"', open(cause_def, encoding='utf-8').read())
    book = Book()
    try:
        for path in paths:
            book.read(path)
        names = [rule.name for rule in book.rules]
        for name in names:
            if names.count(name) > 1:
                raise Bad(f'the rule {name} stands twice')
        tables = Tables(book, causes)
        if samples:
            write_samples(book)
        else:
            write_tables(tables)
    except Bad as bad:
        sys.exit(f'rulec: {bad}')


if __name__ == '__main__':
    main(sys.argv[1:])
