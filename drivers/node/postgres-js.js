// postgres.js: named statements and pipelining by default. See ../README.md.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import postgres from 'postgres'
import { authority, env, pause, runAll, scenario, state } from './report.js'

delete env.PGSSLMODE

const connect = (more = {}) => postgres({ ssl: authority(), max: 1, onnotice: () => {}, ...more })

// Three times: between the first and the last another client is in a transaction, so a pool of two lends its other server.
async function onBothServers(act) {
  const holder = await connect()
  await act()
  await holder.begin(async (tx) => {
    await tx`select 1`
    await act()
  })
  await act()
  await holder.end()
}

scenario('login', async (seen) => {
  const sql = connect()
  seen((await sql`select current_user`)[0])
  await sql.end()
  for (const wrong of [{ password: 'wrong' }, { ssl: authority(env.DRIVERS_OTHER_CA) }]) {
    const refused = connect(wrong)
    seen(await state(refused`select 1`))
    await refused.end()
  }
})

scenario('servers', async (seen) => {
  const sql = connect()
  const pids = new Set()
  await onBothServers(async () => pids.add((await sql`select pg_backend_pid() as pid`)[0].pid))
  console.log(`#servers ${pids.size}`)
  seen('seen')
  await sql.end()
})

scenario('queries', async (seen) => {
  const sql = connect()
  await sql`drop schema if exists postgresjs cascade; create schema postgresjs; create table postgresjs.t (id int primary key, v text)`.simple()
  seen(await sql.unsafe("select 1 as a; begin; insert into postgresjs.t values (1, 'x'); commit; select * from postgresjs.t").simple())
  seen(await state(sql.unsafe("insert into postgresjs.t values (2, 'y'); select 1/0").simple()))
  seen(await sql`select ${42}::int as a, ${'text'}::text as b, ${[1, 2, 3]}::int[] as c, ${sql.json({ a: [1] })} as d, ${new Date(1e12)}::timestamptz as e, ${null}::text as f`)
  seen(await sql`select 12345678901234567890.123456789::numeric as n, '\\x00ff'::bytea as b, true as t, 2::int8 ^ 40 as i`)
  seen(await state(sql`selec 1`), await state(sql`select 1/${0}::int`), await sql`select 5 as n`)
  seen((await sql`select * from postgresjs.t`.describe()).columns.map((column) => column.name))
  await sql.end()
})

scenario('prepared statements', async (seen) => {
  const sql = connect()
  const without = connect({ prepare: false })
  await onBothServers(async () => seen(await sql`select ${41}::int + 1 as n`, await without`select ${1}::int + 1 as n`))
  let sum = 0
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 300; n++) sum += (await sql.unsafe(`select ${n} + $1::int as n`, [n], { prepare: true }))[0].n
  }
  seen(sum)
  await sql.end()
  await without.end()
})

scenario('pipelining', async (seen) => {
  const sql = connect()
  const numbers = [...Array(200).keys()]
  await onBothServers(async () => {
    const rows = await Promise.all(numbers.map((n) => sql.unsafe(`select $1::int * ${n % 70} as n`, [n], { prepare: n % 3 > 0 })))
    seen(rows.reduce((sum, [row]) => sum + row.n, 0))
  })
  seen(await Promise.all([state(sql`select 1/${0}::int`), sql`select ${1}::int as n`, state(sql`selec 1`), sql`select ${2}::int as n`]))
  await sql.end()
})

scenario('ddl under a cached plan', async (seen) => {
  const sql = connect()
  await sql`create table postgresjs.d as select 1 as a`
  const look = () => sql`select * from postgresjs.d where a = ${1}`
  await onBothServers(async () => seen(await look()))
  await sql`alter table postgresjs.d add b text default 'new'`
  await onBothServers(async () => seen(await look())) // the driver prepares again by itself
  await sql.begin(async (tx) => {
    await tx`alter table postgresjs.d alter a type bigint`
    await tx`select 1`
  })
  await onBothServers(async () => seen(await look()))
  await sql.end()
})

scenario('transactions', async (seen) => {
  const sql = connect()
  await sql.begin('isolation level serializable', async (tx) => {
    await tx`insert into postgresjs.t values (10, 'kept')`
    seen(await state(tx.savepoint(async (inner) => {
      await inner`insert into postgresjs.t values (11, 'undone')`
      await inner`insert into postgresjs.t values (10, 'twice')`
    })))
    seen(await tx`show transaction_isolation`)
    seen(await Promise.all([tx`select 1 as a`, tx`select 2 as a`]))
  })
  seen(await state(sql.begin((tx) => [tx`insert into postgresjs.t values (12, 'undone')`, tx`select 1/0`])))
  seen(await sql`select id from postgresjs.t where id >= 10`)
  await sql.end()
})

scenario('settings', async (seen) => {
  const sql = connect({ connection: { application_name: 'mine', search_path: 'postgresjs', statement_timeout: 71000, TimeZone: 'Asia/Tokyo' } })
  const other = connect()
  const shown = (s) => s`select current_setting('search_path') as s, current_setting('TimeZone') as z, current_setting('statement_timeout') as t, current_setting('application_name') as n`
  const both = () => onBothServers(async () => seen(await shown(sql), await shown(other)))
  await both()
  await sql`set search_path = public`
  await other`select set_config('statement_timeout', '72s', false)`
  await both()
  seen(sql.parameters.TimeZone, other.parameters.TimeZone)
  await sql.end()
  await other.end()
})

scenario('copy', async (seen) => {
  const sql = connect()
  await sql`create table postgresjs.c (n int, v text)`
  await pipeline(Readable.from([...Array(20000).keys()].map((n) => `${n}\trow ${n}\n`)), await sql`copy postgresjs.c from stdin`.writable())
  const sum = createHash('sha256')
  await pipeline(await sql`copy (select * from postgresjs.c order by n) to stdout`.readable(), sum)
  seen(sum.digest('hex'), await sql`select count(*) from postgresjs.c`)
  await sql.end()
})

scenario('cancel', async (seen) => {
  const sql = connect()
  await sql`select 1`
  for (let round = 0; round < 2; round++) {
    const asleep = sql`select pg_sleep(20)`
    const end = state(asleep)
    await pause(200) // the query is on its way
    asleep.cancel()
    seen(await end, await sql`select 1 as n`)
  }
  await sql.end()
})

scenario('large values and cursors', async (seen) => {
  const sql = connect()
  const text = 'xä'.repeat(2500000)
  await onBothServers(async () => seen((await sql`select ${text}::text as t`)[0].t === text))
  let sum = 0
  await sql`select generate_series(1, 1000) as n`.cursor(70, (rows) => rows.forEach((row) => (sum += row.n)))
  for await (const rows of sql`select generate_series(1, 1000) as n`.cursor(70)) {
    sum += rows.length
    if (sum > 500600) break
  }
  let each = 0
  await sql`select generate_series(1, 1000) as n`.forEach((row) => (each += row.n))
  seen(sum, each)
  await sql.end()
})

scenario('many clients', async (seen) => {
  const sql = connect({ max: 6, connection: { search_path: 'postgresjs' } })
  const client = async (number) => {
    let sum = 0
    for (let n = 0; n < 50; n++) {
      sum += await sql.begin(async (tx) => {
        const [[a], [b]] = await Promise.all([tx.unsafe(`select $1::int + ${n % 9} as n`, [n], { prepare: true }), tx`select count(*)::int + ${number} as n from t where id = 10`])
        return a.n + b.n
      })
    }
    return sum
  }
  seen(await Promise.all([...Array(12).keys()].map(client)))
  await sql.end()
})

await runAll()
