//! sqlx: its statement cache, and statements without a name (`persistent(false)`), which it describes in one round trip and
//! runs in the next. See ../../../README.md.
use drivers::{Outcome, Seen, env, scenario};
use futures::TryStreamExt;
use futures::future::join_all;
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Error, Executor};

fn options() -> PgConnectOptions {
    PgConnectOptions::new() // reads PGHOST and the rest
        .ssl_mode(PgSslMode::VerifyFull)
        .ssl_root_cert(env("PGSSLROOTCERT"))
        .log_statements(log::LevelFilter::Off)
}

async fn connect() -> Result<PgConnection, Error> {
    PgConnection::connect_with(&options()).await
}

fn state<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => "no error".into(),
        Err(Error::Database(failure)) => failure.code().unwrap_or_default().into_owned(),
        Err(failure) => format!("{failure}"),
    }
}

/// Acts three times: between the first and the last another client is in a transaction, so a pool of two lends its other server.
macro_rules! on_both_servers {
    ($act:expr) => {{
        let mut holder = connect().await?;
        $act;
        holder.execute("begin").await?;
        $act;
        holder.execute("commit").await?;
        $act;
        holder.close().await?;
    }};
}

async fn number(conn: &mut PgConnection, query: String, n: i32, persistent: bool) -> Result<i32, Error> {
    sqlx::query_scalar(AssertSqlSafe(query)).persistent(persistent).bind(n).fetch_one(conn).await
}

async fn text(conn: &mut PgConnection, query: &'static str) -> Result<String, Error> {
    sqlx::query_scalar(query).fetch_one(conn).await
}

async fn login(seen: Seen) -> Outcome {
    let mut conn = connect().await?;
    seen.see(text(&mut conn, "select current_user::text").await?);
    seen.see(state(PgConnection::connect_with(&options().password("wrong")).await));
    seen.see(PgConnection::connect_with(&options().ssl_root_cert(env("DRIVERS_OTHER_CA"))).await.is_err());
    Ok(())
}

async fn servers(seen: Seen) -> Outcome {
    let mut conn = connect().await?;
    let mut pids = std::collections::BTreeSet::new();
    on_both_servers!(pids.insert(sqlx::query_scalar::<_, i32>("select pg_backend_pid()").fetch_one(&mut conn).await?));
    println!("#servers {}", pids.len());
    seen.see("seen");
    Ok(())
}

async fn statements(seen: Seen) -> Outcome {
    let mut conn = connect().await?;
    conn.execute("drop schema if exists sqlx cascade; create schema sqlx; create table sqlx.t (id int primary key, v text)").await?;
    for persistent in [true, false] {
        on_both_servers!(seen.see(number(&mut conn, "select $1::int + 1".into(), 41, persistent).await?));
    }
    for capacity in [10, 1000] {
        let mut many = PgConnection::connect_with(&options().statement_cache_capacity(capacity)).await?;
        for _ in 0..2 {
            let mut sum = 0;
            for n in 0..300 {
                sum += number(&mut many, format!("select {n} + $1::int"), n, true).await?;
            }
            seen.see(sum);
        }
    }
    seen.see(state(conn.execute("selec 1").await));
    seen.see(state(number(&mut conn, "select 1 / $1::int".into(), 0, true).await));
    seen.see(state(number(&mut conn, "select 1 / $1::int".into(), 0, false).await));
    conn.clear_cached_statements().await?;
    on_both_servers!(seen.see(number(&mut conn, "select $1::int + 1".into(), 41, true).await?));
    Ok(())
}

async fn ddl_under_a_cached_plan(seen: Seen) -> Outcome {
    let mut conn = connect().await?;
    conn.execute("create table sqlx.d as select 1 as a").await?;
    on_both_servers!(seen.see(number(&mut conn, "select * from sqlx.d where a = $1".into(), 1, true).await?));
    conn.execute("alter table sqlx.d add b text").await?;
    seen.see(state(number(&mut conn, "select * from sqlx.d where a = $1".into(), 1, true).await));
    conn.clear_cached_statements().await?;
    on_both_servers!(seen.see(number(&mut conn, "select * from sqlx.d where a = $1".into(), 1, true).await?));
    Ok(())
}

