"""psycopg 3, with the libpq that it brings. See ../README.md."""
import datetime
import decimal
import hashlib
import threading
import uuid

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from report import run, scenario, wrong_authority


def connect(**options):
    options.setdefault('autocommit', True)
    return psycopg.connect(channel_binding='require', **options)


def one(conn, query, parameters=None, **options):
    return conn.execute(query, parameters, **options).fetchone()


def state(call):
    """The SQLSTATE of the error that the call has to raise."""
    try:
        call()
    except psycopg.Error as failure:
        return failure.sqlstate or type(failure).__name__
    return 'no error'


def on_both_servers(act):
    """Three times: between the first and the last another client is in a transaction, so a pool of two lends its other server."""
    with connect() as holder:
        yield act()
        holder.execute('begin')
        try:
            yield act()
        finally:
            holder.execute('commit')
        yield act()


@scenario
def login():
    with connect() as conn:
        yield f'tls {conn.pgconn.ssl_in_use}, user {one(conn, "select current_user")[0]}'
    with connect(max_protocol_version='latest') as conn:
        yield f'newest protocol {one(conn, "select 1")[0]}'
    for options in ({'password': 'wrong'}, {'sslrootcert': wrong_authority()}):
        try:
            connect(**options)
            yield 'no error'
        except psycopg.OperationalError as failure:
            known = ('password authentication failed', 'certificate verify failed')
            yield next((text for text in known if text in str(failure)), str(failure))


@scenario
def servers():
    with connect() as conn:
        pids = set(on_both_servers(lambda: one(conn, 'select pg_backend_pid()')[0]))
    print(f'#servers {len(pids)}', flush=True)
    yield 'seen'


@scenario
def simple_queries():
    with connect() as conn:
        conn.execute('drop schema if exists psycopg3 cascade; create schema psycopg3; create table psycopg3.t (id int primary key, v text)')
        cursor = conn.execute('select 1 as a; select 2 as b, 3 as c')
        yield f'{cursor.fetchall()}'
        cursor.nextset()
        yield f'{cursor.fetchall()} {[column.name for column in cursor.description]}'
        yield f'{conn.execute("begin; insert into psycopg3.t values (1, $$x$$); commit").statusmessage}'
        yield state(lambda: conn.execute('insert into psycopg3.t values (2, $$y$$); select 1/0'))
        yield f'{conn.execute("select * from psycopg3.t").fetchall()}'
        yield f'{conn.execute("").statusmessage}'


@scenario
def types():
    values = [42, 2 ** 40, decimal.Decimal('12345678901234567890.123456789'), 'text with \u00e4\u20ac\U0001f600', b'\x00\xff',
              True, None, 1.5, datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.timezone.utc),
              datetime.timedelta(days=3, seconds=4), uuid.UUID(int=7), [1, 2, None, 4], ['a', 'b"c', None], Jsonb({'a': [1, {'b': None}]})]
    with connect() as conn:
        for binary in False, True:
            for value in values:
                yield f'{one(conn, sql.SQL("select {}").format(sql.Placeholder(format="b" if binary and value is not None else "s")), [value], binary=binary)[0]!r}'


@scenario
def prepared_statements():
    with connect() as conn:
        yield from (str(one(conn, 'select %s::int + 1', [41], prepare=True)) for _ in range(4))
        yield from map(str, on_both_servers(lambda: one(conn, 'select %s::int + 1, %s::text', [1, 'x'], prepare=True)))
        yield from map(str, on_both_servers(lambda: one(conn, 'select %s::text', ['same text, other types'], prepare=True)))
        yield f'forgets all: {conn.execute("deallocate all").statusmessage} {one(conn, "select %s::int + 1", [41], prepare=True)}'
        yield f'discards all: {conn.execute("discard all").statusmessage}'
    with connect() as conn:
        yield from map(str, on_both_servers(lambda: one(conn, 'select %s::int + 1, %s::text', [1, 'x'], prepare=True)))


@scenario
def statement_cache_eviction():
    with connect(prepare_threshold=0) as conn:
        conn.prepared_max = 20
        for _ in range(2):
            yield str(sum(one(conn, f'select {n} + %s::int', [n])[0] for n in range(60)))
    with connect(prepare_threshold=0) as conn:
        conn.prepared_max = 1000
        for _ in range(2):
            yield str(sum(one(conn, f'select {n} + %s::int', [n])[0] for n in range(300)))


@scenario
def ddl_under_a_cached_plan():
    with connect(prepare_threshold=0) as conn:
        conn.execute('create table psycopg3.d as select 1 as a')
        yield from map(str, on_both_servers(lambda: one(conn, 'select * from psycopg3.d where a = %s', [1])))
        conn.execute('alter table psycopg3.d add b text default $$new$$')
        yield state(lambda: one(conn, 'select * from psycopg3.d where a = %s', [1]))
        conn.execute('deallocate all')
        yield from map(str, on_both_servers(lambda: one(conn, 'select * from psycopg3.d where a = %s', [1])))


