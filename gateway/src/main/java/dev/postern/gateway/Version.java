package dev.postern.gateway;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** The version of the jar this class comes from. */
public final class Version implements IVersionProvider {
    /** Such as {@code 0.1.0}; {@code development} outside of a jar. */
    public static String text() {
        return Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
                .orElse("development");
    }

    @Override
    public String[] getVersion() {
        return new String[] {"postern " + text()};
    }
}
