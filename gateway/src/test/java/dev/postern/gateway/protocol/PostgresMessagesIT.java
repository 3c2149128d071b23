package dev.postern.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.PostgresServers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The codec against PostgreSQL itself: it understands what we write, and we write what it sends, byte for byte. */
@Timeout(60)
class PostgresMessagesIT {
    private static final int OID_OF_INT4 = 23;

    private Socket socket;
    private ByteBuf in;

    @BeforeEach
    void connect() throws IOException {
        socket = new Socket("127.0.0.1", PostgresServers.shared().port());
        in = Unpooled.buffer();
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
    }

    @Test
    void logsIn() throws IOException {
        List<BackendMessage> welcome = logIn(ProtocolVersion.V3_0, Map.of("user", "postgres", "application_name", "ä"));
        assertThat(welcome).first().isEqualTo(new AuthenticationOk());
        assertThat(welcome)
                .contains(new ParameterStatus("application_name", "\\xc3\\xa4"))
                .hasAtLeastOneElementOfType(BackendKeyData.class);
    }

    @Test
    void readsTheNegotiationOfAnOlderServer() throws IOException {
        List<BackendMessage> welcome =
                logIn(new ProtocolVersion(3, 9999), Map.of("user", "postgres", "_pq_.never", "1"));
        assertThat(welcome).first().isInstanceOfSatisfying(NegotiateProtocolVersion.class, negotiation -> {
            assertThat(negotiation.newestSupported()).isIn(ProtocolVersion.V3_0, ProtocolVersion.V3_2);
            assertThat(negotiation.unrecognizedOptions()).containsExactly("_pq_.never");
        });
    }

    @Test
    void readsTheOfferOfSasl() throws IOException {
        send(new StartupMessage(ProtocolVersion.V3_0, Map.of("user", "somebody", "database", "postgres")));
        assertThat(receive()).isEqualTo(new AuthenticationSASL(List.of("SCRAM-SHA-256")));
        send(new SASLInitialResponse("none", Optional.empty()));
        assertThat(((ErrorResponse) receive()).sqlState()).hasValue(SqlStates.PROTOCOL_VIOLATION);
    }

    @Test
    void readsTheRequestForMd5() throws IOException {
        send(new StartupMessage(ProtocolVersion.V3_0, Map.of("user", "analytics_backend", "database", "analytics")));
        assertThat(receive()).isInstanceOf(AuthenticationMD5Password.class);
    }

    @Test
    void speaksTheSimpleProtocol() throws IOException {
        logIn();
        send(new Query("select 1 as n, null as nothing, 'ß' as text; begin"));
        List<BackendMessage> answer = receiveAll();
        assertThat(answer.getFirst())
                .isInstanceOfSatisfying(
                        RowDescription.class,
                        row -> assertThat(row.fields())
                                .extracting(RowField::name)
                                .containsExactly("n", "nothing", "text"));
        assertThat(answer.get(1))
                .isInstanceOfSatisfying(
                        DataRow.class,
                        row -> assertThat(row.columns())
                                .extracting(Value::asText)
                                .containsExactly(Optional.of("1"), Optional.empty(), Optional.of("ß")));
        assertThat(answer)
                .endsWith(
                        new CommandComplete("SELECT 1"),
                        new CommandComplete("BEGIN"),
                        new ReadyForQuery(TransactionStatus.IN_TRANSACTION));
        send(new Query(""));
        assertThat(receiveAll()).first().isEqualTo(new EmptyQueryResponse());
        send(new Query("select 1/0"));
        assertThat(receiveAll()).last().isEqualTo(new ReadyForQuery(TransactionStatus.FAILED));
        send(new Query("rollback; do $$ begin raise notice 'hm'; end $$"));
        assertThat(receiveAll()).hasAtLeastOneElementOfType(NoticeResponse.class);
    }