@scenario
def pipelines():
    with connect(prepare_threshold=0) as conn:
        with conn.pipeline() as pipeline:
            cursors = [conn.execute('select %s::int * 2', [n]) for n in range(100)]
            pipeline.sync()
            more = [conn.execute(f'select {n} + %s::int', [n]) for n in range(30)]
        yield str(sum(cursor.fetchone()[0] for cursor in cursors))
        yield str(sum(cursor.fetchone()[0] for cursor in more))


@scenario
def errors_in_pipelines():
    with connect(prepare_threshold=0) as conn:
        for _ in range(2):
            def fails():
                with conn.pipeline():
                    for divisor in 1, 0, 2, 4:
                        conn.execute('select 4 / %s::int', [divisor])
            yield state(fails)
            yield str(one(conn, 'select 4 / %s::int', [2]))


@scenario
def transactions():
    with connect() as conn:
        with conn.transaction():
            conn.execute('insert into psycopg3.t values (10, $$kept$$)')
            try:
                with conn.transaction():
                    conn.execute('insert into psycopg3.t values (11, $$undone$$)')
                    conn.execute('insert into psycopg3.t values (10, $$twice$$)')
            except psycopg.errors.UniqueViolation as failure:
                yield f'{failure.sqlstate} {failure.diag.constraint_name} {failure.diag.severity_nonlocalized}'
            conn.execute('insert into psycopg3.t values (12, $$kept too$$)')
        yield str(conn.execute('select * from psycopg3.t where id >= 10 order by id').fetchall())
        conn.autocommit = False
        yield state(lambda: conn.execute('select 1/0'))
        yield state(lambda: conn.execute('select 1'))
        yield conn.info.transaction_status.name
        conn.rollback()
        yield conn.info.transaction_status.name
        conn.isolation_level, conn.read_only, conn.deferrable = psycopg.IsolationLevel.SERIALIZABLE, True, True
        yield str(one(conn, "select current_setting('transaction_isolation'), current_setting('transaction_read_only'), current_setting('transaction_deferrable')"))
        conn.rollback()


@scenario
def settings():
    def shown(conn):
        return one(conn, "select current_setting('search_path'), current_setting('TimeZone'), current_setting('statement_timeout'),"
                         " current_setting('work_mem'), current_setting('application_name'), current_setting('DateStyle')")
    with connect(application_name='mine', options='-c statement_timeout=71s -c search_path=psycopg3,public -c lock_timeout=9s') as conn, \
            connect() as other:
        yield from map(str, on_both_servers(lambda: shown(conn)))
        yield from map(str, on_both_servers(lambda: shown(other)))
        conn.execute('set search_path = psycopg3')
        conn.execute("set time zone 'Asia/Tokyo'; set work_mem = '5MB'")
        yield f'{conn.info.parameter_status("TimeZone")} {conn.info.timezone.key}'
        conn.execute("select set_config('DateStyle', 'German', false), set_config('statement_timeout', '72s', false)")
        yield from map(str, on_both_servers(lambda: shown(conn)))
        yield str(shown(other))
        with conn.transaction(force_rollback=True):
            conn.execute("set work_mem = '6MB'")
            yield str(shown(conn))
        with conn.transaction():
            conn.execute("set local work_mem = '7MB'")
            yield str(shown(conn))
        yield from map(str, on_both_servers(lambda: shown(conn)))
        conn.execute("set client_encoding = 'latin1'")
        yield from map(str, on_both_servers(lambda: (conn.info.encoding, one(conn, "select %s::text", ['\u00e4\u00f6'])[0])))
        yield from map(str, on_both_servers(lambda: other.info.encoding))
        conn.execute('set role none; set session characteristics as transaction read only')
        yield from map(str, on_both_servers(lambda: one(conn, 'show transaction_read_only')))


@scenario
def copy():
    with connect() as conn:
        conn.execute('create table psycopg3.c (n int, v text)')
        with conn.cursor().copy('copy psycopg3.c from stdin') as into:
            for n in range(10000):
                into.write_row((n, f'row {n}'))
        yield str(one(conn, 'select count(*), sum(n) from psycopg3.c'))
        with conn.cursor().copy('copy psycopg3.c (n) from stdin (format binary)') as into:
            into.set_types(['int4'])
            into.write_row((77777,))
        with conn.cursor().copy('copy (select * from psycopg3.c order by n) to stdout') as out:
            yield hashlib.sha256(b''.join(bytes(piece) for piece in out)).hexdigest()

        def fails():
            with conn.cursor().copy('copy psycopg3.c from stdin') as into:
                for n in range(20000):
                    into.write(b'not a number\n')
        yield state(fails)

        def gives_up():
            with conn.cursor().copy('copy psycopg3.c from stdin') as into:
                into.write_row((1, 'x'))
                raise KeyError('changed my mind')
        try:
            gives_up()
        except KeyError as failure:
            yield str(failure)
        yield str(one(conn, 'select count(*) from psycopg3.c'))


