package dev.postern.gateway.frontend;

import dev.postern.gateway.relay.SessionSettings;
import java.util.Map;

/**
 * What a client with certain startup settings is told when it comes in, as a server said it.
 *
 * @param parameters every ParameterStatus
 * @param settings the settings as the server wrote them back: {@code ISO} has become {@code ISO, MDY}, so that a later
 *     comparison finds no difference where there is none
 */
record Welcome(Map<String, String> parameters, SessionSettings settings) {
    static final String APPLICATION_NAME = "application_name";

    static Welcome of(Map<String, String> parameters, SessionSettings asked) {
        SessionSettings settings = asked;
        for (Map.Entry<String, String> parameter : parameters.entrySet()) {
            if (asked.get(parameter.getKey()) != null && SessionSettings.isReported(parameter.getKey())) {
                settings = settings.with(parameter.getKey(), parameter.getValue());
            }
        }
        return new Welcome(parameters, settings);
    }

    /** The same for a client that differs in nothing but its application_name. */
    Welcome withApplicationName(String name) {
        return new Welcome(parameters, name.isEmpty() ? settings : settings.with(APPLICATION_NAME, name));
    }
}
