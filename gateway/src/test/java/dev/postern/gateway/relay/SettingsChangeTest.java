package dev.postern.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsChangeTest {
    private static SessionSettings settings(String... namesAndValues) {
        SessionSettings settings = SessionSettings.NONE;
        for (int i = 0; i < namesAndValues.length; i += 2) {
            settings = settings.with(namesAndValues[i], namesAndValues[i + 1]);
        }
        return settings;
    }

    @Test
    void setsWhatDiffersAndResetsWhatIsTooMuch() {
        String sql = SettingsChange.between(
                settings("timezone", "UTC", "work_mem", "4MB", "datestyle", "ISO"),
                settings("timezone", "Asia/Tokyo", "datestyle", "ISO"));

        assertThat(sql).isEqualTo("RESET \"work_mem\";SET \"timezone\" TO E'Asia/Tokyo';");
    }

    @Test
    void isNobodyElseWhileItSets() {
        assertThat(SettingsChange.between(
                        settings("role", "a", "work_mem", "4MB"), settings("role", "b", "log_statement", "all")))
                .isEqualTo("RESET ROLE;RESET \"work_mem\";SET \"log_statement\" TO E'all';SET \"role\" TO E'b';");
    }

    @Test
    void keepsAListAList() {
        assertThat(SettingsChange.between(SessionSettings.NONE, settings("search_path", "\"$user\", public")))
                .isEqualTo("SET \"search_path\" TO E'$user',E'public';");
    }

    /** SET would write them in another way. */
    @Test
    void leavesListsAndNamesThatAreNotPlainToSetConfig() {
        assertThat(SettingsChange.between(SessionSettings.NONE, settings("search_path", "a,B", "app.caf\u00e9", "x")))
                .isEqualTo("SELECT pg_catalog.set_config(E'app.caf\\u00e9',E'x',false);"
                        + "SELECT pg_catalog.set_config(E'search_path',E'a,B',false);");
    }

    @Test
    void quotesWhatCouldEndALiteral() {
        assertThat(SettingsChange.between(SessionSettings.NONE, settings("application_name", "a'b\\c;\n--")))
                .isEqualTo("SET \"application_name\" TO E'a''b\\\\c;\\u000a--';");
    }

    @Test
    void writesEverythingInAscii() {
        String sql =
                SettingsChange.between(SessionSettings.NONE, settings("application_name", "caf\u00e9 \ud83d\ude00"));

        assertThat(sql).contains("caf\\u00e9 \\U0001f600");
        assertThat(sql.chars()).allMatch(c -> c < 0x80);
    }

    @Test
    void quotesHostileNames() {
        String sql = SettingsChange.between(settings("x\";drop table t;--", "1", "a.b", "2"), SessionSettings.NONE);

        assertThat(sql).isEqualTo("RESET \"a\".\"b\";RESET \"x\"\";drop table t;--\";");
    }

    @Test
    void resetsEverythingWhereANameCannotBeWrittenInAscii() {
        String sql = SettingsChange.between(settings("app.caf\u00e9", "1"), settings("timezone", "UTC"));

        assertThat(sql)
                .startsWith("RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;")
                .contains("timezone");
        assertThat(sql.chars()).allMatch(c -> c < 0x80);
    }

    @Test
    void beginsFromNothingWhenTheServersSettingsAreUnknown() {
        assertThat(SettingsChange.fromUnknown(SessionSettings.of(Map.of("DateStyle", "ISO"))))
                .isEqualTo("RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;" + "SET \"datestyle\" TO E'ISO';");
    }
}
