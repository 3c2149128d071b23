"""asyncpg: its statement cache, its own retry after DDL, its pool with RESET. See ../README.md."""
import asyncio
import datetime
import decimal
import hashlib
import io
import os
import ssl
import uuid

import asyncpg

from report import run_async, scenario, wrong_authority


def context(authority=None):
    made = ssl.create_default_context(cafile=authority or os.environ['PGSSLROOTCERT'])
    made.check_hostname = True
    return made


async def connect(**options):
    return await asyncpg.connect(**{'ssl': context(), **options})


async def state(awaitable):
    try:
        await awaitable
    except asyncpg.PostgresError as failure:
        return failure.sqlstate
    except Exception as failure:
        return type(failure).__name__
    return 'no error'


async def on_both_servers(act):
    """Three times: between the first and the last another client is in a transaction, so a pool of two lends its other server."""
    holder = await connect()
    yield str(await act())
    await holder.execute('begin')
    yield str(await act())
    await holder.execute('commit')
    yield str(await act())
    await holder.close()


@scenario
async def login():
    conn = await connect()
    yield f'user {await conn.fetchval("select current_user")}'
    await conn.close()
    yield await state(connect(password='wrong'))
    yield await state(connect(ssl=context(wrong_authority())))


@scenario
async def servers():
    conn = await connect()

    async def pid():
        return await conn.fetchval('select pg_backend_pid()')
    pids = {text async for text in on_both_servers(pid)}
    print(f'#servers {len(pids)}', flush=True)
    yield 'seen'
    await conn.close()


@scenario
async def queries():
    conn = await connect()
    yield await conn.execute('drop schema if exists asyncpg cascade; create schema asyncpg; create table asyncpg.t (id int primary key, v text)')
    yield await conn.execute("begin; insert into asyncpg.t values (1, 'x'); commit")
    yield await state(conn.execute("insert into asyncpg.t values (2, 'y'); select 1/0"))
    yield str(await conn.fetch('select * from asyncpg.t'))
    values = [(42, 'int'), (decimal.Decimal('12345678901234567890.123456789'), 'numeric'), ('\u00e4\u20ac', 'text'), (b'\x00\xff', 'bytea'),
              (True, 'bool'), (None, 'text'), ([1, 2, None], 'int[]'), (datetime.date(2024, 2, 29), 'date'), ('{"a": 1}', 'jsonb'),
              (uuid.UUID(int=7), 'uuid'), (datetime.timedelta(days=3), 'interval'), (1.5, 'float8')]
    for value, kind in values:
        yield repr(await conn.fetchval(f'select $1::{kind}', value))
    await conn.execute("create type asyncpg.pair as (a int, b text)")
    yield str(await conn.fetchval("select (1, 'x')::asyncpg.pair"))  # looks the type up with statements of its own
    yield str(await conn.fetchval("select array[(1, 'x')::asyncpg.pair]"))
    await conn.close()


@scenario
async def prepared_statements():
    conn, other = await connect(), await connect()
    mine, theirs = await conn.prepare('select $1::int + 1'), await other.prepare("select 'theirs'")

    async def both():
        return await mine.fetchval(41), await theirs.fetchval(), await conn.fetchval('select $1::text', 'cached')
    async for text in on_both_servers(both):
        yield text
    for size in 10, 1000:
        many = await connect(statement_cache_size=size)
        for _ in range(2):
            yield str(sum([await many.fetchval(f'select {n} + $1::int', n) for n in range(300)]))
        await many.close()
    without = await connect(statement_cache_size=0)

    async def unnamed():
        return await without.fetchval('select $1::int * 2', 4)
    async for text in on_both_servers(unnamed):
        yield text
    yield await state(conn.prepare('selec 1'))
    yield str(await conn.fetchval('select 5'))
    await conn.executemany('insert into asyncpg.t values ($1, $2)', [(n, str(n)) for n in range(100, 1100)])
    yield await state(conn.executemany('insert into asyncpg.t values ($1, $2)', [(n, str(n)) for n in range(1099, 1200)]))
    yield str(await conn.fetchval('select count(*) from asyncpg.t'))
    for each in conn, other, without:
        await each.close()


