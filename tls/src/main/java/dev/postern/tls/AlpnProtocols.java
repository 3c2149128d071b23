package dev.postern.tls;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslContextBuilder;
import java.util.List;

/** Tells a context which protocols to agree on. */
final class AlpnProtocols {
    private AlpnProtocols() {}

    /** The library goes on without a protocol where none matches; it knows no other way, see {@link ClientHelloHandler}. */
    static void configure(SslContextBuilder builder, List<String> protocols) {
        if (!protocols.isEmpty()) {
            builder.applicationProtocolConfig(new ApplicationProtocolConfig(
                    ApplicationProtocolConfig.Protocol.ALPN,
                    ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                    ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                    protocols));
        }
    }
}
