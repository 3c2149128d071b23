// node-postgres (pg) with pg-cursor and pg-copy-streams. See ../README.md.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import Cursor from 'pg-cursor'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { authority, env, pause, runAll, scenario, state } from './report.js'

// The driver reads PGHOST and the rest itself, and PGSSLMODE too: what it makes of that is not what libpq means by it.
delete env.PGSSLMODE
const options = { ssl: authority(), enableChannelBinding: true }

async function connect(more = {}) {
  const client = new pg.Client({ ...options, ...more })
  client.on('error', () => {})
  await client.connect()
  return client
}

async function one(client, text, values, more = {}) {
  return Object.values((await client.query({ text, values, rowMode: 'array', ...more })).rows[0] ?? [])
}

// Three times: between the first and the last another client is in a transaction, so a pool of two lends its other server.
async function onBothServers(act) {
  const holder = await connect()
  await act()
  await holder.query('begin')
  await act()
  await holder.query('commit')
  await act()
  await holder.end()
}

scenario('login', async (seen) => {
  const client = await connect()
  seen('tls', client.connection.stream.encrypted, 'user', await one(client, 'select current_user'))
  await client.end()
  seen(await state(connect({ password: 'wrong' })))
  seen(await state(connect({ ssl: authority(env.DRIVERS_OTHER_CA) })))
})

scenario('servers', async (seen) => {
  const client = await connect()
  const pids = new Set()
  await onBothServers(async () => pids.add((await one(client, 'select pg_backend_pid()'))[0]))
  console.log(`#servers ${pids.size}`)
  seen('seen')
  await client.end()
})

scenario('simple queries', async (seen) => {
  const client = await connect()
  await client.query('drop schema if exists node cascade; create schema node; create table node.t (id int primary key, v text)')
  const results = await client.query("select 1 as a; begin; insert into node.t values (1, 'x'); commit; select * from node.t")
  seen(results.map((result) => [result.command, result.rowCount, result.rows]))
  seen(await state(client.query("insert into node.t values (2, 'y'); select 1/0")))
  seen((await client.query('select * from node.t')).rows, (await client.query('')).rows)
  await client.end()
})

scenario('types', async (seen) => {
  for (const binary of [false, true]) {
    const client = await connect({ binary })
    seen(await one(client, "select 42, 2::int8 ^ 40, 1.5::float8, true, null, 'x'::text, '\\x00ff'::bytea"))
    seen(await one(client, 'select $1::int, $2::text[], $3::jsonb, $4::timestamptz', [7, ['a', 'b"c', null], { a: [1] }, new Date(1e12)]))
    await client.end()
  }
  const client = await connect()
  seen(await one(client, "select 12345678901234567890.123456789::numeric, array[[1,2],[3,4]], date '2024-02-29', interval '3 days'"))
  await client.end()
})

scenario('prepared statements', async (seen) => {
  const client = await connect()
  const other = await connect()
  await one(other, "select 'the other''s'", [], { name: 'mine' })
  await onBothServers(async () =>
    seen(await one(client, 'select $1::int + 1', [41], { name: 'mine' }), await one(other, "select 'the other''s'", [], { name: 'mine' })))
  await onBothServers(async () => seen(await one(client, 'select $1::int + 2', [1])))
  seen(await state(one(client, 'selec 1', [], { name: 'bad' })), await state(one(client, 'select $1::int / 0', [1], { name: 'zero' })))
  seen(await one(client, 'select 5', [], { name: 'after' }))
  let sum = 0
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 300; n++) sum += (await one(client, `select ${n} + $1::int`, [n], { name: `many ${n}` }))[0]
  }
  seen(sum)
  await client.end()
  await other.end()
})

scenario('ddl under a cached plan', async (seen) => {
  const client = await connect()
  await client.query('create table node.d as select 1 as a')
  const look = () => one(client, 'select * from node.d where a = $1', [1], { name: 'd' })
  await onBothServers(async () => seen(await look()))
  await client.query("alter table node.d add b text default 'new'")
  seen(await state(look()))
  // This driver never prepares a name again: all that is left is another name.
  await onBothServers(async () => seen(await one(client, 'select * from node.d where a = $1', [1], { name: 'd2' })))
  await client.end()
})

scenario('queued queries', async (seen) => {
  const client = await connect()
  const answers = await Promise.all([...Array(100).keys()].map((n) => one(client, 'select $1::int * 2', [n], n % 2 ? { name: 'q' } : {})))
  seen(answers.flat().reduce((a, b) => a + b))
  seen(await Promise.all([state(client.query('select 1/0')), one(client, 'select 1'), state(one(client, 'select $1::int / 0', [1])), one(client, 'select 2')]))
  await client.end()
})

