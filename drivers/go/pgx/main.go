// pgx v5 in its query modes, alone and with its pool. See ../../README.md.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"drivers/report"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
)

var ctx = context.Background()

var modes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec,
	pgx.QueryExecModeSimpleProtocol,
}

func config(change ...func(*pgx.ConnConfig)) *pgx.ConnConfig {
	c := report.Got(pgx.ParseConfig("channel_binding=require"))
	for _, each := range change {
		each(c)
	}
	return c
}

func connect(change ...func(*pgx.ConnConfig)) *pgx.Conn {
	return report.Got(pgx.ConnectConfig(ctx, config(change...)))
}

func mode(m pgx.QueryExecMode) func(*pgx.ConnConfig) {
	return func(c *pgx.ConnConfig) { c.DefaultQueryExecMode = m }
}

func one[T any](conn interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}, query string, parameters ...any) T {
	var value T
	report.Must(conn.QueryRow(ctx, query, parameters...).Scan(&value))
	return value
}

func exec(conn interface {
	Exec(context.Context, string, ...any) (pgconn.CommandTag, error)
}, query string, parameters ...any) string {
	return report.Got(conn.Exec(ctx, query, parameters...)).String()
}

func state(err error) string {
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		return failure.Severity + " " + failure.Code
	}
	if err == nil {
		return "no error"
	}
	return err.Error()
}

// onBothServers acts three times: between the first and the last another client is in a transaction, so a pool of two lends
// its other server.
func onBothServers(act func()) {
	holder := connect()
	defer holder.Close(ctx)
	act()
	exec(holder, "begin")
	act()
	exec(holder, "commit")
	act()
}

func main() {
	report.Scenario("login", login)
	report.Scenario("servers", servers)
	report.Scenario("query modes", queryModes)
	report.Scenario("types", types)
	report.Scenario("prepared statements", prepared)
	report.Scenario("statement cache eviction", eviction)
	report.Scenario("ddl under a cached plan", ddl)
	report.Scenario("batches", batches)
	report.Scenario("errors in batches", errorsInBatches)
	report.Scenario("pipelines", pipelines)
	report.Scenario("transactions", transactions)
	report.Scenario("settings", settings)
	report.Scenario("copy", copying)
	report.Scenario("cancel", cancel)
	report.Scenario("large values", large)
	report.Scenario("cursors", cursors)
	report.Scenario("disconnects", disconnects)
	report.Scenario("many clients", manyClients)
	report.Run()
}

func login(seen report.Seen) {
	conn := connect()
	defer conn.Close(ctx)
	_, tls := conn.PgConn().Conn().(interface{ HandshakeContext(context.Context) error })
	seen("tls %v, user %s", tls, one[string](conn, "select current_user"))
	for _, wrong := range []string{"password=wrong", "sslrootcert=" + os.Getenv("DRIVERS_OTHER_CA")} {
		_, err := pgx.Connect(ctx, wrong)
		text := err.Error()
		for _, known := range []string{"28P01", "certificate signed by unknown authority", "failed to verify certificate"} {
			if strings.Contains(text, known) {
				text = known
				break
			}
		}
		seen("%s", text)
	}
	newest := connect(func(c *pgx.ConnConfig) { c.MaxProtocolVersion = "3.2" })
	defer newest.Close(ctx)
	seen("protocol 3.2: %d", one[int](newest, "select 1"))
}

func servers(seen report.Seen) {
	conn := connect()
	defer conn.Close(ctx)
	pids := map[uint32]bool{}
	onBothServers(func() { pids[one[uint32](conn, "select pg_backend_pid()")] = true })
	fmt.Printf("#servers %d\n", len(pids))
	seen("seen")
}

