package dev.postern.gateway;

import picocli.CommandLine.Command;

/** {@code postern version}. */
@Command(name = "version", description = "Prints the version.")
final class VersionCommand implements Runnable {
    @Override
    public void run() {
        System.out.println("postern " + Version.text());
    }
}
