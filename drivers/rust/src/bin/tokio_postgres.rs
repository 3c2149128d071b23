//! tokio-postgres over rustls, with channel binding, pipelining and its own statement handling. See ../../../README.md.
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use drivers::{Outcome, Seen, env, scenario};
use futures::future::{join_all, try_join_all};
use futures::{SinkExt, StreamExt, TryStreamExt, pin_mut};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use sha2::{Digest, Sha256};
use tokio_postgres::config::{ChannelBinding, SslMode};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, Error, IsolationLevel, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

fn tls(authority: &str) -> MakeRustlsConnect {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authority).expect("a certificate file") {
        roots.add(certificate.expect("a certificate")).expect("an authority");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("TLS versions");
    MakeRustlsConnect::new(config.with_root_certificates(roots).with_no_client_auth())
}

fn config() -> Config {
    let mut config = Config::new();
    config.host(env("PGHOST")).port(env("PGPORT").parse().expect("a port")).user(env("PGUSER")).password(env("PGPASSWORD"));
    config.dbname(env("PGDATABASE")).ssl_mode(SslMode::Require).channel_binding(ChannelBinding::Require);
    config
}

async fn connect_with(config: &Config, authority: &str) -> Result<Client, Error> {
    let (client, connection) = config.connect(tls(authority)).await?;
    tokio::spawn(async move {
        let _ = connection.await; // its client sees the same
    });
    Ok(client)
}

async fn connect() -> Result<Client, Error> {
    connect_with(&config(), &env("PGSSLROOTCERT")).await
}

fn state<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => "no error".into(),
        Err(failure) => failure.code().map_or_else(|| format!("{failure}"), |code| code.code().into()),
    }
}

async fn text(client: &Client, query: &str) -> Result<String, Error> {
    Ok(client.query_one(query, &[]).await?.get(0))
}

/// Acts three times: between the first and the last another client is in a transaction, so a pool of two lends its other server.
macro_rules! on_both_servers {
    ($act:expr) => {{
        let holder = connect().await?;
        $act;
        holder.batch_execute("begin").await?;
        $act;
        holder.batch_execute("commit").await?;
        $act;
    }};
}

async fn login(seen: Seen) -> Outcome {
    let client = connect().await?;
    seen.see(text(&client, "select current_user::text").await?);
    let refused = connect_with(config().password("wrong"), &env("PGSSLROOTCERT")).await;
    seen.see(state(refused));
    seen.see(connect_with(&config(), &env("DRIVERS_OTHER_CA")).await.is_err());
    Ok(())
}

async fn servers(seen: Seen) -> Outcome {
    let client = connect().await?;
    let mut pids = std::collections::BTreeSet::new();
    on_both_servers!(pids.insert(client.query_one("select pg_backend_pid()", &[]).await?.get::<_, i32>(0)));
    println!("#servers {}", pids.len());
    seen.see("seen");
    Ok(())
}

async fn queries(seen: Seen) -> Outcome {
    let client = connect().await?;
    client.batch_execute("drop schema if exists tokio cascade; create schema tokio; create table tokio.t (id int primary key, v text)").await?;
    for message in client.simple_query("select 1 as a; begin; insert into tokio.t values (1, 'x'); commit; select * from tokio.t").await? {
        match message {
            SimpleQueryMessage::Row(row) => seen.see(format!("{:?}", (0..row.len()).map(|n| row.get(n)).collect::<Vec<_>>())),
            SimpleQueryMessage::CommandComplete(rows) => seen.see(format!("{rows} rows")),
            _ => {}
        }
    }
    seen.see(state(client.batch_execute("insert into tokio.t values (2, 'y'); select 1/0").await));
    let row = client.query_one("select $1::int, $2::text, $3::int[], $4::jsonb, $5::bytea, $6::text", &[&42, &"\u{e4}", &vec![1, 2], &serde_json::json!({"a": [1]}), &&b"\0\xff"[..], &None::<String>]).await?;
    seen.see(format!("{} {} {:?} {} {:?} {:?}", row.get::<_, i32>(0), row.get::<_, String>(1), row.get::<_, Vec<i32>>(2), row.get::<_, serde_json::Value>(3), row.get::<_, Vec<u8>>(4), row.get::<_, Option<String>>(5)));
    client.batch_execute("create type tokio.mood as enum ('good', 'bad'); create type tokio.pair as (a int, b tokio.mood)").await?;
    let described = client.prepare("select (1, 'good')::tokio.pair, 'bad'::tokio.mood").await?; // looks the types up with statements of its own
    seen.see(format!("{:?}", described.columns().iter().map(|column| column.type_().kind().clone()).count()));
    on_both_servers!(seen.see(client.query_typed("select $1 + 1", &[(&41, Type::INT4)]).await?[0].get::<_, i32>(0)));
    Ok(())
}