func queryModes(seen report.Seen) {
	conn := connect()
	defer conn.Close(ctx)
	seen("%s", exec(conn, "drop schema if exists pgx cascade"))
	seen("%s", exec(conn, "create schema pgx"))
	seen("%s", exec(conn, "create table pgx.t (id int primary key, v text)"))
	for n, m := range modes {
		c := connect(mode(m))
		onBothServers(func() {
			seen("%v %d %s", m, one[int](c, "select $1::int + 1", 41), one[string](c, "select $1::text || current_database()", "in "))
		})
		seen("%v %s", m, exec(c, "insert into pgx.t values ($1, $2)", n, m.String()))
		_, err := c.Exec(ctx, "insert into pgx.t values ($1, $2)", n, "twice")
		seen("%v %s", m, state(err))
		_, err = c.Exec(ctx, "select nothing from pgx.nowhere where a = $1", 1)
		seen("%v %s", m, state(err))
		seen("%v %d", m, one[int](c, "select count(*) from pgx.t where id <= $1", n))
		c.Close(ctx)
	}
	results := report.Got(conn.PgConn().Exec(ctx, "select 1; begin; select 2 as b, 3 as c; commit; select").ReadAll())
	for _, result := range results {
		seen("%s %q", result.CommandTag, result.Rows)
	}
	seen("%q", report.Got(conn.PgConn().Exec(ctx, "").ReadAll()))
}

func types(seen report.Seen) {
	conn := connect()
	defer conn.Close(ctx)
	for _, query := range []string{
		"select 42::int2, 42::int4, 2::int8 ^ 40, 12345678901234567890.123456789::numeric, 'NaN'::numeric, 1.5::float8",
		"select array[1,2,null,4]::int[], array['a','b\"c',null]::text[], array[[1,2],[3,4]]::int8[]",
		`select '{"a":[1,{"b":null}]}'::jsonb, '{"a" : 1}'::json`,
		"select timestamptz '2024-02-29 12:30Z' at time zone 'UTC', date '2024-02-29', interval '3 days 4 seconds', time '04:05'",
		"select '\\x00ff'::bytea, true, null, '00000000-0000-0000-0000-000000000007'::uuid, inet '10.0.0.1/8', int4range(1, 5)",
	} {
		for _, m := range modes[:4] {
			rows := report.Got(conn.Query(ctx, query, m))
			for rows.Next() {
				seen("%v", report.Got(rows.Values()))
			}
			report.Must(rows.Err())
		}
	}
	seen("%v %v", one[[]string](conn, "select $1::text[]", []string{"a", "b,c", `d"e`}), one[map[string]any](conn, "select $1::jsonb", map[string]any{"k": 1}))
	seen("%v", one[time.Time](conn, "select $1::timestamptz", time.Unix(1700000000, 123456000).UTC()).UTC())
}

func prepared(seen report.Seen) {
	conn := connect()
	defer conn.Close(ctx)
	description := report.Got(conn.Prepare(ctx, "mine", "select $1::int + 1, $2::text"))
	seen("%v %d", description.ParamOIDs, len(description.Fields))
	other := connect()
	defer other.Close(ctx)
	report.Got(other.Prepare(ctx, "mine", "select 'the other''s'"))
	onBothServers(func() {
		var n int
		var text string
		report.Must(conn.QueryRow(ctx, "mine", 41, "x").Scan(&n, &text))
		seen("%d %s %s", n, text, one[string](other, "mine"))
	})
	report.Must(conn.Deallocate(ctx, "mine"))
	_, err := conn.PgConn().ExecPrepared(ctx, "mine", nil, nil, nil).Close()
	seen("%s", state(err))
	_, err = conn.PgConn().Prepare(ctx, "again", "select 1", nil)
	seen("%s", state(err))
	_, err = conn.PgConn().Prepare(ctx, "again", "select 1", nil)
	seen("%s", state(err))
	_, err = conn.PgConn().Prepare(ctx, "bad", "selec 1", nil)
	seen("%s", state(err))
	_, err = conn.PgConn().Prepare(ctx, "bad", "select 1", nil)
	seen("%s", state(err))
	report.Must(conn.DeallocateAll(ctx))
	_, err = conn.PgConn().ExecPrepared(ctx, "again", nil, nil, nil).Close()
	seen("%s", state(err))
	seen("%s", one[string](other, "mine"))
}

