/**
 * The configuration: one immutable record for each YAML object, its defaults, the rules between records, and the loader
 * that gives either a whole configuration or all of its problems. Uses nothing else inside the gateway.
 */
@NullMarked
package dev.postern.gateway.config;

import org.jspecify.annotations.NullMarked;