async fn prepared_statements(seen: Seen) -> Outcome {
    let client = connect().await?;
    let other = connect().await?;
    let mine = client.prepare("select $1::int + 1").await?;
    let theirs = other.prepare("select 'theirs'").await?;
    on_both_servers!({
        seen.see(client.query_one(&mine, &[&41]).await?.get::<_, i32>(0));
        seen.see(other.query_one(&theirs, &[]).await?.get::<_, String>(0));
    });
    for _ in 0..2 {
        let mut kept = Vec::new();
        for n in 0..300 {
            kept.push(client.prepare(&format!("select {n} + $1::int")).await?);
        }
        let mut sum = 0;
        for (n, statement) in (0i32..).zip(&kept) {
            sum += client.query_one(statement, &[&n]).await?.get::<_, i32>(0);
        }
        seen.see(sum);
    } // here they are closed
    seen.see(state(client.prepare("selec 1").await));
    seen.see(state(client.query_one("select 1/$1::int", &[&0]).await));
    seen.see(client.query_one(&mine, &[&1]).await?.get::<_, i32>(0));
    Ok(())
}

async fn ddl_under_a_cached_plan(seen: Seen) -> Outcome {
    let client = connect().await?;
    client.batch_execute("create table tokio.d as select 1 as a").await?;
    let before = client.prepare("select * from tokio.d where a = $1").await?;
    on_both_servers!(seen.see(client.query_one(&before, &[&1]).await?.len()));
    client.batch_execute("alter table tokio.d add b text").await?;
    seen.see(state(client.query_one(&before, &[&1]).await));
    let after = client.prepare("select * from tokio.d where a = $1").await?;
    on_both_servers!(seen.see(client.query_one(&after, &[&1]).await?.len()));
    Ok(())
}

async fn pipelining(seen: Seen) -> Outcome {
    let client = connect().await?;
    let statement = client.prepare("select $1::int * 2").await?;
    on_both_servers!({
        let numbers: Vec<i32> = (0..200).collect();
        let rows = try_join_all(numbers.iter().map(|n| async { client.query_one(&statement, &[n as &(dyn ToSql + Sync)]).await })).await?;
        seen.see(rows.iter().map(|row| row.get::<_, i32>(0)).sum::<i32>());
    });
    let failing = client.prepare("select 4 / $1::int").await?;
    for result in join_all([1, 0, 2, 0, 4].map(|n| {
        let (client, failing) = (&client, &failing);
        async move { client.query_one(failing, &[&n]).await }
    })).await {
        seen.see(state(result));
    }
    Ok(())
}

async fn transactions(seen: Seen) -> Outcome {
    let mut client = connect().await?;
    let mut outer = client.build_transaction().isolation_level(IsolationLevel::Serializable).start().await?;
    outer.execute("insert into tokio.t values (10, 'kept')", &[]).await?;
    let inner = outer.transaction().await?;
    seen.see(state(inner.execute("insert into tokio.t values (10, 'twice')", &[]).await));
    seen.see(state(inner.execute("select 1", &[]).await));
    inner.rollback().await?;
    let portal = outer.bind("select generate_series(1, 100)", &[]).await?;
    for _ in 0..3 {
        seen.see(outer.query_portal(&portal, 40).await?.len());
    }
    outer.commit().await?;
    {
        let dropped = client.transaction().await?;
        dropped.execute("insert into tokio.t values (11, 'undone')", &[]).await?;
    }
    seen.see(client.query("select id from tokio.t where id >= 10", &[]).await?.len());
    Ok(())
}

async fn settings(seen: Seen) -> Outcome {
    let shown = "select concat_ws(' ', current_setting('search_path'), current_setting('TimeZone'), current_setting('statement_timeout'), current_setting('application_name'))";
    let client = connect_with(config().application_name("mine").options("-c search_path=tokio -c statement_timeout=71s -c TimeZone=Asia/Tokyo"), &env("PGSSLROOTCERT")).await?;
    let other = connect().await?;
    on_both_servers!(seen.see(format!("{} | {}", text(&client, shown).await?, text(&other, shown).await?)));
    client.batch_execute("set search_path = public; begin; set statement_timeout = '72s'; rollback").await?;
    text(&other, "select set_config('statement_timeout', '73s', false)").await?;
    on_both_servers!(seen.see(format!("{} | {}", text(&client, shown).await?, text(&other, shown).await?)));
    Ok(())
}