func eviction(seen report.Seen) {
	for _, m := range modes[:2] {
		for _, capacity := range []int{10, 512} {
			conn := connect(mode(m), func(c *pgx.ConnConfig) { c.StatementCacheCapacity, c.DescriptionCacheCapacity = capacity, capacity })
			for round := 0; round < 2; round++ {
				sum := 0
				for n := 0; n < 300; n++ {
					sum += one[int](conn, fmt.Sprintf("select %d + $1::int", n), n)
				}
				seen("%v %d %d", m, capacity, sum)
			}
			conn.Close(ctx)
		}
	}
}

func ddl(seen report.Seen) {
	admin := connect(mode(pgx.QueryExecModeSimpleProtocol))
	defer admin.Close(ctx)
	for _, m := range modes {
		exec(admin, "drop table if exists pgx.d; create table pgx.d as select 1 as a")
		conn := connect(mode(m))
		look := func() {
			rows, err := conn.Query(ctx, "select * from pgx.d where a = $1", 1)
			report.Must(err)
			columns := 0
			for rows.Next() {
				columns = len(report.Got(rows.Values()))
			}
			seen("%v %d %s", m, columns, state(rows.Err()))
		}
		onBothServers(look)
		exec(admin, "alter table pgx.d add b text default 'new'")
		look()
		onBothServers(look)
		exec(admin, "alter table pgx.d alter a type bigint")
		look()
		onBothServers(look)
		conn.Close(ctx)
	}
}

func batches(seen report.Seen) {
	for _, m := range modes {
		conn := connect(mode(m))
		onBothServers(func() {
			batch := &pgx.Batch{}
			sum := 0
			for n := 0; n < 200; n++ {
				batch.Queue(fmt.Sprintf("select $1::int * %d", n%70), n).QueryRow(func(row pgx.Row) error {
					var value int
					err := row.Scan(&value)
					sum += value
					return err
				})
			}
			report.Must(conn.SendBatch(ctx, batch).Close())
			seen("%v %d", m, sum)
		})
		conn.Close(ctx)
	}
}

func errorsInBatches(seen report.Seen) {
	for _, m := range modes {
		conn := connect(mode(m))
		for round := 0; round < 2; round++ {
			batch := &pgx.Batch{}
			batch.Queue("insert into pgx.t values ($1, 'batch')", 1000+round)
			batch.Queue("select 1 / $1::int", 0)
			batch.Queue("insert into pgx.t values ($1, 'batch')", 2000+round)
			results := conn.SendBatch(ctx, batch)
			for n := 0; n < 3; n++ {
				_, err := results.Exec()
				seen("%v %d %s", m, n, state(err))
			}
			results.Close()
			seen("%v %d", m, one[int](conn, "select count(*) from pgx.t where id >= $1", 1000))
		}
		conn.Close(ctx)
	}
}

func pipelines(seen report.Seen) {
	conn := connect()
	defer conn.Close(ctx)
	onBothServers(func() {
		p := conn.PgConn().StartPipeline(ctx)
		p.SendPrepare("p1", "select $1::int", nil)
		p.SendQueryPrepared("p1", [][]byte{[]byte("7")}, nil, nil)
		report.Must(p.Sync())
		p.SendQueryParams("select 1/$1::int", [][]byte{[]byte("0")}, nil, nil, nil)
		p.SendQueryPrepared("p1", [][]byte{[]byte("8")}, nil, nil)
		report.Must(p.Sync())
		p.SendQueryPrepared("p1", [][]byte{[]byte("9")}, nil, nil)
		p.SendDeallocate("p1")
		report.Must(p.Sync())
		for {
			result, err := p.GetResults()
			if result == nil && err == nil {
				break
			}
			switch r := result.(type) {
			case *pgconn.ResultReader:
				read := r.Read()
				seen("rows %q %s", read.Rows, state(read.Err))
			default:
				seen("%T %s", result, state(err))
			}
		}
		seen("%s", state(p.Close()))
	})
}