async fn transactions(seen: Seen) -> Outcome {
    let mut conn = connect().await?;
    let mut outer = conn.begin().await?;
    sqlx::query("insert into sqlx.t values ($1, 'kept')").bind(10).execute(&mut *outer).await?;
    let mut inner = outer.begin().await?;
    seen.see(state(sqlx::query("insert into sqlx.t values ($1, 'twice')").bind(10).execute(&mut *inner).await));
    inner.rollback().await?;
    outer.commit().await?;
    {
        let mut dropped = conn.begin().await?;
        sqlx::query("insert into sqlx.t values ($1, 'undone')").bind(11).execute(&mut *dropped).await?;
    } // rolled back with the connection's next query
    seen.see(sqlx::query_scalar::<_, i64>("select count(*) from sqlx.t where id >= 10").fetch_one(&mut conn).await?);
    let rows: Vec<i32> = sqlx::query_scalar::<_, i32>("select generate_series(1, 1000)").fetch(&mut conn).try_collect().await?;
    seen.see(rows.iter().sum::<i32>());
    Ok(())
}

async fn settings(seen: Seen) -> Outcome {
    let shown = "select concat_ws(' ', current_setting('search_path'), current_setting('TimeZone'), current_setting('statement_timeout'), current_setting('application_name'))";
    let mine = options().application_name("mine").options([("search_path", "sqlx"), ("statement_timeout", "71s")]);
    let (mut conn, mut other) = (PgConnection::connect_with(&mine).await?, connect().await?);
    on_both_servers!(seen.see(format!("{} | {}", text(&mut conn, shown).await?, text(&mut other, shown).await?)));
    conn.execute("set search_path = public").await?;
    other.execute("set time zone 'Asia/Tokyo'").await?;
    on_both_servers!(seen.see(format!("{} | {}", text(&mut conn, shown).await?, text(&mut other, shown).await?)));
    Ok(())
}

async fn copy(seen: Seen) -> Outcome {
    let mut conn = connect().await?;
    conn.execute("create table sqlx.c (n int, v text)").await?;
    let mut into = conn.copy_in_raw("copy sqlx.c from stdin").await?;
    into.send((0..20000).map(|n| format!("{n}\trow {n}\n")).collect::<String>().as_bytes()).await?;
    seen.see(into.finish().await?);
    let mut into = conn.copy_in_raw("copy sqlx.c from stdin").await?;
    into.send("7\tgiven up\n".as_bytes()).await?;
    into.abort("changed my mind").await?;
    let mut sum = Sha256::new();
    let mut out = conn.copy_out_raw("copy (select * from sqlx.c order by n) to stdout").await?;
    while let Some(piece) = out.try_next().await? {
        sum.update(&piece);
    }
    drop(out);
    seen.see(format!("{:x}", sum.finalize()));
    Ok(())
}

async fn large_values(seen: Seen) -> Outcome {
    let mut conn = connect().await?;
    let value = "x\u{e4}".repeat(2_500_000);
    on_both_servers!(seen.see(sqlx::query_scalar::<_, String>("select $1::text").bind(&value).fetch_one(&mut conn).await? == value));
    Ok(())
}

async fn many_clients(seen: Seen) -> Outcome {
    let pool = PgPoolOptions::new().max_connections(6).connect_with(options().options([("search_path", "sqlx")])).await?;
    let client = |number: i32| {
        let pool = pool.clone();
        async move {
            let mut sum = Sha256::new();
            for n in 0..40 {
                let mut transaction = pool.begin().await?;
                let a: i32 = sqlx::query_scalar(AssertSqlSafe(format!("select $1::int + {}", n % 7))).persistent(n % 2 == 0).bind(n).fetch_one(&mut *transaction).await?;
                let b: i64 = sqlx::query_scalar("select count(*) + $1 from t where id = 10").bind(number).fetch_one(&mut *transaction).await?;
                sum.update(format!("{a} {b}"));
                if n % 3 == 0 {
                    transaction.rollback().await?;
                } else {
                    transaction.commit().await?;
                }
            }
            Ok::<_, Error>(format!("{number} {:x}", sum.finalize()))
        }
    };
    for result in join_all((0..12).map(client)).await {
        seen.see(result?);
    }
    Ok(())
}

#[tokio::main]
async fn main() {
    scenario("login", login).await;
    scenario("servers", servers).await;
    scenario("statements", statements).await;
    scenario("ddl under a cached plan", ddl_under_a_cached_plan).await;
    scenario("transactions", transactions).await;
    scenario("settings", settings).await;
    scenario("copy", copy).await;
    scenario("large values", large_values).await;
    scenario("many clients", many_clients).await;
}
