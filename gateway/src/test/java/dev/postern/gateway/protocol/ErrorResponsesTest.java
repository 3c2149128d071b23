package dev.postern.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ErrorResponsesTest {
    /** Stands for whatever only the operator may read. */
    private static final String INTERNAL = "host-role-path";

    @Test
    void makesUnknownDatabaseUserAndPasswordLookAlike() {
        ErrorResponse error = ErrorResponse.fatal("28P01", "password authentication failed for user \"x\"");
        assertThat(ErrorResponses.of(new Refusal.UnknownDatabase("x", "d"))).isEqualTo(error);
        assertThat(ErrorResponses.of(new Refusal.UnknownUser("x", "r"))).isEqualTo(error);
        assertThat(ErrorResponses.of(new Refusal.BadPassword("x", "r"))).isEqualTo(error);
    }

    @Test
    void tellsTheClientNothingOfTheServerSide() {
        for (Class<?> kind : Refusal.class.getPermittedSubclasses()) {
            ErrorResponse error = ErrorResponses.of(refusal(kind));
            assertThat(error.toString()).as(kind.getSimpleName()).doesNotContain(INTERNAL);
        }
    }

    @Test
    void givesEachRefusalSeverityTwiceAndASqlStateAndAText() {
        for (Class<?> kind : Refusal.class.getPermittedSubclasses()) {
            ErrorResponse error = ErrorResponses.of(refusal(kind));
            String severity = kind == Refusal.QueryCanceled.class ? "ERROR" : "FATAL";
            assertThat(error.field(ErrorField.SEVERITY))
                    .as(kind.getSimpleName())
                    .hasValue(severity);
            assertThat(error.field(ErrorField.SEVERITY_NONLOCALIZED)).hasValue(severity);
            assertThat(error.sqlState()).get(STRING).matches("[0-9A-Z]{5}");
            assertThat(error.message()).isNotBlank();
        }
    }

    @Test
    void givesEachRefusalItsOwnLabel() {
        Set<String> reasons = new HashSet<>();
        for (Class<?> kind : Refusal.class.getPermittedSubclasses()) {
            String reason = refusal(kind).reason();
            assertThat(reason).matches("[a-z]+(_[a-z]+)*");
            assertThat(reasons.add(reason)).as(reason).isTrue();
        }
    }

    @Test
    void saysThatTlsIsRequired() {
        ErrorResponse error = ErrorResponses.of(new Refusal.TlsRequired("public"));
        assertThat(error.sqlState()).hasValue("28000");
        assertThat(error.message()).isEqualTo("TLS is required");
        assertThat(error.field(ErrorField.HINT)).isPresent();
    }

    private static Refusal refusal(Class<?> kind) {
        try {
            RecordComponent[] components = kind.getRecordComponents();
            Class<?>[] types =
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            Object[] values =
                    Arrays.stream(components).map(ErrorResponsesTest::value).toArray();
            return (Refusal) kind.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(kind.getName(), e);
        }
    }

    private static Object value(RecordComponent component) {
        if (component.getType() == Duration.class) {
            return Duration.ofSeconds(1);
        }
        // The client named the user itself; a message and a hint are its texts by definition.
        return Set.of("user", "message", "hint").contains(component.getName()) ? "theirs" : INTERNAL;
    }
}
