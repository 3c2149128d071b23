// Npgsql: commands of several statements in one pipeline, statements prepared by hand and by themselves that outlive their
// connection's return to the pool, and the resets that the pool sends before the next borrower's first command.
using System;
using System.Collections.Generic;
using System.Data;
using System.Linq;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Npgsql;
using NpgsqlTypes;

static class Program
{
    static readonly string Base =
        $"Host={Env("PGHOST")};Port={Env("PGPORT")};Username={Env("PGUSER")};Database={Env("PGDATABASE")};SSL Mode=Require;Timeout=30;";

    static string Env(string name) => Environment.GetEnvironmentVariable(name);

    static string Options(string more = "Pooling=false") =>
        Base + (more.Contains("Password=") ? "" : $"Password={Env("PGPASSWORD")};") + more;

    static NpgsqlConnection Open(string more = "Pooling=false", string authority = null)
    {
        var connection = new NpgsqlConnection(Options(more));
        connection.UserCertificateValidationCallback =
            (sender, certificate, chain, errors) => Verify(certificate, errors, authority ?? Env("PGSSLROOTCERT"));
        connection.Open();
        return connection;
    }

    /// <summary>As verify-full, the same with every version of the driver.</summary>
    static bool Verify(X509Certificate certificate, SslPolicyErrors errors, string authority)
    {
        var trusted = new X509Certificate2(authority);
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        chain.ChainPolicy.ExtraStore.Add(trusted);
        var links = chain.Build(new X509Certificate2(certificate));
        var root = chain.ChainElements[chain.ChainElements.Count - 1].Certificate;
        return links && root.Thumbprint == trusted.Thumbprint && (errors & SslPolicyErrors.RemoteCertificateNameMismatch) == 0;
    }

    static NpgsqlCommand Command(NpgsqlConnection connection, string text, params object[] parameters)
    {
        var command = new NpgsqlCommand(text, connection);
        for (var n = 0; n < parameters.Length; n++)
        {
            command.Parameters.AddWithValue("p" + (n + 1), parameters[n]);
        }
        return command;
    }

    static T One<T>(NpgsqlConnection connection, string text, params object[] parameters)
    {
        using var command = Command(connection, text, parameters);
        return (T)command.ExecuteScalar();
    }

    static void Run(NpgsqlConnection connection, string text, params object[] parameters)
    {
        using var command = Command(connection, text, parameters);
        command.ExecuteNonQuery();
    }

    /// <summary>
    /// Acts three times: between the first and the last another client is in a transaction, so a pool of two lends its other
    /// server.
    /// </summary>
    static void OnBothServers(Action act)
    {
        using var holder = Open();
        act();
        using (var transaction = holder.BeginTransaction())
        {
            Run(holder, "select 1");
            act();
            transaction.Commit();
        }
        act();
    }

    static void Main()
    {
        Report.Scenario("login", Login);
        Report.Scenario("servers", Servers);
        Report.Scenario("queries", Queries);
        Report.Scenario("prepared statements", Prepared);
        Report.Scenario("prepared by themselves", AutoPrepared);
        Report.Scenario("resets of the pool", PoolResets);
        Report.Scenario("ddl under a cached plan", Ddl);
        Report.Scenario("transactions", Transactions);
        Report.Scenario("settings", Settings);
        Report.Scenario("copy", Copy);
        Report.Scenario("notifications", Notifications);
        Report.Scenario("cancel", Cancel);
        Report.Scenario("large values", Large);
        Report.Scenario("many clients", ManyClients);
        Report.RunAll();
    }

    static void Login(Action<object> seen)
    {
        using var connection = Open();
        seen(One<string>(connection, "select current_user::text"));
        seen(Report.Fails(() => Open("Pooling=false;Password=wrong")));
        seen(Report.Fails(() => Open("Pooling=false", Env("DRIVERS_OTHER_CA"))));
    }

    static void Servers(Action<object> seen)
    {
        using var connection = Open();
        var processes = new HashSet<int>();
        OnBothServers(() => processes.Add(One<int>(connection, "select pg_backend_pid()")));
        Console.WriteLine("#servers " + processes.Count);
        seen("seen");
    }

    static void Queries(Action<object> seen)
    {
        using var connection = Open();
        Run(connection, "drop schema if exists npgsql cascade; create schema npgsql; create table npgsql.t (id int primary key, v text)");
        OnBothServers(() => seen(One<int>(connection, "select @p1 + 1", 41) + One<string>(connection, "select @p1 || @p2", "a", "b")));
        seen(Report.Fails(() => Run(connection, "insert into npgsql.t values (@p1, 'x'); insert into npgsql.t values (@p1, 'twice')", 1)));
        seen(One<long>(connection, "select count(*) from npgsql.t"));
        seen(Report.Fails(() => Run(connection, "selec @p1", 1)));
        seen(string.Join(",", One<int[]>(connection, "select @p1", new[] { 1, 2, 3 })));
        seen(One<decimal>(connection, "select 1234567890.123456789::numeric"));
        seen(BitConverter.ToString(One<byte[]>(connection, "select @p1", new byte[] { 0, 255 })));
        using var several = Command(connection, "select 1; select 'two'; select @p1", 3);
        using var reader = several.ExecuteReader();
        do
        {
            reader.Read();
            seen(reader.GetValue(0));
        } while (reader.NextResult());
    }