    @Test
    void readsNotifications() throws IOException {
        logIn();
        send(new Query("listen jobs"));
        receiveAll();
        send(new Query("notify jobs, '7'"));
        assertThat(receiveAll())
                .filteredOn(NotificationResponse.class::isInstance)
                .singleElement()
                .isInstanceOfSatisfying(NotificationResponse.class, notification -> {
                    assertThat(notification.channel()).isEqualTo("jobs");
                    assertThat(notification.payload()).isEqualTo("7");
                });
    }

    @Test
    void speaksTheExtendedProtocol() throws IOException {
        logIn();
        List<Value> parameters = List.of(new Value.Bytes(Unpooled.buffer().writeInt(2)), Value.text("x"));
        send(
                new Parse("s1", "select generate_series(1, $1), $2::text", List.of(OID_OF_INT4)),
                new Describe(StatementOrPortal.STATEMENT, "s1"),
                new Bind("c1", "s1", List.of(Format.BINARY, Format.TEXT), parameters, List.of(Format.BINARY)),
                new Describe(StatementOrPortal.PORTAL, "c1"),
                new Execute("c1", 1),
                new Execute("c1", 0),
                new Close(StatementOrPortal.PORTAL, "c1"),
                new Close(StatementOrPortal.STATEMENT, "s1"),
                new Parse("", "begin", List.of()),
                new Describe(StatementOrPortal.STATEMENT, ""),
                new Sync());
        assertThat(receiveAll())
                .extracting(message -> message.getClass().getSimpleName())
                .containsExactly(
                        "ParseComplete",
                        "ParameterDescription",
                        "RowDescription",
                        "BindComplete",
                        "RowDescription",
                        "DataRow",
                        "PortalSuspended",
                        "DataRow",
                        "CommandComplete",
                        "CloseComplete",
                        "CloseComplete",
                        "ParseComplete",
                        "ParameterDescription",
                        "NoData",
                        "ReadyForQuery");
    }

    @Test
    void answersFlush() throws IOException {
        logIn();
        send(new Parse("", "select 1", List.of()), new Flush());
        assertThat(receive()).isEqualTo(new ParseComplete());
    }

    @Test
    void copiesBothWays() throws IOException {
        logIn();
        send(new Query("create temp table copied (n int, t text)"));
        receiveAll();
        send(new Query("copy copied from stdin"));
        assertThat(receive()).isEqualTo(new CopyInResponse(Format.TEXT, List.of(Format.TEXT, Format.TEXT)));
        send(new CopyData(Unpooled.wrappedBuffer(Wire.bytes("1\tä\n"))), new CopyDone());
        assertThat(receiveAll()).first().isEqualTo(new CommandComplete("COPY 1"));
        send(new Query("copy copied to stdout"));
        assertThat(receiveAll())
                .startsWith(
                        new CopyOutResponse(Format.TEXT, List.of(Format.TEXT, Format.TEXT)),
                        new CopyData(Unpooled.wrappedBuffer(Wire.bytes("1\tä\n"))),
                        new CopyDone());
        send(new Query("copy copied from stdin with (format binary)"));
        assertThat(receive()).isEqualTo(new CopyInResponse(Format.BINARY, List.of(Format.BINARY, Format.BINARY)));
        send(new CopyFail("no more"));
        assertThat(receiveAll()).first().isInstanceOfSatisfying(ErrorResponse.class, error -> {
            assertThat(error.sqlState()).hasValue(SqlStates.QUERY_CANCELED);
            assertThat(error.message()).isEqualTo("COPY from stdin failed: no more");
        });
    }

    @Test
    void callsAFunction() throws IOException {
        logIn();
        send(new Query("select 'int4pl'::regproc::oid"));
        String oid =
                ((DataRow) receiveAll().get(1)).columns().getFirst().asText().orElseThrow();
        List<Value> numbers = List.of(Value.text("40"), Value.text("2"));
        send(new FunctionCall(Integer.parseInt(oid), List.of(), numbers, Format.TEXT));
        assertThat(receiveAll()).first().isEqualTo(new FunctionCallResponse(Value.text("42")));
    }

