package dev.postern.gateway.config.yaml;

import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/** The text of one YAML document to its root node; a syntax error becomes one problem with its position. */
public final class YamlText {
    /** Characters of one file: 10,000 routes take about 6 million. */
    private static final int MAX_CHARACTERS = 64 * 1024 * 1024;

    private static final LoadSettings SETTINGS = LoadSettings.builder()
            .setCodePointLimit(MAX_CHARACTERS)
            .setAllowNonScalarKeys(true)
            .build();

    private YamlText() {}

    /** The root, or nothing and one problem. */
    public static Optional<Node> parse(String text, Problems problems) {
        try {
            var parser = new DepthLimitedParser(new ParserImpl(SETTINGS, new StreamReader(SETTINGS, text)));
            Optional<Node> root = new Composer(SETTINGS, parser).getSingleNode();
            if (root.isEmpty()) {
                problems.report(KeyPath.ROOT, "the file is empty", "at least listeners and routes");
            }
            return root;
        } catch (MarkedYamlEngineException e) {
            report(e, problems);
        } catch (ReaderException e) {
            String what = String.format("the character U+%04X is not allowed in YAML", e.getCodePoint());
            problems.report(problemAtOffset(problems.file(), text, e.getPosition(), what));
        } catch (YamlEngineException e) {
            problems.report(KeyPath.ROOT, Printable.text(String.valueOf(e.getMessage())), "");
        }
        return Optional.empty();
    }

    private static void report(MarkedYamlEngineException e, Problems problems) {
        if (e.getProblem().contains("(TAB)")) {
            problems.reportAt(e.getProblemMark(), KeyPath.ROOT, "a tab cannot stand here", "spaces");
            return;
        }
        StringBuilder what = new StringBuilder();
        if (e.getContext() != null) {
            what.append(Printable.text(e.getContext()));
            e.getContextMark()
                    .ifPresent(mark -> what.append(" that begins at ")
                            .append(mark.getLine() + 1)
                            .append(':')
                            .append(mark.getColumn() + 1));
            what.append(": ");
        }
        problems.reportAt(
                e.getProblemMark(),
                KeyPath.ROOT,
                what.append(Printable.text(e.getProblem())).toString(),
                "");
    }

    /** The reader counts characters (code points) from the start of the text, and no lines. */
    private static Problem problemAtOffset(String file, String text, int offset, String what) {
        int line = 1;
        int column = 1;
        int index = 0;
        for (int seen = 0; seen < offset && index < text.length(); seen++) {
            int point = text.codePointAt(index);
            index += Character.charCount(point);
            column = point == '\n' ? 1 : column + 1;
            line += point == '\n' ? 1 : 0;
        }
        return new Problem(file, line, column, "", what, "");
    }
}
