package dev.postern.gateway.config;

import dev.postern.auth.kubernetes.api.ObjectName;

/** What Kubernetes takes as names. */
final class ClusterNames {
    static final String NAMESPACE = "lower-case letters, digits and dashes, 63 at most";
    static final String NAME = "lower-case letters, digits, dashes and dots, 253 at most";

    private ClusterNames() {}

    static boolean isNoNamespace(String text) {
        return !ObjectName.isNamespace(text);
    }

    static boolean isNoName(String text) {
        return !ObjectName.isName(text);
    }
}