    @Test
    void carriesAnotherClientEncoding() throws IOException {
        logIn();
        send(new Query("set client_encoding = latin1"));
        receiveAll();
        byte[] latin1 = Wire.bytes("select '", (char) 0xE9, "' = U&'\\00E9'", '\0');
        send(FrontendMessage.decode(FrontendType.QUERY, Unpooled.wrappedBuffer(latin1)));
        assertThat(((DataRow) receiveAll().get(1)).columns().getFirst().asText())
                .hasValue("t");
        send(new Query("select \"\uDCE9\""));
        assertThat(receiveAll())
                .first()
                .isInstanceOfSatisfying(
                        ErrorResponse.class,
                        error -> assertThat(error.message()).isEqualTo("column \"\uDCE9\" does not exist"));
    }

    @Test
    void cancelsByTheKey() throws IOException {
        List<BackendMessage> welcome = logIn();
        BackendKeyData key = welcome.stream()
                .filter(BackendKeyData.class::isInstance)
                .map(BackendKeyData.class::cast)
                .findFirst()
                .orElseThrow();
        send(new Query("select pg_sleep(60)"));
        // The server drops a cancel that comes before the query has begun.
        while (socket.getInputStream().available() == 0) {
            cancel(new CancelRequest(key.processId(), key.secretKey()));
        }
        assertThat(receiveAll())
                .filteredOn(ErrorResponse.class::isInstance)
                .singleElement()
                .isInstanceOfSatisfying(
                        ErrorResponse.class,
                        error -> assertThat(error.sqlState()).hasValue(SqlStates.QUERY_CANCELED));
    }

    /** Returns when the server has handled the request. */
    private static void cancel(CancelRequest request) throws IOException {
        try (Socket connection =
                new Socket("127.0.0.1", PostgresServers.shared().port())) {
            ByteBuf out = Unpooled.buffer();
            request.encode(out);
            connection.getOutputStream().write(ByteBufUtil.getBytes(out));
            assertThat(connection.getInputStream().read()).isEqualTo(-1);
        }
    }

    private List<BackendMessage> logIn() throws IOException {
        return logIn(ProtocolVersion.V3_0, Map.of("user", "postgres"));
    }

    private List<BackendMessage> logIn(ProtocolVersion version, Map<String, String> parameters) throws IOException {
        send(new StartupMessage(version, parameters));
        return receiveAll();
    }

    private void send(StartupPacket packet) throws IOException {
        ByteBuf out = Unpooled.buffer();
        packet.encode(out);
        socket.getOutputStream().write(ByteBufUtil.getBytes(out));
    }

    private void send(FrontendMessage... messages) throws IOException {
        ByteBuf out = Unpooled.buffer();
        for (FrontendMessage message : messages) {
            message.encode(out);
        }
        socket.getOutputStream().write(ByteBufUtil.getBytes(out));
    }

    private List<BackendMessage> receiveAll() throws IOException {
        List<BackendMessage> messages = new ArrayList<>();
        do {
            messages.add(receive());
        } while (!(messages.getLast() instanceof ReadyForQuery));
        return messages;
    }

    /** The next message; what we would write for it has to be what the server sent. */
    private BackendMessage receive() throws IOException {
        while (true) {
            int start = in.readerIndex();
            Optional<BackendMessage> message = MessageDecoder.backend(in, MessageHeader.LARGE_MESSAGE_LIMIT);
            if (message.isPresent()) {
                ByteBuf again = Unpooled.buffer();
                message.get().encode(again);
                assertThat(again).isEqualTo(in.slice(start, in.readerIndex() - start));
                return message.get();
            }
            byte[] more = new byte[8192];
            int read = socket.getInputStream().read(more);
            assertThat(read).as("bytes from the server").isPositive();
            in.writeBytes(more, 0, read);
        }
    }
}
