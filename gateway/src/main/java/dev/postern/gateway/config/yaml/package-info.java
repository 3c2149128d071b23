/** YAML nodes to records, with a position for every problem. Knows records and their components, not what they mean. */
@NullMarked
package dev.postern.gateway.config.yaml;

import org.jspecify.annotations.NullMarked;
