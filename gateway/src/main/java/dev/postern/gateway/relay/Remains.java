package dev.postern.gateway.relay;

/** What a session may hold on its server that cannot be put on another one. */
public enum Remains {
    TEMPORARY("temporary objects"),
    CURSOR("cursors WITH HOLD"),
    STATEMENT("statements of PREPARE"),
    LOCK("session-level advisory locks"),
    CHANNEL("channels of LISTEN"),
    LIBRARY("libraries of LOAD"),
    SETTING("a setting of more than 8 kB");

    private final String text;

    Remains(String text) {
        this.text = text;
    }

    /** In the plural, for errors and the console. */
    public String text() {
        return text;
    }
}
