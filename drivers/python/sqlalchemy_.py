"""SQLAlchemy over psycopg and over asyncpg: its pool, its dialects' first questions, its isolation levels. See ../README.md."""
import asyncio
import os
import ssl

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from report import run, scenario

metadata = sa.MetaData(schema='sqlalchemy')
items = sa.Table('items', metadata, sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.Text), sa.Column('facts', sa.JSON))


def url(driver):
    return sa.URL.create(driver, *(os.environ[name] for name in ('PGUSER', 'PGPASSWORD', 'PGHOST')), int(os.environ['PGPORT']), os.environ['PGDATABASE'])


@scenario
def servers():
    engine = sa.create_engine(url('postgresql+psycopg'), pool_size=2)
    with engine.connect() as first, engine.connect() as second:
        pids = [each.execute(sa.text('select pg_backend_pid()')).scalar() for each in (first, second)]
    print(f'#servers {len(set(pids))}', flush=True)
    yield 'seen'


@scenario
def psycopg():
    engine = sa.create_engine(url('postgresql+psycopg'), connect_args={'channel_binding': 'require'}, pool_size=6, pool_pre_ping=True)
    with engine.begin() as conn:
        conn.execute(sa.text('drop schema if exists sqlalchemy cascade'))
        conn.execute(sa.schema.CreateSchema('sqlalchemy'))
        metadata.create_all(conn)
    with engine.begin() as conn:
        keys = conn.execute(sa.insert(items).returning(items.c.id), [{'name': f'item {n}', 'facts': {'n': n}} for n in range(2000)]).scalars().all()
        yield f'{len(keys)} {keys[-1]}'
    for _ in range(10):
        with engine.connect() as conn:
            yield str(conn.execute(sa.select(items).where(items.c.id == 7)).one())
    for level in 'SERIALIZABLE', 'REPEATABLE READ', 'AUTOCOMMIT':
        with engine.connect().execution_options(isolation_level=level) as conn:
            yield conn.execute(sa.text('show transaction_isolation')).scalar()
    with engine.connect() as conn, conn.begin():
        try:
            with conn.begin_nested():
                conn.execute(sa.insert(items), {'id': 7, 'name': 'twice'})
        except sa.exc.IntegrityError as failure:
            yield failure.orig.sqlstate
        rows = conn.execution_options(yield_per=100).execute(sa.select(items.c.id).order_by(items.c.id))
        yield str(sum(rows.scalars()))
    yield str([column['name'] for column in sa.inspect(engine).get_columns('items', schema='sqlalchemy')])
    with engine.begin() as conn:
        conn.execute(sa.text('alter table sqlalchemy.items add more text'))
    for _ in range(4):
        with engine.connect() as conn:
            yield str(conn.execute(sa.text('select * from sqlalchemy.items where id = 7')).one())
    engine.dispose()


@scenario
def asyncpg():
    async def several():
        context = ssl.create_default_context(cafile=os.environ['PGSSLROOTCERT'])
        engine = create_async_engine(url('postgresql+asyncpg'), connect_args={'ssl': context}, pool_size=6)

        async def client(number):
            total = 0
            for n in range(30):
                async with engine.begin() as conn:
                    total += (await conn.execute(sa.select(sa.func.count()).where(items.c.id <= number * 10 + n % 5))).scalar()
                    if n % 10 == 0:
                        await conn.execute(sa.update(items).where(items.c.id == 1000 + number).values(name=f'changed {n}'))
            return number, total
        seen = await asyncio.gather(*[client(number) for number in range(10)])
        async with engine.connect() as conn:
            streamed = await conn.stream(sa.select(items.c.id).order_by(items.c.id))
            seen.append(sum([row.id async for row in streamed]))
        await engine.dispose()
        return seen
    for text in asyncio.run(several()):
        yield str(text)


run()
