using System;
using System.Collections.Generic;
using Npgsql;

/// <summary>What the scenarios saw: a line each. See ../README.md.</summary>
static class Report
{
    static readonly List<(string Name, Action<Action<object>> Run)> Scenarios =
        new List<(string Name, Action<Action<object>> Run)>();

    public static void Scenario(string name, Action<Action<object>> run) => Scenarios.Add((name, run));

    public static void RunAll()
    {
        foreach (var (name, run) in Scenarios)
        {
            void Seen(object what) => Console.WriteLine($"{name}\t{what.ToString().Replace("\n", " ")}");
            try
            {
                run(Seen);
            }
            catch (Exception e)
            {
                Seen("BROKEN " + e.GetType().Name + " " + State(e) + " " + e.Message);
            }
        }
    }

    public static string State(Exception e) => e switch
    {
        PostgresException refused => refused.SqlState,
        _ when e.InnerException != null => State(e.InnerException),
        _ => e.GetType().Name,
    };

    /// <summary>The SQLSTATE with which it fails.</summary>
    public static string Fails(Action act)
    {
        try
        {
            act();
            return "no error";
        }
        catch (Exception e)
        {
            return State(e);
        }
    }
}