@scenario
def cancel():
    with connect() as conn:
        for call in conn.cancel_safe, conn.cancel:
            timer = threading.Timer(0.3, call)
            timer.start()
            yield state(lambda: conn.execute('select pg_sleep(20)'))
            timer.join()
            yield str(one(conn, 'select 1'))
        conn.execute("set statement_timeout = '100ms'")
        yield state(lambda: conn.execute('select pg_sleep(20)'))
        conn.cancel_safe()
        yield from map(str, on_both_servers(lambda: one(conn, 'select 2')))
    with connect(max_protocol_version='latest') as conn:
        timer = threading.Timer(0.3, conn.cancel_safe)
        timer.start()
        yield state(lambda: conn.execute('select pg_sleep(20)'))
        timer.join()


@scenario
def large_values():
    with connect() as conn:
        text = 'x\u00e4' * 2_500_000
        yield str(one(conn, 'select length(%s::text)', [text]))
        yield str(one(conn, 'select %s::bytea', [b'\x00\x01' * 2_500_000], binary=True)[0] == b'\x00\x01' * 2_500_000)
        yield hashlib.sha256(one(conn, "select string_agg(md5(n::text), '') from generate_series(1, 160000) n")[0].encode()).hexdigest()
        yield str(one(conn, 'select /* ' + 'long ' * 1_000_000 + '*/ 1'))


@scenario
def cursors():
    with connect() as conn:
        with conn.transaction(), conn.cursor('named', scrollable=True) as cursor:
            cursor.itersize = 7
            cursor.execute('select generate_series(1, 100)')
            yield str(sum(row[0] for row in cursor))
            cursor.scroll(0, mode='absolute')
            yield str(cursor.fetchmany(3))
        yield state(lambda: conn.execute('fetch 1 from named'))
        yield str(sum(row[0] for row in conn.cursor().stream('select generate_series(1, 1000)')))


@scenario
def notifications():
    def heard(conn, count):
        return [(note.channel, note.payload) for note in conn.notifies(timeout=10, stop_after=count)]

    def notify(conn, payload):
        conn.execute('select pg_notify(%s, %s)', ['psycopg3 \u00e4', payload])
    with connect() as listener, connect() as other:
        listener.execute('listen "psycopg3 \u00e4"')
        for n in range(50):
            notify(other, f'{n}')
        yield str(heard(listener, 50))
        for _ in range(2):  # the pool's other server is the one that listens
            notify(other, 'again')
            yield f"{one(listener, 'select 1')} {heard(listener, 1)}"
        with other.transaction(force_rollback=True):
            notify(other, 'undone')
        with other.transaction():
            notify(other, 'kept')
        yield str(heard(listener, 1))
        with listener.transaction():
            listener.execute('listen psycopg3_second')
        other.execute('notify psycopg3_second')
        yield str(heard(listener, 1))
        listener.execute('unlisten psycopg3_second')
        other.execute('notify psycopg3_second')
        notify(other, 'last')
        yield str(heard(listener, 1))
        listener.execute('unlisten *')
        notify(other, 'unheard')
        yield str(list(listener.notifies(timeout=0.3)))


@scenario
def disconnects():
    with connect() as conn:
        for where in 'begin; insert into psycopg3.t values (99, $$lost$$)', 'begin; insert into psycopg3.t values (99, $$lost$$); select 1/0':
            leaving = connect()
            try:
                leaving.execute(where)
            except psycopg.errors.DivisionByZero:
                pass
            leaving.pgconn.finish()
        leaving = connect()
        leaving.pgconn.send_query(b'select pg_sleep(0.2)')
        leaving.pgconn.finish()
        yield from map(str, on_both_servers(lambda: one(conn, 'select count(*) from psycopg3.t where id = 99')))


@scenario
def many_clients():
    def client(number, seen):
        try:
            with connect(application_name=f'client {number}', prepare_threshold=1, options=f'-c search_path=path{number},public') as conn:
                for n in range(40):
                    if n % 3 == 0:
                        with conn.transaction():
                            a = one(conn, 'select %s::int + %s::int', [n, number])[0]
                            b = one(conn, "select current_setting('application_name') || current_setting('search_path')")[0]
                    elif n % 3 == 1:
                        with conn.pipeline():
                            first, second = conn.execute('select %s::int', [n]), conn.execute(f'select %s::text || {n % 7}', [number])
                        a, b = first.fetchone()[0], second.fetchone()[0]
                    else:
                        a, b = one(conn, "select %s::int, current_setting('application_name')", [n])
                    seen.append((a, b))
        except Exception as failure:
            seen.append(repr(failure))
    results = [[] for _ in range(6)]
    threads = [threading.Thread(target=client, args=(number, seen)) for number, seen in enumerate(results)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield from (f'{number} {len(seen)} {seen[0]} {seen[-1]} {hashlib.sha256(repr(seen).encode()).hexdigest()}' for number, seen in enumerate(results))


run()