@scenario
async def ddl_under_a_cached_plan():
    conn, admin = await connect(), await connect()
    await admin.execute('create table asyncpg.d as select 1 as a')

    async def look():
        return await conn.fetch('select * from asyncpg.d where a = $1', 1)
    async for text in on_both_servers(look):
        yield text
    for change in "add b text default 'new'", 'alter a type bigint', 'drop b':
        await admin.execute(f'alter table asyncpg.d {change}')
        async for text in on_both_servers(look):  # outside transactions the driver retries by itself
            yield text
    await admin.execute('alter table asyncpg.d add c int')
    async with conn.transaction():
        yield await state(look())
    async for text in on_both_servers(look):
        yield text
    await conn.close()
    await admin.close()


@scenario
async def transactions():
    conn = await connect()
    async with conn.transaction(isolation='serializable'):
        await conn.execute("insert into asyncpg.t values (10, 'kept')")
        try:
            async with conn.transaction():
                await conn.execute("insert into asyncpg.t values (10, 'twice')")
        except asyncpg.UniqueViolationError as failure:
            yield f'{failure.sqlstate} {failure.constraint_name}'
        yield await conn.fetchval('show transaction_isolation')
        cursor = await conn.cursor('select generate_series(1, 100)')
        yield str(await cursor.fetch(3))
        yield str([row[0] async for row in conn.cursor('select generate_series(1, 50)', prefetch=7)][-1])
    yield str(await conn.fetchval('select v from asyncpg.t where id = 10'))
    await conn.close()


@scenario
async def settings():
    async def shown(conn):
        return await conn.fetchrow("select current_setting('search_path') s, current_setting('TimeZone') z, current_setting('application_name') n, current_setting('work_mem') w")
    conn, other = await connect(server_settings={'application_name': 'mine', 'search_path': 'asyncpg', 'work_mem': '5MB'}), await connect()

    async def both():
        return await shown(conn), await shown(other)
    async for text in on_both_servers(both):
        yield text
    await conn.execute("set search_path = public; set time zone 'Asia/Tokyo'")
    await other.execute("set work_mem = '6MB'")
    async for text in on_both_servers(both):
        yield text
    yield conn.get_settings().TimeZone
    await conn.close()
    await other.close()


@scenario
async def copy():
    conn = await connect()
    await conn.execute('create table asyncpg.c (n int, v text)')
    yield await conn.copy_records_to_table('c', schema_name='asyncpg', records=[(n, f'row {n}') for n in range(20000)])
    out = io.BytesIO()
    yield await conn.copy_from_query('select * from asyncpg.c where n >= $1 order by n', 5, output=out)
    yield hashlib.sha256(out.getvalue()).hexdigest()
    yield await state(conn.copy_to_table('c', schema_name='asyncpg', source=io.BytesIO(b'not a number\n' * 20000)))
    yield str(await conn.fetchval('select count(*) from asyncpg.c'))
    await conn.close()


@scenario
async def cancel_and_timeouts():
    conn = await connect()
    for _ in range(3):
        yield await state(conn.execute('select pg_sleep(20)', timeout=0.2))  # asyncpg sends a cancel request
        yield str(await conn.fetchval('select 1'))
    task = asyncio.create_task(conn.fetch('select pg_sleep(20)'))
    await asyncio.sleep(0.2)  # the query is on its way
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        yield 'canceled'
    yield str(await conn.fetchval('select 2'))
    await conn.close()


@scenario
async def large_values():
    conn = await connect()
    text = 'x\u00e4' * 2_500_000

    async def there_and_back():
        return await conn.fetchval('select $1::text', text) == text
    async for seen in on_both_servers(there_and_back):
        yield seen
    await conn.close()


@scenario
async def many_clients():
    # Its pool runs "SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;" whenever a connection comes back.
    pool = await asyncpg.create_pool(min_size=1, max_size=6, ssl=context(), server_settings={'work_mem': '5MB'})

    async def client(number):
        seen = []
        for n in range(40):
            async with pool.acquire() as conn:
                async with conn.transaction():
                    await conn.execute(f"set local work_mem = '{6 + number}MB'")
                    seen.append((await conn.fetchval(f'select $1::int + {n % 7}', n), await conn.fetchval('show work_mem')))
        return f'{number} {len(seen)} {hashlib.sha256(repr(seen).encode()).hexdigest()}'
    for text in await asyncio.gather(*[client(number) for number in range(12)]):
        yield text
    await pool.close()


asyncio.run(run_async())
