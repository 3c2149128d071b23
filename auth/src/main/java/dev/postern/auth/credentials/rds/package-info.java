/** RDS IAM: login tokens signed here with credentials of AWS' usual sources. Knows AWS' signatures, not PostgreSQL. */
@NullMarked
package dev.postern.auth.credentials.rds;

import org.jspecify.annotations.NullMarked;