func transactions(seen report.Seen) {
	conn := connect()
	defer conn.Close(ctx)
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		exec(tx, "insert into pgx.t values (10, 'kept')")
		inner := pgx.BeginFunc(ctx, tx, func(nested pgx.Tx) error {
			exec(nested, "insert into pgx.t values (11, 'undone')")
			_, err := nested.Exec(ctx, "insert into pgx.t values (10, 'twice')")
			return err
		})
		seen("%s", state(inner))
		exec(tx, "insert into pgx.t values (12, 'kept too')")
		return nil
	})
	seen("%s %v", state(err), one[[]int32](conn, "select array_agg(id order by id) from pgx.t where id between 10 and 20"))
	tx := report.Got(conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable, AccessMode: pgx.ReadOnly, DeferrableMode: pgx.Deferrable}))
	seen("%s", one[string](tx, "select current_setting('transaction_isolation') || current_setting('transaction_read_only')"))
	_, err = tx.Exec(ctx, "insert into pgx.t values (50)")
	seen("%s", state(err))
	_, err = tx.Exec(ctx, "select 1")
	seen("%s %c", state(err), conn.PgConn().TxStatus())
	seen("%s", state(tx.Commit(ctx)))
	seen("%c", conn.PgConn().TxStatus())
}

func settings(seen report.Seen) {
	const shown = "select concat_ws(' ', current_setting('search_path'), current_setting('TimeZone'), current_setting('statement_timeout'), current_setting('application_name'), current_setting('work_mem'))"
	conn := connect(mode(pgx.QueryExecModeExec), func(c *pgx.ConnConfig) { // without names, which DISCARD ALL would take away
		c.RuntimeParams["search_path"] = "pgx"
		c.RuntimeParams["application_name"] = "mine"
		c.RuntimeParams["options"] = `-c statement_timeout=71s --work-mem=5MB -c TimeZone=Asia/Tokyo`
	})
	other := connect()
	defer conn.Close(ctx)
	defer other.Close(ctx)
	both := func() {
		onBothServers(func() { seen("%s | %s", one[string](conn, shown), one[string](other, shown)) })
	}
	both()
	exec(conn, "set search_path = public")
	exec(conn, "set work_mem = '6MB'")
	seen("%s", one[string](conn, "select set_config('statement_timeout', '72s', false)"))
	exec(other, "set time zone 'Europe/Paris'")
	both()
	seen("%s %s", conn.PgConn().ParameterStatus("TimeZone"), other.PgConn().ParameterStatus("TimeZone"))
	tx := report.Got(conn.Begin(ctx))
	exec(tx, "set work_mem = '7MB'")
	exec(tx, "set local statement_timeout = '73s'")
	seen("%s", one[string](tx, shown))
	report.Must(tx.Rollback(ctx))
	both()
	exec(conn, "discard all")
	both()
}

func copying(seen report.Seen) {
	conn := connect()
	defer conn.Close(ctx)
	exec(conn, "create table pgx.c (n int, v text)")
	rows := make([][]any, 20000)
	for n := range rows {
		rows[n] = []any{n, fmt.Sprint("row ", n)}
	}
	onBothServers(func() {
		seen("%d", report.Got(conn.CopyFrom(ctx, pgx.Identifier{"pgx", "c"}, []string{"n", "v"}, pgx.CopyFromRows(rows))))
	})
	var out bytes.Buffer
	tag := report.Got(conn.PgConn().CopyTo(ctx, &out, "copy (select * from pgx.c order by n) to stdout"))
	seen("%s %x", tag, sha256.Sum256(out.Bytes()))
	_, err := conn.PgConn().CopyFrom(ctx, strings.NewReader(strings.Repeat("not a number\n", 50000)), "copy pgx.c from stdin")
	seen("%s", state(err))
	_, err = conn.CopyFrom(ctx, pgx.Identifier{"pgx", "nowhere"}, []string{"n"}, pgx.CopyFromRows(rows))
	seen("%s", state(err))
	seen("%d", one[int](conn, "select count(*) from pgx.c"))
}

