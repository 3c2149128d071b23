package dev.postern.auth.credentials.vault;

import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Roles without a database, for tests with a hand-turned clock. */
public final class MemoryRoles implements DoubleRoles {
    record Role(String password, Instant validUntil) {}

    private final Map<String, Role> roles = new TreeMap<>();
    private boolean down;
    private int created;

    @Override
    public synchronized void create(String user, String password, Instant validUntil) throws DatabaseProblem {
        checkUp();
        created++;
        roles.put(user, new Role(password, validUntil));
    }

    @Override
    public synchronized void extend(String user, Instant validUntil) throws DatabaseProblem {
        checkUp();
        Role role = roles.get(user);
        if (role == null) {
            throw new DatabaseProblem("ERROR: role \"" + user + "\" does not exist (SQLSTATE 42704)");
        }
        roles.put(user, new Role(role.password(), validUntil));
    }

    @Override
    public synchronized void drop(String user) throws DatabaseProblem {
        checkUp();
        roles.remove(user);
    }

    @Override
    public synchronized void setPassword(String user, String password) throws DatabaseProblem {
        checkUp();
        roles.put(user, new Role(password, Instant.MAX));
    }

    public synchronized Set<String> names() {
        return Set.copyOf(roles.keySet());
    }

    /** Whether a login with this password would pass now. */
    public synchronized boolean admits(String user, String password, Instant now) {
        Role role = roles.get(user);
        return role != null && role.password().equals(password) && now.isBefore(role.validUntil());
    }

    public synchronized int created() {
        return created;
    }

    public synchronized void setDown(boolean down) {
        this.down = down;
    }

    private void checkUp() throws DatabaseProblem {
        if (down) {
            throw new DatabaseProblem(
                    "failed to connect to `user=vaultadmin database=postgres`: connect: connection refused");
        }
    }
}
