package dev.postern.demo;

import java.util.List;

/** The SQL that makes a tenant: run as superuser, before the server accepts anybody. */
final class SampleData {
    private SampleData() {}

    /** Statements for the database {@code postgres}: the role and its database, closed to everybody else. */
    static List<String> create(Tenant tenant) {
        return List.of(
                "create role %s login password '%s'"
                        .formatted(tenant.role(), tenant.password().reveal()),
                "create database %s owner %s".formatted(tenant.database(), tenant.role()),
                "revoke all on database %s from public".formatted(tenant.database()));
    }

    /** Statements for the tenant's own database: a table with some rows, owned by the tenant's role. */
    static List<String> fill(Tenant tenant) {
        return List.of(
                "set session authorization " + tenant.role(),
                switch (tenant.database()) {
                    case "orders" -> """
                        create table orders (
                            id bigint generated always as identity primary key,
                            customer text not null,
                            item text not null,
                            placed_at timestamptz not null)""";
                    case "billing" -> """
                        create table invoices (
                            id bigint generated always as identity primary key,
                            customer text not null,
                            amount numeric(12, 2) not null,
                            paid boolean not null)""";
                    case "analytics" -> """
                        create table page_views (
                            day date primary key,
                            views bigint not null)""";
                    default -> throw new IllegalArgumentException("no sample data for " + tenant.database());
                },
                switch (tenant.database()) {
                    case "orders" -> """
                        insert into orders (customer, item, placed_at)
                        select 'customer ' || n % 40, (array['lamp', 'chair', 'desk', 'shelf'])[1 + n % 4], timestamptz '2026-01-01 08:00Z' + n * interval '37 minutes'
                        from generate_series(1, 500) n""";
                    case "billing" -> """
                        insert into invoices (customer, amount, paid)
                        select 'customer ' || n % 40, (n * 7919 % 100000) / 100.0, n % 5 > 0
                        from generate_series(1, 300) n""";
                    case "analytics" -> """
                        insert into page_views (day, views)
                        select date '2026-01-01' + n, 1000 + n * 7919 % 900
                        from generate_series(0, 299) n""";
                    default -> throw new IllegalArgumentException("no sample data for " + tenant.database());
                });
    }
}