func cancel(seen report.Seen) {
	// By default pgx closes a connection whose context ends; this one sends a cancel request and keeps it.
	for _, version := range []string{"3.0", "3.2"} {
		conn := connect(func(c *pgx.ConnConfig) {
			c.MaxProtocolVersion = version
			c.BuildContextWatcherHandler = func(p *pgconn.PgConn) ctxwatch.Handler {
				return &pgconn.CancelRequestContextWatcherHandler{Conn: p, CancelRequestDelay: 0, DeadlineDelay: 10 * time.Second}
			}
		})
		for round := 0; round < 3; round++ {
			short, stop := context.WithTimeout(ctx, 200*time.Millisecond)
			_, err := conn.Exec(short, "select pg_sleep(20)")
			stop()
			var failure *pgconn.PgError
			seen("%v %v", errors.As(err, &failure) && failure.Code == "57014", conn.IsClosed())
			seen("%d", one[int](conn, "select 1"))
		}
		exec(conn, "set statement_timeout = '100ms'")
		_, err := conn.Exec(ctx, "select pg_sleep(20)")
		seen("%s", state(err))
		conn.Close(ctx)
	}
	conn := connect()
	short, stop := context.WithTimeout(ctx, 200*time.Millisecond)
	defer stop()
	_, err := conn.Exec(short, "select pg_sleep(20)")
	seen("%v %v", errors.Is(err, context.DeadlineExceeded), conn.IsClosed())
}

func large(seen report.Seen) {
	conn := connect()
	defer conn.Close(ctx)
	text := strings.Repeat("x\u00e4", 2_500_000)
	for _, m := range modes {
		var back string
		report.Must(conn.QueryRow(ctx, "select $1::text", m, text).Scan(&back))
		seen("%v %v", m, back == text)
	}
	seen("%d", one[int](conn, "select /* "+strings.Repeat("long ", 1_000_000)+"*/ 1"))
	rows := report.Got(conn.Query(ctx, "select n, md5(n::text) from generate_series(1, 100000) n"))
	sum := sha256.New()
	for rows.Next() {
		fmt.Fprint(sum, report.Got(rows.Values()))
	}
	report.Must(rows.Err())
	seen("%x", sum.Sum(nil))
}

func cursors(seen report.Seen) {
	conn := connect()
	defer conn.Close(ctx)
	tx := report.Got(conn.Begin(ctx))
	exec(tx, "declare c cursor for select generate_series(1, 100)")
	for n := 0; n < 3; n++ {
		seen("%v", report.Got(pgx.CollectRows(report.Got(tx.Query(ctx, "fetch 40 from c")), pgx.RowTo[int32])))
	}
	report.Must(tx.Commit(ctx))
	_, err := conn.Exec(ctx, "fetch 1 from c")
	seen("%s", state(err))
}

func disconnects(seen report.Seen) {
	conn := connect()
	defer conn.Close(ctx)
	for _, what := range []string{"select 1", "select 1/0", "select pg_sleep(0.2)"} {
		leaving := connect(mode(pgx.QueryExecModeSimpleProtocol))
		exec(leaving, "begin; insert into pgx.t values (99, 'lost')")
		if strings.Contains(what, "sleep") {
			go leaving.Exec(ctx, what)
			time.Sleep(50 * time.Millisecond) // the query is on its way
		} else {
			leaving.Exec(ctx, what)
		}
		leaving.PgConn().Conn().Close()
	}
	onBothServers(func() { seen("%d", one[int](conn, "select count(*) from pgx.t where id = 99")) })
}

func manyClients(seen report.Seen) {
	settings := report.Got(pgxpool.ParseConfig("channel_binding=require pool_max_conns=6"))
	settings.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "set search_path = pgx")
		return err
	}
	pool := report.Got(pgxpool.NewWithConfig(ctx, settings))
	defer pool.Close()
	sums, failures := make([]int, 12), make([]error, 12)
	var all sync.WaitGroup
	for client := range sums {
		all.Add(1)
		go func() {
			defer all.Done()
			for n := 0; n < 50 && failures[client] == nil; n++ {
				failures[client] = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
					var a, b int
					if err := tx.QueryRow(ctx, fmt.Sprintf("select $1::int + %d", n%9), n).Scan(&a); err != nil {
						return err
					}
					err := tx.QueryRow(ctx, "select count(*) + $1 from t where id = 10", client).Scan(&b)
					sums[client] += a + b
					return err
				})
			}
		}()
	}
	all.Wait()
	for client := range sums {
		seen("%d %d %v", client, sums[client], failures[client])
	}
}
