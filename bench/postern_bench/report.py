"""Markdown tables out of the samples."""
import statistics


class Samples:
    """Rows of a run's file. Samples taken while something else used the machine count only where there are no better ones."""

    def __init__(self, rows, noise_limit):
        self.runs = [r for r in rows if r['what'] == 'run']
        self.rows = [r for r in rows if r['what'] == 'sample']
        self.peers = list(dict.fromkeys(r['peer'] for r in self.rows))
        self.cells = list(dict.fromkeys(r['cell'] for r in self.rows))
        self.noise_limit = noise_limit

    def of(self, cell, peer):
        return [r for r in self.rows if r['cell'] == cell and r['peer'] == peer]

    def quiet(self, cell, peer):
        all_of = self.of(cell, peer)
        return [r for r in all_of if r.get('foreign_cores', 0) <= self.noise_limit] or all_of

    def median(self, cell, peer, key):
        values = [r[key] for r in self.quiet(cell, peer) if isinstance(r.get(key), (int, float))]
        return statistics.median(values) if values else None

    def failed(self, cell, peer):
        return any(r.get('error') for r in self.of(cell, peer))


def markdown(samples, reference):
    out = []
    for run in samples.runs:
        out.append('- ' + ', '.join(f'{k} {v}' for k, v in run.items() if k not in ('what', 'versions', 'tls')))
        for name, version in run['versions'].items():
            out.append(f'  - `{name}`: {version}; {run["tls"].get(name, "")}')
    out.append(f'\nMedians; in brackets the ratio to `{reference}`; ! = errors were seen. CPU is the pooler\'s own, user and system, from /proc.')

    def table(title, cells, key, form, scale=1.0):
        rows = []
        for peer in samples.peers:
            texts = []
            for cell in cells:
                value = samples.median(cell, peer, key)
                if value is None or (value == 0 and key.startswith('pooler')):
                    texts.append('–')
                    continue
                base = samples.median(cell, reference, key)
                ratio = f' ({value / base:.2f})' if base and peer != reference else ''
                texts.append(form.format(value / scale) + ratio + (' !' if samples.failed(cell, peer) else ''))
            if any(t != '–' for t in texts):
                rows.append(f'| {peer} | ' + ' | '.join(texts) + ' |')
        if rows:
            heads = ' | '.join(c.split('/', 1)[-1] for c in cells)
            out.extend(['', f'**{title}**', '', f'| | {heads} |', '|---|' + '---|' * len(cells), *rows])

    named = lambda kind: [c for c in samples.cells if c.split('/')[0] == kind]
    for mode in dict.fromkeys(c.split('/')[1] for c in named('tps')):
        cells = [c for c in named('tps') if c.split('/')[1] == mode]
        table(f'pgbench -S -M {mode}: CPU µs per transaction, by clients', cells, 'pooler_us_per_tx', '{:.1f}')
        table(f'pgbench -S -M {mode}: transactions per second, by clients', cells, 'tps', '{:.0f}')
    table('Features, 100 clients: CPU µs for each run of the script', named('features'), 'pooler_us_per_tx', '{:.1f}')
    table('Features, 100 clients: runs of the script per second', named('features'), 'tps', '{:.0f}')
    table('Statements that a server holds afterwards', named('features'), 'statements_on_a_server', '{:.0f}')
    table('New TLS connection for each transaction (pgbench -C): CPU µs per connection, by clients', named('connect'), 'pooler_us_per_tx', '{:.0f}')
    table('New TLS connection for each transaction: connections per second, by clients', named('connect'), 'tps', '{:.0f}')
    table('Garbage as the first packet: CPU µs per connection', named('garbage'), 'garbage_us', '{:.0f}')
    table('Garbage as the first packet: growth of RSS after 5,000 of them, MB', named('garbage'), 'rss_growth', '{:.1f}', 1e6)
    table('CPU µs per transaction at a fixed rate', named('latency'), 'pooler_us_per_tx', '{:.1f}')
    for key, title in (('p50_us', 'p50'), ('p99_us', 'p99')):
        table(f'Latency at a fixed rate, {title} in µs', named('latency'), key, '{:.0f}')
    table('Bulk: MB/s', named('bulk'), 'mb_per_s', '{:.0f}')
    table('Bulk: CPU seconds per GB', named('bulk'), 'pooler_s_per_gb', '{:.3f}')
    table('Bulk: growth of RSS, MB', named('bulk'), 'rss_growth', '{:.1f}', 1e6)
    if 'memory' in samples.cells:
        steps = sorted({int(k.split('_')[1]) for r in samples.rows for k in r if k.startswith('held_')})
        table('RSS at start, MB', ['memory'], 'rss_start', '{:.1f}', 1e6)
        for n in steps:
            table(f'RSS per idle TLS client of {n}, kB', ['memory'], f'bytes_per_client_{n}', '{:.1f}', 1e3)
            table(f'CPU µs per login up to {n}', ['memory'], f'login_us_{n}', '{:.0f}')
            table(f'Cores used while {n} are idle', ['memory'], f'idle_cores_{n}', '{:.4f}')
        table('RSS after they left, MB', ['memory'], 'rss_after', '{:.1f}', 1e6)
    for key, title in (('rss_start', 'at its start'), ('rss_third', 'after a third'), ('rss_end', 'at its end')):
        table(f'Mixed load: RSS {title}, MB', named('growth'), key, '{:.1f}', 1e6)
    table('Mixed load: growth of RSS after the first third, kB a minute', named('growth'), 'bytes_per_minute', '{:.0f}', 1e3)

    errors = dict.fromkeys((r['peer'], r['cell'], r['error']) for r in samples.rows if r.get('error'))
    if errors:
        out.extend(['', '**Errors**', '', *(f'- `{p}` {c}: {e}' for p, c, e in errors)])
    foreign = sorted(r['foreign_cores'] for r in samples.rows if 'foreign_cores' in r)
    if foreign:
        used = sum(f <= samples.noise_limit for f in foreign)
        out.append(f'\nCores that others used meanwhile: median {statistics.median(foreign):.2f}, most {foreign[-1]:.2f};'
                   f' {used} of {len(foreign)} samples below the limit of {samples.noise_limit}.')
    return '\n'.join(out)