async fn copy(seen: Seen) -> Outcome {
    let client = connect().await?;
    client.batch_execute("create table tokio.c (n int, v text)").await?;
    {
        let sink = client.copy_in("copy tokio.c from stdin").await?;
        pin_mut!(sink);
        for n in 0..20000 {
            sink.feed(Bytes::from(format!("{n}\trow {n}\n"))).await?;
        }
        seen.see(sink.finish().await?);
    }
    let out: BytesMut = client.copy_out("copy (select * from tokio.c order by n) to stdout").await?.try_fold(BytesMut::new(), |mut all, piece| async move {
        all.extend_from_slice(&piece);
        Ok(all)
    }).await?;
    seen.see(format!("{:x}", Sha256::digest(&out)));
    {
        let sink = client.copy_in::<_, Bytes>("copy tokio.c from stdin").await?;
        pin_mut!(sink);
        sink.feed(Bytes::from("7\tgiven up\n")).await?;
    } // dropped before its end: CopyFail
    seen.see(client.query_one("select count(*) from tokio.c", &[]).await?.get::<_, i64>(0));
    {
        let rows = client.copy_out("copy tokio.c to stdout").await?;
        pin_mut!(rows);
        rows.next().await;
    } // the rest is read and thrown away
    seen.see(client.query_one("select 3", &[]).await?.get::<_, i32>(0));
    Ok(())
}

async fn cancel(seen: Seen) -> Outcome {
    let client = connect().await?;
    for _ in 0..3 {
        let token = client.cancel_token();
        let asleep = client.batch_execute("select pg_sleep(20)");
        let stop = async {
            tokio::time::sleep(Duration::from_millis(200)).await; // the query is on its way
            token.cancel_query(tls(&env("PGSSLROOTCERT"))).await
        };
        let (ended, sent) = futures::join!(asleep, stop);
        sent?;
        seen.see(state(ended));
        seen.see(client.query_one("select 1", &[]).await?.get::<_, i32>(0));
    }
    Ok(())
}

async fn large_values(seen: Seen) -> Outcome {
    let client = connect().await?;
    let value = "x\u{e4}".repeat(2_500_000);
    on_both_servers!(seen.see(client.query_one("select $1::text", &[&value]).await?.get::<_, String>(0) == value));
    Ok(())
}

async fn disconnects(seen: Seen) -> Outcome {
    let client = connect().await?;
    for last in ["select 1", "select 1/0", "select pg_sleep(0.2)"] {
        let leaving = connect().await?;
        leaving.batch_execute("begin; insert into tokio.t values (99, 'lost')").await?;
        let _ = tokio::time::timeout(Duration::from_millis(50), leaving.batch_execute(last)).await;
    } // dropped with the transaction open
    on_both_servers!(seen.see(client.query_one("select count(*) from tokio.t where id = 99", &[]).await?.get::<_, i64>(0)));
    Ok(())
}

async fn many_clients(seen: Seen) -> Outcome {
    let one = |number: i32| async move {
        let mut client = connect_with(config().options(format!("-c search_path=path{number}")), &env("PGSSLROOTCERT")).await?;
        let mut sum = Sha256::new();
        for n in 0..40 {
            let transaction = client.transaction().await?;
            let (query, parameter) = (format!("select $1::int + {}", n % 7), [&n as &(dyn ToSql + Sync)]);
            let (a, b) = futures::join!(transaction.query_one(query.as_str(), &parameter), transaction.query_one("show search_path", &[]));
            sum.update(format!("{} {}", a?.get::<_, i32>(0), b?.get::<_, String>(0)));
            transaction.commit().await?;
        }
        Ok::<_, Error>(format!("{number} {:x}", sum.finalize()))
    };
    for result in join_all((0..12).map(one)).await {
        seen.see(result?);
    }
    Ok(())
}

#[tokio::main]
async fn main() {
    scenario("login", login).await;
    scenario("servers", servers).await;
    scenario("queries", queries).await;
    scenario("prepared statements", prepared_statements).await;
    scenario("ddl under a cached plan", ddl_under_a_cached_plan).await;
    scenario("pipelining", pipelining).await;
    scenario("transactions", transactions).await;
    scenario("settings", settings).await;
    scenario("copy", copy).await;
    scenario("cancel", cancel).await;
    scenario("large values", large_values).await;
    scenario("disconnects", disconnects).await;
    scenario("many clients", many_clients).await;
}
