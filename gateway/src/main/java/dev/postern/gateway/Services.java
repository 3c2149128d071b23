package dev.postern.gateway;

import dev.postern.auth.Secret;
import dev.postern.auth.client.LoginThrottle;
import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.VirtualThreadTasks;
import dev.postern.auth.password.FakeVerifiers;
import dev.postern.auth.password.ScramVerifier;
import dev.postern.auth.password.StretchExecutor;
import dev.postern.auth.server.ScramKeyCache;
import dev.postern.gateway.config.KubernetesApiConfig;
import dev.postern.gateway.pool.SharedLimits;
import dev.postern.gateway.relay.StatementMemory;
import dev.postern.tls.CertificateWatcher;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.Executor;

/** What all routes and listeners of the process share besides its event loops. */
final class Services implements AutoCloseable {
    private static final Duration FILE_POLL = Duration.ofSeconds(2);
    private static final int MOST_SCRAM_KEYS = 4096;

    private final BackgroundTasks tasks = new VirtualThreadTasks();
    private final StretchExecutor stretching = StretchExecutor.forThisMachine();
    private final ScramKeyCache scramKeys = new ScramKeyCache(stretching, MOST_SCRAM_KEYS);
    private final CertificateWatcher certificates = new CertificateWatcher(FILE_POLL).start();
    private final VaultConnections vaults;
    private final AwsIdentities aws = new AwsIdentities(tasks, System.getenv());
    private final Cluster cluster;
    private final Switches switches = new Switches();
    private volatile LoginThrottle throttle = new LoginThrottle();
    private final FakeVerifiers fakes;
    private final TcpOptions tcp;
    private final StatementMemory statementMemory = new StatementMemory();
    private final SharedLimits.Registry limits = new SharedLimits.Registry();

    Services(TcpOptions tcp, KubernetesApiConfig kubernetesApi) {
        this.tcp = tcp;
        this.cluster = new Cluster(kubernetesApi, tasks);
        this.vaults = new VaultConnections(tasks, cluster);
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        fakes = new FakeVerifiers(Secret.ofBytes(key), ScramVerifier.DEFAULT_ITERATIONS);
    }

    BackgroundTasks tasks() {
        return tasks;
    }

    /** Where PBKDF2 runs. */
    Executor stretching() {
        return stretching;
    }

    ScramKeyCache scramKeys() {
        return scramKeys;
    }

    CertificateWatcher certificates() {
        return certificates;
    }

    VaultConnections vaults() {
        return vaults;
    }

    /** What is set on the sockets of all connections. */
    TcpOptions tcp() {
        return tcp;
    }

    AwsIdentities aws() {
        return aws;
    }

    Cluster cluster() {
        return cluster;
    }

    /** What an operator has switched off. */
    Switches switches() {
        return switches;
    }

    LoginThrottle throttle() {
        return throttle;
    }

    /** Forgets the failures so far. */
    void throttle(LoginThrottle next) {
        throttle = next;
    }

    FakeVerifiers fakes() {
        return fakes;
    }

    /** What pools of all routes count together. */
    /** What clients' prepared statements take. */
    StatementMemory statementMemory() {
        return statementMemory;
    }

    SharedLimits.Registry limits() {
        return limits;
    }

    @Override
    public void close() {
        vaults.close();
        cluster.close();
        certificates.close();
        scramKeys.close();
        try {
            tasks.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
