package dev.postern.gateway.relay;

import org.jspecify.annotations.Nullable;

/**
 * What the next Execute does to the session's settings, where that is certain: when the unnamed portal was bound to a plain
 * SET or RESET, and no other portal has been bound that the Execute might mean. One for each link.
 */
final class PortalSetting {
    private @Nullable SettingStatement bound;
    private boolean otherPortals;

    void bound(boolean toUnnamedPortal, @Nullable SettingStatement setting) {
        otherPortals |= !toUnnamedPortal;
        bound = otherPortals ? null : setting;
    }

    /** Asked once for each Bind. */
    @Nullable
    SettingStatement executes() {
        SettingStatement setting = bound;
        bound = null;
        return setting;
    }
}
