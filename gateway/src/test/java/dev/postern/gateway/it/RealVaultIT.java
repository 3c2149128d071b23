package dev.postern.gateway.it;

import dev.postern.gateway.it.harness.OnRealVault;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The scenarios of Vault once more, with a process of Vault or OpenBao in the place of the double: {@code scripts/vault-real}.
 * Without a binary they are skipped. What needs more than one node, a quota or the double's own knobs is not among them.
 */
@ExtendWith(OnRealVault.class)
class RealVaultIT {
    @Nested
    class Rotation extends VaultRotationIT {}

    @Nested
    class Outage extends VaultOutageIT {}

    @Nested
    class Outages extends VaultOutagesIT {}

    @Nested
    class Return extends VaultReturnIT {}

    @Nested
    class Passwords extends VaultPasswordsIT {}

    @Nested
    class Tenants extends VaultTenantsIT {}

    @Nested
    class Setup extends VaultSetupIT {}

    @Nested
    class Load extends RotationLoadIT {}

    @Nested
    class LongRuns extends VaultLongIT {}
}
