"""psycopg2, with the libpq that it brings. See ../README.md."""
import datetime
import decimal
import hashlib
import io
import threading

import psycopg2
import psycopg2.extras

from report import run, scenario, wrong_authority


def connect(autocommit=True, **options):
    conn = psycopg2.connect(channel_binding='require', dbname='', **options)
    conn.autocommit = autocommit
    return conn


def one(conn, query, parameters=None):
    with conn.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()


def do(conn, query, parameters=None):
    with conn.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.statusmessage


def state(call):
    try:
        call()
    except psycopg2.Error as failure:
        return failure.pgcode or type(failure).__name__
    return 'no error'


def on_both_servers(act):
    """Three times: between the first and the last another client is in a transaction, so a pool of two lends its other server."""
    holder = connect()
    yield str(act())
    do(holder, 'begin')
    yield str(act())
    do(holder, 'commit')
    yield str(act())
    holder.close()


@scenario
def login():
    conn = connect()
    yield f'tls {conn.info.ssl_in_use}, user {one(conn, "select current_user")}'
    conn.close()
    for options in ({'password': 'wrong'}, {'sslrootcert': wrong_authority()}):
        try:
            connect(**options)
            yield 'no error'
        except psycopg2.OperationalError as failure:
            known = ('password authentication failed', 'certificate verify failed')
            yield next((text for text in known if text in str(failure)), str(failure))


@scenario
def servers():
    conn = connect()
    pids = set(on_both_servers(lambda: one(conn, 'select pg_backend_pid()')))
    print(f'#servers {len(pids)}', flush=True)
    yield 'seen'


@scenario
def queries():
    conn = connect()
    do(conn, 'drop schema if exists psycopg2 cascade; create schema psycopg2; create table psycopg2.t (id int primary key, v text)')
    yield do(conn, "begin; insert into psycopg2.t values (1, 'x'); commit")
    yield state(lambda: do(conn, "insert into psycopg2.t values (2, 'y'); select 1/0"))
    yield str(one(conn, 'select * from psycopg2.t'))
    values = [42, decimal.Decimal('12345678901234567890.123456789'), 'a\u00e4\u20ac\'\\', b'\x00\xff', True, None, [1, 2, None], datetime.date(2024, 2, 29), psycopg2.extras.Json({'a': [1]})]
    yield str([bytes(v) if isinstance(v, memoryview) else v for v in one(conn, 'select ' + ', '.join(['%s'] * len(values)), values)])
    do(conn, "do $$ begin raise notice 'heard'; end $$")
    yield str(conn.notices[-1:])


@scenario
def sql_level_prepare_within_a_transaction():
    conn = connect(autocommit=False)
    do(conn, 'prepare mine (int) as select $1 + 1')
    yield str(one(conn, 'execute mine(41)'))
    do(conn, 'deallocate mine')
    conn.commit()


@scenario
def transactions():
    conn = connect(autocommit=False)
    do(conn, "insert into psycopg2.t values (10, 'kept')")
    do(conn, 'savepoint s')
    yield state(lambda: do(conn, "insert into psycopg2.t values (10, 'twice')"))
    yield state(lambda: do(conn, 'select 1'))
    do(conn, 'rollback to s')
    conn.commit()
    yield str(one(conn, 'select count(*) from psycopg2.t'))
    conn.rollback()
    conn.set_session('SERIALIZABLE', readonly=True, deferrable=True)
    for _ in range(2):
        yield str(one(conn, "select current_setting('transaction_isolation'), current_setting('transaction_read_only'), current_setting('transaction_deferrable')"))
        conn.commit()
    other = connect()
    other.set_session('REPEATABLE READ', autocommit=True)  # SET default_transaction_isolation
    yield from on_both_servers(lambda: one(other, "show transaction_isolation"))
    yield from on_both_servers(lambda: one(conn, "show transaction_isolation") + (conn.commit(),))


@scenario
def settings():
    def shown(conn):
        return one(conn, "select current_setting('search_path'), current_setting('TimeZone'), current_setting('statement_timeout'), current_setting('application_name')")
    conn, other = connect(application_name='mine', options='-c statement_timeout=71s -csearch_path=psycopg2'), connect()
    yield from on_both_servers(lambda: shown(conn) + shown(other))
    do(conn, "set search_path = public; set time zone 'Asia/Tokyo'")
    yield from on_both_servers(lambda: shown(conn) + shown(other))
    yield conn.get_parameter_status('TimeZone')
    conn.set_client_encoding('LATIN1')
    yield from on_both_servers(lambda: one(conn, 'select %s::text', ['\u00e4']) + (conn.encoding, other.encoding))


@scenario
def copy():
    conn = connect()
    do(conn, 'create table psycopg2.c (n int, v text)')
    with conn.cursor() as cursor:
        cursor.copy_expert('copy psycopg2.c from stdin', io.StringIO(''.join(f'{n}\trow {n}\n' for n in range(20000))))
        out = io.StringIO()
        cursor.copy_expert('copy (select * from psycopg2.c order by n) to stdout', out)
        yield hashlib.sha256(out.getvalue().encode()).hexdigest()
        yield state(lambda: cursor.copy_expert('copy psycopg2.c from stdin', io.StringIO('not a number\n' * 20000)))
    yield str(one(conn, 'select count(*) from psycopg2.c'))


@scenario
def cursors_and_large_objects():
    conn = connect(autocommit=False)
    with conn.cursor('named') as cursor:
        cursor.itersize = 7
        cursor.execute('select generate_series(1, 100)')
        yield str(sum(row[0] for row in cursor))
    large = conn.lobject(0, 'wb')
    large.write(b'contents' * 1000)
    oid = large.oid
    large.close()
    yield str(len(conn.lobject(oid, 'rb').read()))
    conn.lobject(oid).unlink()
    conn.commit()


@scenario
def cancel():
    conn = connect()
    for _ in range(2):
        timer = threading.Timer(0.3, conn.cancel)
        timer.start()
        yield state(lambda: do(conn, 'select pg_sleep(20)'))
        timer.join()
        yield str(one(conn, 'select 1'))


@scenario
def large_values():
    conn = connect()
    text = 'x\u00e4' * 2_500_000
    yield from on_both_servers(lambda: one(conn, 'select %s', [text])[0] == text)


@scenario
def many_clients():
    def client(number, seen):
        conn = connect(autocommit=False, options=f'-c search_path=path{number}')
        for n in range(40):
            seen.append(one(conn, "select %s + 1, current_setting('search_path')", [n]))
            do(conn, 'set local work_mem = %s', [f'{5 + number}MB'])
            seen.append(one(conn, 'show work_mem'))
            conn.rollback() if n % 3 else conn.commit()
        conn.close()
    results = [[] for _ in range(6)]
    threads = [threading.Thread(target=client, args=(number, seen)) for number, seen in enumerate(results)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield from (f'{number} {len(seen)} {hashlib.sha256(repr(seen).encode()).hexdigest()}' for number, seen in enumerate(results))


run()
