package dev.postern.tls;

import io.netty.handler.ssl.OpenSsl;

/**
 * Is the native TLS library there? Every context of this module needs it: the JDK's TLS costs several times the CPU and
 * twice the memory of each connection, so there is no silent fallback.
 */
public final class BoringSsl {
    private BoringSsl() {}

    /**
     * Loads the library, or says why it cannot be.
     *
     * @throws IllegalStateException naming the platform and the cause; called at start, before a listener is bound
     */
    public static void ensureAvailable() {
        if (!OpenSsl.isAvailable()) {
            Throwable cause = OpenSsl.unavailabilityCause();
            throw new IllegalStateException(
                    "TLS is not available: the native BoringSSL library could not be loaded on "
                            + System.getProperty("os.name") + "/" + System.getProperty("os.arch") + " (" + cause
                            + "); expected Linux with glibc on x86_64 or aarch64, a writable temporary directory"
                            + " that allows executable files, and --enable-native-access=ALL-UNNAMED",
                    cause);
        }
    }

    /** For the log at start, for example {@code BoringSSL}. */
    public static String version() {
        ensureAvailable();
        return OpenSsl.versionString();
    }
}
