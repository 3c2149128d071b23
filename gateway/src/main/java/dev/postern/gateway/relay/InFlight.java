package dev.postern.gateway.relay;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Requests sent and not yet answered: a ring of bytes that grows with the longest pipeline, and a second ring for what an
 * entry must remember, made when the first entry needs it.
 */
final class InFlight {
    private static final int FIRST_CAPACITY = 16;

    private byte[] requests = new byte[FIRST_CAPACITY];
    private @Nullable Object @Nullable [] notes;
    private int head;
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    void add(byte request) {
        if (size == requests.length) {
            grow();
        }
        requests[(head + size) & (requests.length - 1)] = request;
        size++;
    }

    /** What the entry that was just added must remember. */
    void note(Object note) {
        note(size - 1, note);
    }

    /** What the entry so many places behind the oldest must remember. */
    void note(int place, Object note) {
        if (notes == null) {
            notes = new Object[requests.length];
        }
        notes[(head + place) & (requests.length - 1)] = note;
    }

    /** The oldest entry, or 0. */
    byte peek() {
        return size == 0 ? 0 : requests[head];
    }

    @Nullable
    Object peekNote() {
        return notes == null || size == 0 ? null : notes[head];
    }

    int size() {
        return size;
    }

    /** The entry so many places behind the oldest, or 0. */
    byte at(int place) {
        return place < size ? requests[(head + place) & (requests.length - 1)] : 0;
    }

    @Nullable
    Object noteAt(int place) {
        return notes == null || place >= size ? null : notes[(head + place) & (requests.length - 1)];
    }

    /** Takes out the oldest entry, and the ends of COPY behind it: a server that takes no COPY data reads over them. */
    void remove() {
        if (size == 0) {
            return; // the link has ended while its last message was passed on
        }
        do {
            if (notes != null) {
                notes[head] = null;
            }
            head = (head + 1) & (requests.length - 1);
            size--;
        } while (peek() == Request.COPY_END);
    }

    /** Takes out so many entries that follow the oldest one. */
    void removeBehindHead(int count) {
        if (count == 0) {
            return;
        }
        byte first = requests[head];
        Object note = notes == null ? null : notes[head];
        int mask = requests.length - 1;
        for (int i = 0; i < count; i++) {
            if (notes != null) {
                notes[head] = null;
            }
            head = (head + 1) & mask;
        }
        size -= count;
        requests[head] = first;
        if (notes != null) {
            notes[head] = note;
        }
    }

    void clear() {
        head = 0;
        size = 0;
        if (notes != null) {
            Arrays.fill(notes, null);
        }
        if (requests.length > FIRST_CAPACITY) { // one long pipeline must not stay in memory for ever
            requests = new byte[FIRST_CAPACITY];
            notes = null;
        }
    }

    private void grow() {
        int capacity = requests.length;
        byte[] wider = new byte[capacity * 2];
        int tail = capacity - head;
        System.arraycopy(requests, head, wider, 0, tail);
        System.arraycopy(requests, 0, wider, tail, head);
        if (notes != null) {
            Object[] widerNotes = new Object[capacity * 2];
            System.arraycopy(notes, head, widerNotes, 0, tail);
            System.arraycopy(notes, 0, widerNotes, tail, head);
            notes = widerNotes;
        }
        requests = wider;
        head = 0;
    }
}
