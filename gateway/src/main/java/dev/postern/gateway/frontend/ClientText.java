package dev.postern.gateway.frontend;

import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** A client's address as the log has it: {@code 10.0.0.7:51234} or {@code [fd00::7]:51234}. */
final class ClientText {
    private ClientText() {}

    static String of(SocketAddress client) {
        return client instanceof InetSocketAddress inet ? NetUtil.toSocketAddressString(inet) : String.valueOf(client);
    }
}
