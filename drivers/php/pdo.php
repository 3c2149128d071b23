<?php
// PHP's PDO with real prepared statements: it frees one by DEALLOCATE name in a simple query. See ../README.md.

function connect(string $more = '', ?string $password = null): PDO {
    $dsn = 'pgsql:host=' . getenv('PGHOST') . ';port=' . getenv('PGPORT') . ';dbname=' . getenv('PGDATABASE')
        . ';sslmode=verify-full;sslrootcert=' . getenv('PGSSLROOTCERT') . ';channel_binding=require' . $more;
    return new PDO($dsn, getenv('PGUSER'), $password ?? getenv('PGPASSWORD'),
        [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_EMULATE_PREPARES => false, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_NUM]);
}

function one(PDO $db, string $query, array $parameters = []): string {
    $statement = $db->prepare($query);
    $statement->execute($parameters);
    return json_encode($statement->fetch());
}

function state(callable $act): string {
    try {
        $act();
    } catch (PDOException $failure) {
        return (string) ($failure->errorInfo[0] ?? $failure->getCode());
    }
    return 'no error';
}

// Three times: between the first and the last another client is in a transaction, so a pool of two lends its other server.
function on_both_servers(callable $act): array {
    $holder = connect();
    $seen = [$act()];
    $holder->beginTransaction();
    $seen[] = $act();
    $holder->commit();
    $seen[] = $act();
    return $seen;
}

$scenarios = [];

$scenarios['login'] = function () {
    yield one(connect(), 'select current_user');
    yield state(fn() => connect('', 'wrong')) !== 'no error' ? 'refused' : 'no error';
};

$scenarios['servers'] = function () {
    $db = connect();
    $pids = array_unique(on_both_servers(fn() => one($db, 'select pg_backend_pid()')));
    echo '#servers ' . count($pids) . "\n";
    yield 'seen';
};

$scenarios['queries'] = function () {
    $db = connect();
    $db->exec('drop schema if exists php cascade; create schema php; create table php.t (id int primary key, v text)');
    yield one($db, "select ?::int + 1, ?::text, ?::text, '{1,2}'::int[], true", [41, "a\u{e4}", null]);
    yield state(fn() => one($db, 'selec 1'));
    yield state(fn() => one($db, 'select 1 / ?::int', [0]));
    yield one($db, 'select 5');
};

// Each of these statements is freed by DEALLOCATE pdo_stmt_... as soon as PHP drops it.
$scenarios['statements that are freed'] = function () {
    $db = connect();
    yield from on_both_servers(function () use ($db) {
        $sum = 0;
        for ($n = 0; $n < 50; $n++) {
            $sum += json_decode(one($db, "select $n + ?::int", [$n]))[0];
        }
        return (string) $sum;
    });
};

$scenarios['statements that are kept'] = function () {
    $db = connect();
    $kept = $db->prepare('select ?::int * 2');
    yield from on_both_servers(function () use ($kept) {
        $kept->execute([21]);
        return json_encode($kept->fetchAll());
    });
};

$scenarios['transactions'] = function () {
    $db = connect();
    $db->beginTransaction();
    $db->exec("insert into php.t values (10, 'kept')");
    $db->exec('savepoint s');
    yield state(fn() => $db->exec("insert into php.t values (10, 'twice')"));
    yield state(fn() => one($db, 'select 1'));
    $db->exec('rollback to s');
    $db->commit();
    $db->beginTransaction();
    one($db, "insert into php.t values (?, 'undone') returning id", [11]);
    $db->rollBack();
    yield one($db, 'select count(*) from php.t where id >= ?', [10]);
};

$scenarios['settings'] = function () {
    $shown = "select current_setting('search_path'), current_setting('TimeZone'), current_setting('application_name')";
    [$db, $other] = [connect(";application_name=mine;options='-c search_path=php'"), connect()];
    yield from on_both_servers(fn() => one($db, $shown) . one($other, $shown));
    $db->exec("set time zone 'Asia/Tokyo'");
    $other->exec('set search_path = public');
    yield from on_both_servers(fn() => one($db, $shown) . one($other, $shown));
};

$scenarios['copy and large values'] = function () {
    $db = connect();
    $db->exec('create table php.c (n int, v text)');
    $db->pgsqlCopyFromArray('php.c', array_map(fn($n) => "$n\trow $n", range(0, 19999)));
    yield hash('sha256', implode('', $db->pgsqlCopyToArray('php.c')));
    $text = str_repeat("x\u{e4}", 2500000);
    yield from on_both_servers(fn() => one($db, 'select length(?::text)', [$text]));
};

foreach ($scenarios as $name => $run) {
    try {
        foreach ($run() as $text) {
            echo "$name\t$text\n";
        }
    } catch (Throwable $failure) {
        $text = preg_replace('/\s+/', ' ', $failure->getMessage());
        echo "$name\tBROKEN $text\n";
        fwrite(STDERR, "$name: $text\n");
    }
}
