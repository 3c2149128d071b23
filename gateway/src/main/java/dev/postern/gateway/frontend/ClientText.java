package dev.postern.gateway.frontend;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A client's address as the log has it: {@code 10.0.0.7:51234} or {@code [fd00::7]:51234}. */
final class ClientText {
    /** Of a channel behind a trusted proxy. */
    static final AttributeKey<InetSocketAddress> REAL = AttributeKey.valueOf(ClientText.class, "real");

    private ClientText() {}

    /** The client's real address. */
    static String of(Channel client) {
        InetSocketAddress real = client.attr(REAL).get();
        return of(real == null ? client.remoteAddress() : real);
    }

    static String of(@Nullable SocketAddress client) {
        return client instanceof InetSocketAddress inet ? NetUtil.toSocketAddressString(inet) : String.valueOf(client);
    }
}