    static void Prepared(Action<object> seen)
    {
        using var connection = Open();
        using var twice = Command(connection, "select @p1 * 2", 21);
        using var pair = Command(connection, "select @p1; select 'other' || @p1", 7);
        twice.Prepare();
        pair.Prepare();
        OnBothServers(() =>
        {
            using var reader = pair.ExecuteReader();
            reader.Read();
            var first = reader.GetInt32(0);
            reader.NextResult();
            reader.Read();
            var second = reader.GetString(0);
            reader.Close();
            seen($"{twice.ExecuteScalar()} {first} {second}");
        });
        twice.Unprepare();
        seen(twice.ExecuteScalar());
        var sum = 0;
        for (var n = 0; n < 300; n++)
        {
            using var command = Command(connection, $"select {n} + @p1", n);
            command.Prepare();
            sum += (int)command.ExecuteScalar();
        }
        seen(sum);
        connection.UnprepareAll();
        seen(One<int>(connection, "select 5"));
    }

    static void AutoPrepared(Action<object> seen)
    {
        using var connection = Open("Pooling=false;Max Auto Prepare=5;Auto Prepare Min Usages=2");
        OnBothServers(() =>
        {
            for (var round = 0; round < 3; round++)
            {
                for (var n = 0; n < 8; n++)
                {
                    seen(One<int>(connection, $"select {n} + @p1", round));
                }
            }
        });
        seen(Report.Fails(() => Enumerable.Range(0, 3).ToList().ForEach(n => One<int>(connection, "select 1 / @p1", 1 - n))));
        seen(One<int>(connection, "select 1 / @p1", 1));
    }

    /// <summary>Close sends nothing; the next borrower's first command has DISCARD ALL in front, or, with statements kept, its parts.</summary>
    static void PoolResets(Action<object> seen)
    {
        foreach (var keeps in new[] { false, true })
        {
            OnBothServers(() =>
            {
                for (var borrower = 0; borrower < 3; borrower++)
                {
                    using var connection = Open($"Maximum Pool Size=1;Application Name=pool-{keeps}");
                    seen(One<string>(connection, "show work_mem") + " " + One<string>(connection, "show application_name"));
                    Run(connection, "set work_mem = '11MB'");
                    seen(One<string>(connection, "show work_mem"));
                    if (keeps)
                    {
                        using var command = Command(connection, "select @p1 || current_user", "kept ");
                        command.Prepare();
                        seen(command.ExecuteScalar());
                    }
                }
            });
        }
        NpgsqlConnection.ClearAllPools();
    }

    static void Ddl(Action<object> seen)
    {
        using var connection = Open();
        Run(connection, "create table npgsql.d as select 1 as a");
        using var statement = Command(connection, "select * from npgsql.d where a = @p1", 1);
        statement.Prepare();
        string Look(NpgsqlCommand command)
        {
            try
            {
                using var reader = command.ExecuteReader();
                reader.Read();
                return string.Join(",", Enumerable.Range(0, reader.FieldCount).Select(reader.GetName));
            }
            catch (PostgresException e)
            {
                return e.SqlState;
            }
        }
        OnBothServers(() => seen(Look(statement)));
        Run(connection, "alter table npgsql.d add b text default 'new'");
        seen(Look(statement));
        statement.Unprepare();
        statement.Prepare();
        OnBothServers(() => seen(Look(statement)));
    }

    static void Transactions(Action<object> seen)
    {
        using var connection = Open();
        using (var transaction = connection.BeginTransaction(IsolationLevel.Serializable))
        {
            Run(connection, "insert into npgsql.t values (@p1, 'kept')", 10);
            transaction.Save("s");
            seen(Report.Fails(() => Run(connection, "insert into npgsql.t values (@p1, 'twice')", 10)));
            seen(Report.Fails(() => Run(connection, "select 1")));
            transaction.Rollback("s");
            seen(One<string>(connection, "show transaction_isolation"));
            transaction.Commit();
        }
        seen(One<long>(connection, "select count(*) from npgsql.t where id = @p1", 10));
        using (var transaction = connection.BeginTransaction())
        {
            Run(connection, "set transaction read only");
            seen(Report.Fails(() => Run(connection, "insert into npgsql.t values (@p1)", 11)));
            transaction.Rollback();
        }
        using (connection.BeginTransaction())
        {
            Run(connection, "insert into npgsql.t values (@p1, 'left')", 12);
        }
        seen(One<long>(connection, "select count(*) from npgsql.t where id = 12"));
    }

