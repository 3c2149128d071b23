package dev.postern.gateway.it.harness;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The strings in a heap dump of HotSpot, in the form that its {@code hprof_b_spec.h} describes (version 1.0.2, ids of 8 bytes). */
public final class HeapStrings {
    private static final int OBJECT = 2;
    private static final int BYTE = 8;

    private final ByteBuffer in;
    private final Map<Long, String> names = new HashMap<>();
    private final Map<Long, ByteBuffer> byteArrays = new HashMap<>();
    private final List<ByteBuffer> strings = new ArrayList<>();
    private long stringClass;
    private int valueAt = -1;
    private int coderAt = -1;

    private HeapStrings(ByteBuffer in) {
        this.in = in;
    }

    public static List<String> of(Path dump) throws IOException {
        HeapStrings heap = new HeapStrings(ByteBuffer.wrap(Files.readAllBytes(dump)));
        heap.read();
        return heap.texts();
    }

    private List<String> texts() {
        if (valueAt < 0 || coderAt < 0) {
            throw new IllegalStateException("no class String in the dump");
        }
        List<String> texts = new ArrayList<>();
        for (ByteBuffer string : strings) {
            ByteBuffer value = byteArrays.get(string.getLong(string.position() + valueAt));
            if (value != null) {
                boolean latin1 = string.get(string.position() + coderAt) == 0;
                texts.add((latin1 ? StandardCharsets.ISO_8859_1 : utf16())
                        .decode(value.duplicate())
                        .toString());
            }
        }
        return texts;
    }

    private static java.nio.charset.Charset utf16() {
        return ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_16LE;
    }

    private void read() {
        while (in.get() != 0) {
            // "JAVA PROFILE 1.0.2"
        }
        if (in.getInt() != Long.BYTES) {
            throw new IllegalStateException("ids of another size");
        }
        in.getLong(); // when it was made
        while (in.hasRemaining()) {
            int tag = in.get();
            in.getInt();
            int length = in.getInt();
            ByteBuffer body = in.slice(in.position(), length);
            in.position(in.position() + length);
            switch (tag) {
                case 0x01 ->
                    names.put(
                            body.getLong(), StandardCharsets.UTF_8.decode(body).toString());
                case 0x02 -> loadedClass(body);
                case 0x0C, 0x1C -> segment(body);
                default -> {}
            }
        }
    }

    private void loadedClass(ByteBuffer body) {
        body.getInt();
        long id = body.getLong();
        body.getInt();
        if ("java/lang/String".equals(names.get(body.getLong()))) {
            stringClass = id;
        }
    }

    private void segment(ByteBuffer body) {
        while (body.hasRemaining()) {
            int tag = body.get() & 0xFF;
            switch (tag) {
                case 0xFF, 0x05, 0x07 -> skip(body, 8);
                case 0x01 -> skip(body, 16);
                case 0x02, 0x03, 0x08 -> skip(body, 16);
                case 0x04, 0x06 -> skip(body, 12);
                case 0x20 -> classDump(body);
                case 0x21 -> instance(body);
                case 0x22 -> {
                    skip(body, 12);
                    int length = body.getInt();
                    skip(body, 8 + 8 * length);
                }
                case 0x23 -> primitives(body);
                default -> throw new IllegalStateException("unknown record " + tag);
            }
        }
    }

    private void classDump(ByteBuffer body) {
        long id = body.getLong();
        skip(body, 4 + 6 * 8 + 4);
        for (int constants = body.getShort(); constants > 0; constants--) {
            skip(body, 2);
            skip(body, size(body.get()));
        }
        for (int statics = body.getShort(); statics > 0; statics--) {
            skip(body, 8);
            skip(body, size(body.get()));
        }
        int at = 0;
        for (int fields = body.getShort(); fields > 0; fields--) {
            String name = names.get(body.getLong());
            int type = body.get();
            if (id == stringClass) {
                field(name, type, at);
            }
            at += size(type);
        }
    }

    private void field(@Nullable String name, int type, int at) {
        if ("value".equals(name) && type == OBJECT) {
            valueAt = at;
        } else if ("coder".equals(name)) {
            coderAt = at;
        }
    }

    private void instance(ByteBuffer body) {
        skip(body, 12);
        long type = body.getLong();
        int length = body.getInt();
        if (type == stringClass) {
            strings.add(body.slice(body.position(), length));
        }
        skip(body, length);
    }

    private void primitives(ByteBuffer body) {
        long id = body.getLong();
        body.getInt();
        int length = body.getInt();
        int type = body.get();
        if (type == BYTE) {
            byteArrays.put(id, body.slice(body.position(), length));
        }
        skip(body, length * size(type));
    }

    private static void skip(ByteBuffer body, int bytes) {
        body.position(body.position() + bytes);
    }

    private static int size(int type) {
        return switch (type) {
            case OBJECT, 7, 11 -> 8;
            case 4, BYTE -> 1;
            case 5, 9 -> 2;
            case 6, 10 -> 4;
            default -> throw new IllegalStateException("unknown type " + type);
        };
    }
}
