// lib/pq under database/sql: unnamed statements prepared in one round trip and run in the next. See ../../README.md.
package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"drivers/report"

	"github.com/lib/pq"
)

var ctx = context.Background()

func open(options string) *sql.DB {
	db := report.Got(sql.Open("postgres", options))
	db.SetMaxOpenConns(1) // one client each
	report.Must(db.Ping())
	return db
}

func one[T any](db interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}, query string, parameters ...any) T {
	var value T
	report.Must(db.QueryRowContext(ctx, query, parameters...).Scan(&value))
	return value
}

func state(err error) string {
	var failure *pq.Error
	if errors.As(err, &failure) {
		return string(failure.Code)
	}
	if err == nil {
		return "no error"
	}
	return err.Error()
}

// onBothServers acts three times: between the first and the last another client is in a transaction, so a pool of two lends
// its other server.
func onBothServers(act func()) {
	holder := open("")
	defer holder.Close()
	act()
	tx := report.Got(holder.Begin())
	act()
	report.Must(tx.Commit())
	act()
}

func main() {
	report.Scenario("login", login)
	report.Scenario("servers", servers)
	report.Scenario("queries", queries)
	report.Scenario("prepared statements", prepared)
	report.Scenario("ddl under a cached plan", ddl)
	report.Scenario("transactions", transactions)
	report.Scenario("settings", settings)
	report.Scenario("copy", copying)
	report.Scenario("cancel", cancel)
	report.Scenario("large values", large)
	report.Scenario("many clients", manyClients)
	report.Run()
}

func login(seen report.Seen) {
	db := open("")
	defer db.Close()
	seen("%s", one[string](db, "select current_user"))
	for _, wrong := range []string{"password=wrong", "sslrootcert=" + os.Getenv("DRIVERS_OTHER_CA")} {
		err := report.Got(sql.Open("postgres", wrong)).Ping()
		text := state(err)
		if strings.Contains(text, "certificate") {
			text = "certificate refused"
		}
		seen("%s", text)
	}
}

func servers(seen report.Seen) {
	db := open("")
	defer db.Close()
	pids := map[int]bool{}
	onBothServers(func() { pids[one[int](db, "select pg_backend_pid()")] = true })
	fmt.Printf("#servers %d\n", len(pids))
	seen("seen")
}

func queries(seen report.Seen) {
	db := open("")
	defer db.Close()
	report.Got(db.Exec("drop schema if exists pq cascade; create schema pq; create table pq.t (id int primary key, v text)"))
	onBothServers(func() {
		seen("%d %s", one[int](db, "select $1::int + 1", 41), one[string](db, "select $1::text || $2", "a", "b"))
	})
	_, err := db.Exec("insert into pq.t values ($1, 'x'), ($1, 'twice')", 1)
	seen("%s", state(err))
	_, err = db.Exec("selec $1", 1)
	seen("%s", state(err))
	var array pq.Int64Array
	report.Must(db.QueryRow("select $1::int[]", pq.Array([]int64{1, 2, 3})).Scan(&array))
	seen("%v %s %x", array, one[string](db, "select 12345678901234567890.123456789::numeric"), one[[]byte](db, "select $1::bytea", []byte{0, 255}))
	rows := report.Got(db.Query("select 1; select 2; select 3"))
	for more := true; more; more = rows.NextResultSet() {
		for rows.Next() {
			var n int
			report.Must(rows.Scan(&n))
			seen("%d", n)
		}
	}
	report.Must(rows.Err())
	rows.Close()
}

func prepared(seen report.Seen) {
	db := open("")
	defer db.Close()
	statement := report.Got(db.Prepare("select $1::int * 2"))
	other := report.Got(db.Prepare("select 'other'"))
	onBothServers(func() {
		var n int
		var text string
		report.Must(statement.QueryRow(21).Scan(&n))
		report.Must(other.QueryRow().Scan(&text))
		seen("%d %s", n, text)
	})
	report.Must(statement.Close())
	for round := 0; round < 2; round++ {
		sum := 0
		var all []*sql.Stmt
		for n := 0; n < 300; n++ {
			s := report.Got(db.Prepare(fmt.Sprintf("select %d + $1::int", n)))
			all = append(all, s)
		}
		for n, s := range all {
			var value int
			report.Must(s.QueryRow(n).Scan(&value))
			sum += value
			report.Must(s.Close())
		}
		seen("%d", sum)
	}
}

