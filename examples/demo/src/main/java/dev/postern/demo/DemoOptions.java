package dev.postern.demo;

import java.nio.file.Path;

/**
 * @param port of the gateway on 127.0.0.1
 * @param adminPort of its status page on 127.0.0.1
 * @param folder where the files go that a user reads
 */
record DemoOptions(int port, int adminPort, Path folder) {}
