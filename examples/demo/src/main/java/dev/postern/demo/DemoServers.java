package dev.postern.demo;

import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The PostgreSQL servers of the demo, in a temporary folder of their own. Closing stops them and deletes the folder; so
 * does the end of this process, however it ends.
 */
final class DemoServers implements AutoCloseable {
    private final PostmasterWatch watch;
    private final List<PostgresServer> servers;

    private DemoServers(PostmasterWatch watch, List<PostgresServer> servers) {
        this.watch = watch;
        this.servers = servers;
    }

    /** Starts one server for each list of tenants, side by side. */
    static DemoServers start(DemoCertificates certificates, List<List<Tenant>> tenantsByServer) throws Exception {
        Path folder = Files.createTempDirectory("postern-demo-");
        PostmasterWatch watch = PostmasterWatch.over(folder);
        try {
            Account account = Account.choose(folder);
            PostgresBinaries binaries = PostgresBinaries.unpackInto(folder.resolve("postgres"));
            account.own(folder);
            PostgresPrograms programs = new PostgresPrograms(binaries, account, folder);
            List<Callable<PostgresServer>> starts = new ArrayList<>();
            for (int i = 0; i < tenantsByServer.size(); i++) {
                List<Tenant> tenants = tenantsByServer.get(i);
                Path data = folder.resolve("server-" + (i + 1));
                X509Bundle certificate = certificates.issueForLocalhost("PostgreSQL server " + (i + 1));
                starts.add(() -> PostgresServer.start(programs, data, certificate, tenants));
            }
            return new DemoServers(watch, inParallel(starts));
        } catch (Exception | Error failure) {
            watch.close();
            throw failure;
        }
    }

    /** In the order of the tenants' lists. */
    List<PostgresServer> servers() {
        return servers;
    }

    @Override
    public void close() {
        watch.close();
    }

    private static <T> List<T> inParallel(List<Callable<T>> tasks) throws Exception {
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<T> results = new ArrayList<>();
            for (Future<T> done : executor.invokeAll(tasks)) {
                results.add(done.get());
            }
            return results;
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof Exception cause ? cause : failure;
        }
    }
}
