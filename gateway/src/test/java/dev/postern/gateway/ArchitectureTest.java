package dev.postern.gateway;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Holds the edges between modules and packages that ARCHITECTURE.md draws. */
@AnalyzeClasses(
        packages = "dev.postern",
        importOptions = {ImportOption.DoNotIncludeTests.class, ArchitectureTest.NoTestJars.class})
class ArchitectureTest {
    /** The tests of a module are a jar of their own where another module's tests use them. */
    static final class NoTestJars implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("-tests.jar");
        }
    }

    private static final String ROOT = "dev.postern.";
    private static final String GATEWAY = ROOT + "gateway";

    /** Package below gateway, and the packages there that it may use besides itself. A new package needs a line here. */
    private static final Map<String, Set<String>> ALLOWED = Map.ofEntries(
            Map.entry("protocol", Set.of()),
            Map.entry("pool", Set.of()),
            Map.entry("config", Set.of()),
            Map.entry("relay", Set.of("protocol", "pool")),
            Map.entry("backend", Set.of("protocol", "pool", "relay")),
            Map.entry("frontend", Set.of("protocol", "pool", "relay")),
            Map.entry("admin", Set.of("pool", "config")),
            Map.entry("console", Set.of("protocol", "pool", "config", "frontend")),
            Map.entry("pgbouncer", Set.of("config")),
            Map.entry("sidecar", Set.of("config", "pgbouncer")),
            Map.entry("logging", Set.of("config")));

    /** Packages whose calls wait for the network, a file or another thread. */
    private static final String[] BLOCKING = {
        "java.net.http..",
        "java.sql..",
        "javax.naming..",
        "io.fabric8..",
        "io.github.jopenlibs..",
        "com.zaxxer..",
        "org.postgresql..",
        "com.unboundid.."
    };

    @ArchTest
    static final ArchRule packagesOfTheGatewayUseOnlyTheirNeighbours = classes()
            .that()
            .resideInAPackage(GATEWAY + "..")
            .should(new ArchCondition<>("use only the packages drawn in ARCHITECTURE.md") {
                @Override
                public void check(JavaClass user, ConditionEvents events) {
                    checkNeighbours(user, events);
                }
            })
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule modulesDoNotSeeEachOther = classes()
            .that()
            .resideInAnyPackage(ROOT + "routing..", ROOT + "tls..", ROOT + "auth..")
            .should(new ArchCondition<>("see neither each other nor the gateway") {
                @Override
                public void check(JavaClass user, ConditionEvents events) {
                    checkModule(user, events);
                }
            })
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule packagesOfTheGatewayHaveNoCycles =
            slices().matching(GATEWAY + ".(*)..").should().beFreeOfCycles().allowEmptyShould(true);

    @ArchTest
    static final ArchRule packagesOfTheModulesHaveNoCycles =
            slices().matching(ROOT + "(**)").should().beFreeOfCycles().allowEmptyShould(true);

    @ArchTest
    static final ArchRule eventLoopsNeverWait = noClasses()
            .that()
            .resideInAnyPackage(GATEWAY + ".frontend..", GATEWAY + ".backend..", GATEWAY + ".relay..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(BLOCKING)
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule pureCodeKnowsNoChannel = noClasses()
            .that()
            .resideInAnyPackage(GATEWAY + ".pool..", GATEWAY + ".config..", ROOT + "routing..", ROOT + "auth..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.netty..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule routingIsPure = classes()
            .that()
            .resideInAPackage(ROOT + "routing..")
            .and()
            .resideOutsideOfPackage(ROOT + "routing.kubernetes..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.jspecify..", "org.slf4j..", ROOT + "routing..")
            .allowEmptyShould(true);

    private static void checkNeighbours(JavaClass user, ConditionEvents events) {
        Optional<String> from = part(user, GATEWAY);
        if (from.isEmpty()) {
            return; // the root package wires all the others
        }
        Set<String> allowed = ALLOWED.get(from.get());
        if (allowed == null) {
            events.add(SimpleConditionEvent.violated(
                    user, user.getName() + " is in package " + from.get() + ", which the architecture does not name"));
            return;
        }
        for (JavaClass used : usedBy(user)) {
            if (!inPackage(used, GATEWAY)) {
                continue;
            }
            String to = part(used, GATEWAY).orElse("(root)");
            if (!to.equals(from.get()) && !allowed.contains(to)) {
                events.add(SimpleConditionEvent.violated(
                        user, user.getName() + " uses " + used.getName() + ": " + from.get() + " may not use " + to));
            }
        }
    }

    private static void checkModule(JavaClass user, ConditionEvents events) {
        Optional<String> from = part(user, "dev.postern");
        for (JavaClass used : usedBy(user)) {
            if (inPackage(used, "dev.postern") && !part(used, "dev.postern").equals(from)) {
                events.add(SimpleConditionEvent.violated(user, user.getName() + " uses " + used.getName()));
            }
        }
    }

    private static List<JavaClass> usedBy(JavaClass user) {
        return user.getDirectDependenciesFromSelf().stream()
                .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                .distinct()
                .toList();
    }

    private static boolean inPackage(JavaClass type, String parent) {
        return type.getPackageName().equals(parent) || type.getPackageName().startsWith(parent + ".");
    }

    /** The name directly below the parent package; empty in the parent itself. */
    private static Optional<String> part(JavaClass type, String parent) {
        if (type.getPackageName().length() <= parent.length()) {
            return Optional.empty();
        }
        String below = type.getPackageName().substring(parent.length() + 1);
        int dot = below.indexOf('.');
        return Optional.of(dot < 0 ? below : below.substring(0, dot));
    }
}