scenario('transactions', async (seen) => {
  const client = await connect()
  await client.query('begin isolation level serializable')
  await client.query("insert into node.t values (10, 'kept')")
  await client.query('savepoint s')
  seen(await state(client.query("insert into node.t values (10, 'twice')")), await state(client.query('select 1')))
  await client.query('rollback to s')
  seen(await one(client, 'show transaction_isolation'))
  await client.query('commit')
  seen((await client.query('select id from node.t where id >= 10')).rows)
  await client.end()
})

scenario('settings', async (seen) => {
  const shown = "select current_setting('search_path'), current_setting('TimeZone'), current_setting('statement_timeout'), current_setting('application_name')"
  const client = await connect({ application_name: 'mine', options: '-c search_path=node -c TimeZone=Asia/Tokyo', statement_timeout: 71000 })
  const other = await connect()
  const both = () => onBothServers(async () => seen(await one(client, shown), await one(other, shown)))
  await both()
  await client.query("set search_path = public; set statement_timeout = '72s'")
  await other.query("set time zone 'Europe/Paris'")
  await both()
  await client.query("begin; set search_path = pg_catalog; rollback; begin; set local statement_timeout = '73s'; commit")
  await both()
  seen(await one(client, "select set_config('search_path', 'node', false)"))
  await both()
  await client.end()
  await other.end()
})

scenario('copy', async (seen) => {
  const client = await connect()
  await client.query('create table node.c (n int, v text)')
  const lines = [...Array(20000).keys()].map((n) => `${n}\trow ${n}\n`)
  await pipeline(Readable.from(lines), client.query(copyFrom('copy node.c from stdin')))
  const sum = createHash('sha256')
  await pipeline(client.query(copyTo('copy (select * from node.c order by n) to stdout')), sum)
  seen(sum.digest('hex'))
  seen(await state(pipeline(Readable.from(Array(20000).fill('not a number\n')), client.query(copyFrom('copy node.c from stdin')))))
  seen(await one(client, 'select count(*) from node.c'))
  await client.end()
})

scenario('cancel', async (seen) => {
  const client = await connect()
  const other = await connect()
  const asleep = state(client.query('select pg_sleep(20)'))
  await pause(200) // the query is on its way
  // What this driver has for it: a cancel request without TLS, which a gateway that requires TLS takes as well.
  await new Promise((resolve) => {
    const connection = new pg.Connection({ stream: undefined })
    connection.once('connect', () => connection.cancel(client.processID, client.secretKey))
    connection.once('end', resolve)
    connection.connect(Number(env.PGPORT), '127.0.0.1')
  })
  seen(await asleep, await one(client, 'select 1'))
  await client.query("set statement_timeout = '100ms'")
  seen(await state(client.query('select pg_sleep(20)')), await one(client, 'select 2'))
  await client.end()
  await other.end()
})

scenario('large values', async (seen) => {
  const client = await connect()
  const text = 'xä'.repeat(2500000)
  await onBothServers(async () => seen((await one(client, 'select $1::text', [text]))[0] === text))
  seen(await one(client, `select /* ${'long '.repeat(1000000)}*/ 1`))
  const { rows } = await client.query('select n, md5(n::text) from generate_series(1, 100000) n')
  seen(createHash('sha256').update(JSON.stringify(rows)).digest('hex'))
  await client.end()
})

scenario('cursors', async (seen) => {
  const client = await connect()
  await client.query('begin')
  const cursor = client.query(new Cursor('select generate_series(1, $1::int) as n', [100]))
  let read = []
  do {
    read = await cursor.read(40)
    seen(read.length, read.at(-1))
  } while (read.length)
  await client.query('commit')
  const early = client.query(new Cursor('select generate_series(1, $1::int) as n', [100]))
  seen((await early.read(1))[0])
  await early.close()
  seen(await one(client, 'select 3'))
  await client.end()
})

scenario('disconnects', async (seen) => {
  const client = await connect()
  for (const last of ['select 1', 'select 1/0', 'select pg_sleep(0.2)']) {
    const leaving = await connect()
    await leaving.query("begin; insert into node.t values (99, 'lost')")
    const end = state(leaving.query(last))
    if (!last.includes('sleep')) await end
    else await pause(50) // the query is on its way
    leaving.connection.stream.destroy()
    await end
  }
  await onBothServers(async () => seen(await one(client, 'select count(*) from node.t where id = 99')))
  await client.end()
})

scenario('many clients', async (seen) => {
  const pool = new pg.Pool({ ...options, max: 6, options: '-c search_path=node' })
  const client = async (number) => {
    let sum = 0
    for (let n = 0; n < 50; n++) {
      const c = await pool.connect()
      await c.query('begin')
      sum += (await one(c, `select $1::int + ${n % 9}`, [n], { name: `s${n % 9}` }))[0]
      sum += Number((await one(c, 'select count(*) + $1 from t where id = 10', [number]))[0])
      await c.query('commit')
      c.release()
    }
    return sum
  }
  seen(await Promise.all([...Array(12).keys()].map(client)))
  await pool.end()
})

await runAll()
