package dev.postern.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs PostgreSQL's programs as the account they need.
 *
 * @param binaries what to run
 * @param account as whom
 * @param folder where, and where their output goes for as long as they run
 */
record PostgresPrograms(PostgresBinaries binaries, Account account, Path folder) {
    private static final int DEADLINE_SECONDS = 90;

    void run(String program, String... arguments) throws IOException, InterruptedException, DemoFailure {
        runWithInput("", program, arguments);
    }

    /**
     * Returns when the program ended well.
     *
     * @throws DemoFailure it did not; the message has what it said
     */
    void runWithInput(String input, String program, String... arguments)
            throws IOException, InterruptedException, DemoFailure {
        List<String> words = new ArrayList<>(List.of(binaries.program(program)));
        words.addAll(List.of(arguments));
        Path output = Files.createTempFile(folder, program + "-", ".txt");
        Process process = new ProcessBuilder(account.command(words))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try (var stdin = process.outputWriter()) {
            stdin.write(input);
        } catch (IOException endedEarly) {
            // Its exit code and output say why.
        }
        if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new DemoFailure("%s did not end within %d seconds".formatted(program, DEADLINE_SECONDS));
        }
        String said = Files.readString(output).strip();
        Files.delete(output);
        if (process.exitValue() != 0) {
            throw new DemoFailure("%s failed with exit code %d: %s".formatted(program, process.exitValue(), said));
        }
    }
}