    static void Settings(Action<object> seen)
    {
        const string shown = "select concat_ws(' ', current_setting('search_path'), current_setting('TimeZone'), "
            + "current_setting('statement_timeout'), current_setting('application_name'))";
        using var connection = Open("Pooling=false;Search Path=npgsql;Application Name=mine;Timezone=Europe/Paris");
        using var other = Open();
        void Both() => OnBothServers(() => seen(One<string>(connection, shown) + " | " + One<string>(other, shown)));
        Both();
        Run(connection, "set search_path = public; set time zone 'Asia/Tokyo'");
        One<string>(other, "select set_config('statement_timeout', @p1, false)", "72s");
        Both();
    }

    static void Copy(Action<object> seen)
    {
        using var connection = Open();
        Run(connection, "create table npgsql.c (n int, v text)");
        using (var import = connection.BeginBinaryImport("copy npgsql.c from stdin (format binary)"))
        {
            for (var n = 0; n < 20000; n++)
            {
                import.StartRow();
                import.Write(n, NpgsqlDbType.Integer);
                import.Write("row " + n, NpgsqlDbType.Text);
            }
            import.Complete();
        }
        using (var import = connection.BeginBinaryImport("copy npgsql.c from stdin (format binary)"))
        {
            import.StartRow();
            import.Write(1, NpgsqlDbType.Integer);
            import.Write("not completed", NpgsqlDbType.Text);
        }
        using (var writer = connection.BeginTextImport("copy npgsql.c (n) from stdin"))
        {
            writer.Write("1\n2\n");
        }
        seen(Report.Fails(() =>
        {
            using var writer = connection.BeginTextImport("copy npgsql.c (n) from stdin");
            writer.Write("not a number\n");
        }));
        seen(One<long>(connection, "select count(*) from npgsql.c"));
        using (var reader = connection.BeginTextExport("copy (select n from npgsql.c where v is null order by n) to stdout"))
        {
            seen(reader.ReadToEnd());
        }
        using (var export = connection.BeginBinaryExport("copy (select n from npgsql.c order by n) to stdout (format binary)"))
        {
            export.StartRow();
            seen(export.Read<int>(NpgsqlDbType.Integer)); // and the rest is thrown away
        }
        seen(One<int>(connection, "select 1"));
    }

    static void Notifications(Action<object> seen)
    {
        using var listening = Open();
        using var other = Open();
        var heard = new List<string>();
        listening.Notification += (sender, e) => heard.Add(e.Channel + " " + e.Payload);
        Run(listening, "listen news");
        for (var n = 0; n < 3; n++)
        {
            Run(other, "select pg_notify('news', @p1)", "payload " + n);
            if (!listening.WaitAsync().Wait(10000))
            {
                throw new TimeoutException("no notification");
            }
            seen(One<int>(listening, "select 1"));
        }
        seen(string.Join(",", heard));
        Run(listening, "unlisten news");
    }

    static void Cancel(Action<object> seen)
    {
        using var connection = Open();
        for (var round = 0; round < 3; round++)
        {
            using var command = Command(connection, "select pg_sleep(20)");
            using var timer = new Timer(ignored => command.Cancel(), null, 200, Timeout.Infinite);
            seen(Report.Fails(() => command.ExecuteNonQuery()));
            seen(One<int>(connection, "select 1"));
        }
    }

    static void Large(Action<object> seen)
    {
        using var connection = Open();
        var text = new StringBuilder().Insert(0, "xä", 2_500_000).ToString();
        OnBothServers(() => seen(One<string>(connection, "select @p1", text) == text));
    }

    static void ManyClients(Action<object> seen)
    {
        const string pool = "Maximum Pool Size=6;Search Path=npgsql;Max Auto Prepare=10;Auto Prepare Min Usages=2";
        var results = Enumerable.Range(0, 12).Select(client => Task.Run(() =>
        {
            var all = new StringBuilder();
            for (var n = 0; n < 40; n++)
            {
                using var connection = Open(pool);
                using var transaction = connection.BeginTransaction();
                all.Append(One<int>(connection, $"select @p1 + {n % 7}", n));
                all.Append(One<string>(connection, "select @p1 || count(*) from t where id = 10", client.ToString()));
                transaction.Commit();
            }
            using var sha = SHA256.Create();
            return client + " " + BitConverter.ToString(sha.ComputeHash(Encoding.UTF8.GetBytes(all.ToString())));
        })).ToArray();
        foreach (var result in results)
        {
            seen(result.Result);
        }
        NpgsqlConnection.ClearAllPools();
    }
}
