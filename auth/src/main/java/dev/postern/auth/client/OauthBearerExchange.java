package dev.postern.auth.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.postern.auth.Secret;
import dev.postern.auth.client.OutsideCheck.Verdict;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * {@code Fresh -> Offered -> Checking -> Ended}, or, as RFC 7628 section 3.2.3 wants it, a refused or missing token is answered
 * with an error status first and the login fails at the client's empty reply: {@code -> Told -> Ended}.
 */
final class OauthBearerExchange implements Exchange {
    static final String MECHANISM = "OAUTHBEARER";
    /** As for passwords; PostgreSQL's PG_MAX_AUTH_TOKEN_LENGTH is 65,535. */
    private static final int MAX_MESSAGE_BYTES = CleartextExchange.MAX_PASSWORD_BYTES;

    private static final byte SEPARATOR = 0x01;

    private sealed interface State {
        record Fresh() implements State {}

        record Offered() implements State {}

        record Checking() implements State {}

        record Told(Rejection why) implements State {}

        record Ended() implements State {}
    }

    private final LoginFacts facts;
    private final Executor loop;
    private final OutsideCheck tokens;
    private final String issuer;
    private final String scope;
    private State state = new State.Fresh();

    OauthBearerExchange(LoginFacts facts, Executor loop, OutsideCheck tokens, String issuer, String scope) {
        this.facts = facts;
        this.loop = loop;
        this.tokens = tokens;
        this.issuer = issuer;
        this.scope = scope;
    }

    @Override
    public Step start() {
        if (!(state instanceof State.Fresh)) {
            return protocolError("OAUTHBEARER exchange started twice");
        }
        if (!facts.tls()) {
            return reject(new Rejection.NotAllowed("a bearer token is asked for only inside TLS"));
        }
        state = new State.Offered();
        return new Step.AskSasl(List.of(MECHANISM));
    }

    @Override
    public Step onSaslInitial(String mechanism, byte[] response) {
        if (!(state instanceof State.Offered)) {
            return protocolError("SASLInitialResponse is not expected now");
        }
        if (!mechanism.equals(MECHANISM)) {
            return protocolError("client selected a SASL mechanism that was not offered");
        }
        if (response.length == 0 || response.length > MAX_MESSAGE_BYTES) {
            return protocolError("OAUTHBEARER message of " + response.length + " bytes");
        }
        return switch (BearerMessage.parse(response)) {
            case BearerMessage.Malformed(String why) -> protocolError(why);
            case BearerMessage.NoToken() ->
                tell(new Rejection.TokenRefused(facts.user(), "the client asks where to get one"));
            case BearerMessage.Token(Secret token) -> {
                state = new State.Checking();
                yield new Step.Later(tokens.check(facts, token)
                        .whenComplete((verdict, failure) -> token.wipe())
                        .handleAsync(this::checked, loop));
            }
        };
    }

    private Step checked(@Nullable Verdict verdict, @Nullable Throwable failure) {
        if (!(state instanceof State.Checking)) {
            return protocolError("login ended while its token was checked");
        }
        return switch (verdict) {
            case null -> reject(new Rejection.LookupFailed("checking the token failed: " + failure));
            case Verdict.Proved() -> {
                state = new State.Ended();
                yield new Step.Accepted(new Identity(facts.user(), Method.OAUTH));
            }
            case Verdict.Refused(Rejection why) -> tell(why);
        };
    }

    private Step tell(Rejection why) {
        state = new State.Told(why);
        String status = "{\"status\":\"invalid_token\",\"openid-configuration\":\"" + json(issuer)
                + "/.well-known/openid-configuration\",\"scope\":\"" + json(scope) + "\"}";
        return new Step.SaslContinue(status.getBytes(UTF_8));
    }

    private static String json(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    @Override
    public Step onSaslResponse(byte[] data) {
        if (!(state instanceof State.Told(Rejection why))) {
            return protocolError("SASLResponse is not expected now");
        }
        return data.length == 1 && data[0] == SEPARATOR
                ? reject(why)
                : protocolError("OAUTHBEARER reply to an error is one byte 0x01");
    }

    @Override
    public Step onPassword(byte[] password) {
        Arrays.fill(password, (byte) 0);
        return protocolError("a SASL message was expected, not a password");
    }

    @Override
    public void close() {
        state = new State.Ended();
    }

    private Step protocolError(String why) {
        return reject(new Rejection.ProtocolError(why));
    }

    private Step reject(Rejection why) {
        state = new State.Ended();
        return new Step.Rejected(why);
    }

    /** The client's message: GS2 header, then key=value pairs, each ended by 0x01, and one more 0x01. */
    private sealed interface BearerMessage {
        record Token(Secret token) implements BearerMessage {}

        /** Discovery: the client has none yet. */
        record NoToken() implements BearerMessage {}

        record Malformed(String why) implements BearerMessage {}

        static BearerMessage parse(byte[] message) {
            for (byte b : message) {
                if (b != SEPARATOR && (b < 0x20 || b == 0x7f)) {
                    return new Malformed("OAUTHBEARER message holds a character that is not printable ASCII");
                }
            }
            String[] parts = new String(message, US_ASCII).split("\u0001", -1);
            if (!parts[0].equals("n,,") && !parts[0].equals("y,,")) {
                return new Malformed("OAUTHBEARER header is malformed, binds a channel or names another identity");
            }
            int last = parts.length - 1;
            if (parts.length < 4 || !parts[last].isEmpty() || !parts[last - 1].isEmpty()) {
                return new Malformed("OAUTHBEARER message is truncated");
            }
            String auth = "";
            boolean seen = false;
            for (int i = 1; i < last - 1; i++) {
                int equals = parts[i].indexOf('=');
                if (equals < 1) {
                    return new Malformed("OAUTHBEARER pair is not of the form key=value");
                }
                if (parts[i].substring(0, equals).equals("auth")) {
                    if (seen) {
                        return new Malformed("OAUTHBEARER message has two tokens");
                    }
                    seen = true;
                    auth = parts[i].substring(equals + 1);
                }
            }
            if (!seen) {
                return new Malformed("OAUTHBEARER message has no auth value");
            }
            return auth.isEmpty() ? new NoToken() : bearer(auth);
        }

        private static BearerMessage bearer(String auth) {
            String scheme = "bearer ";
            if (!auth.regionMatches(true, 0, scheme, 0, scheme.length())) {
                return new Malformed("OAUTHBEARER auth value is no bearer token");
            }
            String token = auth.substring(scheme.length()).trim();
            return token.matches("[A-Za-z0-9._~+/-]+=*")
                    ? new Token(Secret.ofText(token))
                    : new Malformed("OAUTHBEARER token holds a character that none may");
        }
    }
}
