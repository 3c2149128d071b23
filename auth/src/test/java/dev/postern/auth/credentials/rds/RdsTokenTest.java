package dev.postern.auth.credentials.rds;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.Secret;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Two vectors made with botocore 1.44.5. */
class RdsTokenTest {
    private static final String HOST = "db.cluster-abc.us-east-1.rds.amazonaws.com";
    private static final Instant AT = Instant.parse("2026-01-02T03:04:05Z");

    private static AwsCredentials credentials(Optional<Secret> session) {
        return new AwsCredentials(
                "AKIDEXAMPLE", Secret.ofText("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), session, Instant.MAX);
    }

    @Test
    void signsAsBotocoreDoes() {
        String token = RdsToken.sign(HOST, 5432, "app_user+1", "us-east-1", credentials(Optional.empty()), AT)
                .reveal();

        assertThat(token)
                .startsWith(HOST + ":5432/?Action=connect&DBUser=app_user%2B1&X-Amz-Algorithm=AWS4-HMAC-SHA256")
                .contains("X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Fus-east-1%2Frds-db%2Faws4_request")
                .endsWith("X-Amz-Signature=0cf01083a4674aaebbb3c79e9da3d9713a9ac0efcd9f8a006224f6f49edac485");
    }

    @Test
    void signsTheSessionTokenToo() {
        Optional<Secret> session = Optional.of(Secret.ofText("SESSIONTOKEN/+="));

        String token = RdsToken.sign(HOST, 5432, "app_user+1", "us-east-1", credentials(session), AT)
                .reveal();

        assertThat(token)
                .contains("X-Amz-Security-Token=SESSIONTOKEN%2F%2B%3D")
                .endsWith("X-Amz-Signature=d438058e7f99ca5bdca4a93d057f2b346eb982a0341605bf2b6846485c7a9f09");
    }

    @Test
    void findsTheRegionInEndpointNames() {
        assertThat(RdsToken.regionOf(HOST)).contains("us-east-1");
        assertThat(RdsToken.regionOf("db.abc.cn-north-1.rds.amazonaws.com.cn")).contains("cn-north-1");
        assertThat(RdsToken.regionOf("db.abc.us-gov-west-1.rds.amazonaws.com")).contains("us-gov-west-1");
        assertThat(RdsToken.regionOf("db.example.com")).isEmpty();
    }
}
