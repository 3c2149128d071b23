package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.GenerationState;
import dev.postern.auth.credentials.GenerationState.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The leases of one credential: the current one, if any, and those that are on their way out. Guarded by its owner's lock, but for {@link #state}. */
final class Generations {
    /** For readers without the lock; replaced, never changed. */
    private volatile List<Generation> all = List.of();

    private Optional<Generation> current = Optional.empty();

    /** One that is not known any more is DEAD. Without the lock: called before every checkout. */
    GenerationState state(long number) {
        for (Generation generation : all) {
            if (generation.number() == number) {
                return generation.state();
            }
        }
        return GenerationState.DEAD;
    }

    List<Generation> all() {
        return all;
    }

    Stream<Generation> alive() {
        return all.stream().filter(g -> !g.isDead());
    }

    Optional<Generation> alive(long number) {
        return alive().filter(g -> g.number() == number).findFirst();
    }

    Optional<Generation> current() {
        return current;
    }

    boolean isCurrent(Generation generation) {
        return current.isPresent() && current.get() == generation;
    }

    int retiring() {
        return (int) all.stream().filter(g -> g.phase() == Phase.RETIRING).count();
    }

    boolean areHeld() {
        return all.stream().anyMatch(g -> g.holders > 0);
    }

    void add(Generation generation) {
        List<Generation> more = new ArrayList<>(all);
        more.add(generation);
        all = List.copyOf(more);
    }

    void makeCurrent(Generation generation) {
        current = Optional.of(generation);
    }

    /** The current one goes over into this phase, and there is none any more. */
    void endCurrent(Phase phase) {
        current.ifPresent(g -> g.become(phase));
        current = Optional.empty();
    }

    /** Without the lock: called for each server connection that is opened. */
    void accepted(long number) {
        all.stream().filter(g -> g.number() == number).forEach(g -> g.accepted = true);
    }

    void release(long number) {
        all.stream().filter(g -> g.number() == number).forEach(g -> g.holders--);
    }

    /** Takes out those for whom this holds. */
    List<Generation> takeOut(Predicate<Generation> over) {
        List<Generation> taken = all.stream().filter(over).toList();
        if (!taken.isEmpty()) {
            all = all.stream().filter(g -> !taken.contains(g)).toList();
        }
        return taken;
    }
}