func ddl(seen report.Seen) {
	db := open("")
	defer db.Close()
	report.Got(db.Exec("create table pq.d as select 1 as a"))
	statement := report.Got(db.Prepare("select * from pq.d where a = $1"))
	look := func(s *sql.Stmt) {
		rows, err := s.Query(1)
		if err != nil {
			seen("%s", state(err))
			return
		}
		defer rows.Close()
		rows.Next()
		seen("%v %s", report.Got(rows.Columns()), state(rows.Err()))
	}
	onBothServers(func() { look(statement) })
	report.Got(db.Exec("alter table pq.d add b text default 'new'"))
	look(statement)
	again := report.Got(db.Prepare("select * from pq.d where a = $1"))
	onBothServers(func() { look(again) })
}

func transactions(seen report.Seen) {
	db := open("")
	defer db.Close()
	tx := report.Got(db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}))
	report.Got(tx.Exec("insert into pq.t values ($1, 'kept')", 10))
	report.Got(tx.Exec("savepoint s"))
	_, err := tx.Exec("insert into pq.t values ($1, 'twice')", 10)
	seen("%s", state(err))
	_, err = tx.Exec("select 1")
	seen("%s", state(err))
	report.Got(tx.Exec("rollback to s"))
	seen("%s", one[string](tx, "show transaction_isolation"))
	report.Must(tx.Commit())
	seen("%d", one[int](db, "select count(*) from pq.t where id = $1", 10))
	tx = report.Got(db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}))
	_, err = tx.Exec("insert into pq.t values ($1)", 11)
	seen("%s %s", state(err), state(tx.Commit()))
}

func settings(seen report.Seen) {
	const shown = "select concat_ws(' ', current_setting('search_path'), current_setting('TimeZone'), current_setting('statement_timeout'), current_setting('application_name'))"
	db, other := open("search_path=pq application_name=mine statement_timeout=71s"), open("")
	defer db.Close()
	defer other.Close()
	both := func() {
		onBothServers(func() { seen("%s | %s", one[string](db, shown), one[string](other, shown)) })
	}
	both()
	report.Got(db.Exec("set search_path = public; set time zone 'Asia/Tokyo'"))
	report.Got(other.Exec("select set_config('statement_timeout', $1, false)", "72s"))
	both()
}

func copying(seen report.Seen) {
	db := open("")
	defer db.Close()
	report.Got(db.Exec("create table pq.c (n int, v text)"))
	tx := report.Got(db.Begin())
	into := report.Got(tx.Prepare(pq.CopyInSchema("pq", "c", "n", "v")))
	for n := 0; n < 20000; n++ {
		report.Got(into.Exec(n, fmt.Sprint("row ", n)))
	}
	report.Got(into.Exec())
	report.Must(into.Close())
	report.Must(tx.Commit())
	tx = report.Got(db.Begin())
	into = report.Got(tx.Prepare(pq.CopyInSchema("pq", "c", "n")))
	into.Exec("not a number")
	_, err := into.Exec()
	seen("%s", state(err))
	into.Close()
	report.Must(tx.Rollback())
	seen("%d", one[int](db, "select count(*) from pq.c"))
}

func cancel(seen report.Seen) {
	db := open("")
	defer db.Close()
	for round := 0; round < 3; round++ {
		short, stop := context.WithTimeout(ctx, 200*time.Millisecond)
		_, err := db.ExecContext(short, "select pg_sleep(20)")
		stop()
		seen("%v", state(err) == "57014" || errors.Is(err, context.DeadlineExceeded))
		seen("%d", one[int](db, "select 1"))
	}
}

func large(seen report.Seen) {
	db := open("")
	defer db.Close()
	text := strings.Repeat("x\u00e4", 2_500_000)
	onBothServers(func() { seen("%v", one[string](db, "select $1::text", text) == text) })
}

func manyClients(seen report.Seen) {
	db := report.Got(sql.Open("postgres", "search_path=pq"))
	defer db.Close()
	db.SetMaxOpenConns(6)
	db.SetMaxIdleConns(3) // some leave and come all the time
	results := make([]string, 12)
	var all sync.WaitGroup
	for client := range results {
		all.Add(1)
		go func() {
			defer all.Done()
			sum := sha256.New()
			for n := 0; n < 40; n++ {
				tx, err := db.Begin()
				if err != nil {
					results[client] = err.Error()
					return
				}
				var a int
				var b string
				if err = tx.QueryRow(fmt.Sprintf("select $1::int + %d", n%7), n).Scan(&a); err == nil {
					err = tx.QueryRow("select $1::text || count(*) from t where id = 10", fmt.Sprint(client)).Scan(&b)
				}
				fmt.Fprint(sum, a, b, err, tx.Commit())
			}
			results[client] = fmt.Sprintf("%x", sum.Sum(nil))
		}()
	}
	all.Wait()
	for client, result := range results {
		seen("%d %s", client, result)
	}
}
