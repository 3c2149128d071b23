package dev.postern.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.Secret;
import org.junit.jupiter.api.Test;

class UserListTest {
    @Test
    void readsWhatPgBouncerReads() {
        UserList list = UserList.parse("""
                ; comment
                "app" "secret"

                  "o""neil" "with ""quotes"" inside"   rest of the line
                "hashed"\t"md532333435363738393031323334353637"
                "app" "later"
                "trusted" ""
                """, "userlist.txt");

        assertThat(list.problems()).isEmpty();
        assertThat(list.names()).containsExactly("app", "o\"neil", "hashed", "trusted");
        assertThat(list.users())
                .containsOnlyKeys("app", "o\"neil", "hashed")
                .containsEntry("app", Secret.ofText("later"))
                .containsEntry("o\"neil", Secret.ofText("with \"quotes\" inside"));
    }

    @Test
    void reportsEveryBrokenLineWithoutItsContents() {
        UserList list = UserList.parse("\"app\" \"s\"\napp hunter2\n\"a\" \"hunter2\n\"\" \"x\"\n\"a\"x\"b\"", "u.txt");

        assertThat(list.users()).containsOnlyKeys("app");
        assertThat(list.problems().stream().map(Object::toString))
                .hasSize(4)
                .allSatisfy(line ->
                        assertThat(line).contains("is no user with a secret").doesNotContain("hunter2"))
                .first()
                .asString()
                .startsWith("u.txt:2:1: ");
    }
}
