/** An application with a database for each tenant, behind one gateway. */
@NullMarked
package dev.postern.tenants;

import org.jspecify.annotations.NullMarked;
