package dev.postern.auth.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.postern.auth.password.ScramKeys;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Base64;

/** Prints what the server's side of one SCRAM login costs. Not a test: run its main. */
final class LoginCost {
    private static final int ROUNDS = 20_000;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private LoginCost() {}

    public static void main(String[] args) {
        ScramKeys keys = ScramKeys.derive(Logins.PASSWORD, Logins.VERIFIER.salt(), Logins.VERIFIER.iterations());
        for (int round = 0; round < 10; round++) {
            long total = 0;
            for (int i = 0; i < ROUNDS; i++) {
                total += one(keys);
            }
            System.out.printf("%.2f us of CPU per login%n", total / 1000.0 / ROUNDS);
        }
    }

    private static long one(ScramKeys keys) {
        byte[] first = ("n,,n=,r=" + ScriptedScramClient.NONCE).getBytes(UTF_8);
        long began = THREADS.getCurrentThreadCpuTime();
        Exchange exchange = Logins.scram(Logins.plain("app"));
        exchange.start();
        Step challenge = exchange.onSaslInitial("SCRAM-SHA-256", first);
        long spent = THREADS.getCurrentThreadCpuTime() - began;
        String serverFirst = new String(((Step.SaslContinue) challenge).data(), UTF_8);
        String withoutProof = "c=biws,r=" + serverFirst.split(",")[0].substring(2);
        byte[] message = ("n=,r=" + ScriptedScramClient.NONCE + "," + serverFirst + "," + withoutProof).getBytes(UTF_8);
        byte[] last = (withoutProof + ",p=" + Base64.getEncoder().encodeToString(keys.proof(message))).getBytes(UTF_8);
        began = THREADS.getCurrentThreadCpuTime();
        Step step = exchange.onSaslResponse(last);
        spent += THREADS.getCurrentThreadCpuTime() - began;
        if (!(step instanceof Step.Accepted)) {
            throw new IllegalStateException("refused: " + step);
        }
        return spent;
    }
}
