package dev.postern.auth.kubernetes.api;

import java.util.regex.Pattern;

/**
 * An object of a namespace.
 *
 * @param resource its kind as paths have it: {@code secrets}
 */
public record ObjectName(String resource, String namespace, String name) {
    /** A DNS subdomain name, as Kubernetes' API conventions have it for nearly all objects. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");

    private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    public ObjectName {
        if (!isName(name) || !isNamespace(namespace)) {
            throw new IllegalArgumentException(namespace + "/" + name + " is no name of an object");
        }
    }

    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    public static boolean isNamespace(String text) {
        return NAMESPACE.matcher(text).matches();
    }

    String collectionPath() {
        return "/api/v1/namespaces/" + namespace + "/" + resource;
    }

    String path() {
        return collectionPath() + "/" + name;
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
