package dev.postern.auth.credentials.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.postern.auth.Secret;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.CharBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads and writes JSON. Texts under the names given as secret, at any depth below them, become {@link Secret} without ever being a {@code String}. */
public final class Json {
    /** Deeper than any answer of an issuer; keeps a hostile one from exhausting the stack. */
    private static final int MAX_DEPTH = 64;

    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            // Error texts must not quote the document: it may be one with a password in it.
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .disable(JsonReadFeature.ALLOW_TRAILING_COMMA)
            .build();

    private Json() {}

    /** The document must be an object; anything else is a {@link MalformedJson}. */
    public static JsonObject parse(byte[] document, Set<String> secretNames) throws MalformedJson {
        try (JsonParser parser = FACTORY.createParser(document)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new MalformedJson("the document is no object");
            }
            JsonObject object = object(parser, secretNames, false);
            if (parser.nextToken() != null) {
                throw new MalformedJson("something follows the object");
            }
            return object;
        } catch (IOException e) {
            // The parser's own text may quote a piece of the document.
            throw new MalformedJson("not JSON (" + document.length + " bytes)");
        }
    }

    public static JsonObject parse(byte[] document) throws MalformedJson {
        return parse(document, Set.of());
    }

    private static JsonObject object(JsonParser parser, Set<String> secretNames, boolean secret) throws IOException {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            members.put(name, value(parser, secretNames, secret || secretNames.contains(name)));
        }
        return new JsonObject(members);
    }

    private static List<@Nullable Object> list(JsonParser parser, Set<String> secretNames, boolean secret)
            throws IOException {
        List<@Nullable Object> values = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            values.add(value(parser, secretNames, secret));
        }
        return values;
    }

    private static @Nullable Object value(JsonParser parser, Set<String> secretNames, boolean secret)
            throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser, secretNames, secret);
            case START_ARRAY -> list(parser, secretNames, secret);
            case VALUE_STRING -> secret ? secret(parser) : parser.getText();
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            case null, default -> throw new IOException("unexpected token");
        };
    }

    private static Secret secret(JsonParser parser) throws IOException {
        return Secret.ofText(
                CharBuffer.wrap(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength()));
    }

    /** Writes maps, {@link JsonObject}s, lists, texts, {@link Secret}s, numbers, booleans and null. The caller wipes the bytes. */
    public static byte[] write(Map<String, ? extends @Nullable Object> members) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator generator = FACTORY.createGenerator(out)) {
            writeObject(generator, members);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static void writeObject(JsonGenerator generator, Map<String, ? extends @Nullable Object> members)
            throws IOException {
        generator.writeStartObject();
        for (var member : members.entrySet()) {
            generator.writeFieldName(member.getKey());
            writeValue(generator, member.getValue());
        }
        generator.writeEndObject();
    }

    @SuppressWarnings("unchecked")
    private static void writeValue(JsonGenerator generator, @Nullable Object value) throws IOException {
        switch (value) {
            case null -> generator.writeNull();
            case String text -> generator.writeString(text);
            case Secret secret -> generator.writeString(secret.reveal());
            case Boolean flag -> generator.writeBoolean(flag);
            case Double number -> generator.writeNumber(number);
            case Number number -> generator.writeNumber(number.longValue());
            case JsonObject object -> writeObject(generator, object.toMap());
            case Map<?, ?> map -> writeObject(generator, (Map<String, @Nullable Object>) map);
            case List<?> list -> {
                generator.writeStartArray();
                for (Object element : list) {
                    writeValue(generator, element);
                }
                generator.writeEndArray();
            }
            default -> throw new IllegalArgumentException("no JSON for " + value.getClass());
        }
    }

    /** What came is not the JSON that was expected. The message quotes nothing of it. */
    public static final class MalformedJson extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedJson(String message) {
            super(message);
        }
    }
}
