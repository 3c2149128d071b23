package dev.postern.tls;

import java.nio.file.Path;
import java.util.List;

/** Where a certificate and its key come from. */
public sealed interface CertificateSource permits CertificateFiles, CertificatePem {
    /** For messages: where to look. */
    String name();

    /** The files to watch; none where it is not made of files. */
    List<Path> files();
}
