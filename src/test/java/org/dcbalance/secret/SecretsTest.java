package org.dcbalance.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HexFormat;
import java.util.function.Consumer;
import org.dcbalance.database.DatabaseKind;
import org.dcbalance.database.DatabaseSettings;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Secrets lie sealed in a real database, and open at their place and with their key alone. */
@ConsoleTest
class SecretsTest {
  private static final Operator AMY = new Operator("amy");
  private static final String CLEAR = "correct-horse-battery-staple";

  @Autowired private Secrets secrets;
  @Autowired private JdbcClient jdbc;
  @TempDir private Path folder;

  @AfterEach
  void tidyUp() {
    jdbc.sql("delete from secret where place like 'test/%'").update();
  }

  @Test
  void whatIsKeptOpensAndIsReplaced() {
    assertThat(secrets.open("test/a")).isEmpty();
    assertThat(secrets.about("test/a")).isEmpty();
    secrets.put("test/a", CLEAR, AMY);
    assertThat(secrets.open("test/a")).hasValue(CLEAR);
    assertThat(secrets.about("test/a"))
        .hasValueSatisfying(k -> assertThat(k.by()).isEqualTo("amy"));
    secrets.put("test/a", "é, ünd 日本", new Operator("bob"));
    assertThat(secrets.open("test/a")).hasValue("é, ünd 日本");
    assertThat(secrets.about("test/a"))
        .hasValueSatisfying(k -> assertThat(k.by()).isEqualTo("bob"));
    secrets.forget("test/a");
    assertThat(secrets.open("test/a")).isEmpty();
  }

  @Test
  void noTableHoldsTheClearText() {
    secrets.put("test/a", CLEAR, AMY);
    var hex = HexFormat.of().formatHex(CLEAR.getBytes(StandardCharsets.UTF_8));
    assertThat(tablesWith(CLEAR)).isZero();
    assertThat(tablesWith(hex)).as("bytes are shown in hexadecimal").isZero();
    assertThat(tablesWith("test/a")).as("the search finds what is there").isOne();
  }

  private int tablesWith(String text) {
    int found = 0;
    var tables =
        jdbc.sql(
                """
                select cast(cast(c.oid as regclass) as text) from pg_class c
                where c.relkind = 'r' and c.relnamespace = cast('public' as regnamespace)
                """)
            .query(String.class)
            .list();
    assertThat(tables).hasSizeGreaterThan(20);
    for (var table : tables) {
      found +=
          jdbc.sql(
                      "select count(*) > 0 from %s t where position(:text in cast(t as text)) > 0"
                          .formatted(table))
                  .param("text", text)
                  .query(Boolean.class)
                  .single()
              ? 1
              : 0;
    }
    return found;
  }

  @Test
  void twoEqualSecretsLookDifferent() {
    secrets.put("test/a", CLEAR, AMY);
    secrets.put("test/b", CLEAR, AMY);
    var first = sealed("test/a");
    assertThat(first).isNotEqualTo(sealed("test/b"));
    secrets.put("test/a", CLEAR, AMY);
    assertThat(sealed("test/a")).as("sealed again").isNotEqualTo(first);
  }

  @Test
  void aRowThatIsCopiedOverAnotherOneDoesNotOpen() {
    secrets.put("test/a", CLEAR, AMY);
    secrets.put("test/b", "another one", AMY);
    jdbc.sql(
            "update secret set sealed = (select sealed from secret where place = 'test/a')"
                + " where place = 'test/b'")
        .update();
    assertProblem(
        () -> secrets.open("test/b"),
        p ->
            assertThat(p.sentence())
                .contains("The secret test/b cannot be opened")
                .doesNotContain(CLEAR));
    assertThat(secrets.open("test/a")).hasValue(CLEAR);
  }

  @Test
  void aDamagedOrShortenedTextIsSaidToBe() {
    for (var damage :
        new String[] {
          "set_byte(sealed, length(sealed) - 1, get_byte(sealed, length(sealed) - 1) # 1)",
          "set_byte(sealed, 0, get_byte(sealed, 0) # 1)",
          "substring(sealed from 1 for 20)",
          "''"
        }) {
      secrets.put("test/a", CLEAR, AMY);
      jdbc.sql("update secret set sealed = " + damage + " where place = 'test/a'").update();
      assertProblem(
          () -> secrets.open("test/a"), p -> assertThat(p.sentence()).contains("damaged"));
    }
  }

  @Test
  void anotherKeyOpensNothingAndSaysWhichOneIsMissing() throws IOException {
    secrets.put("test/a", CLEAR, AMY);
    var other = with(keyFile("other", KeyRing.fresh()), false);
    assertProblem(
        () -> other.open("test/a"),
        p -> {
          assertThat(p.sentence()).contains("was sealed with the key", "which is not in");
          assertThat(p.advice()).startsWith("Maybe add that key");
        });
    // even when the row claims to be sealed with that key
    other.put("test/b", "x", AMY);
    jdbc.sql(
            "update secret set key_id = (select key_id from secret where place = 'test/b')"
                + " where place = 'test/a'")
        .update();
    assertProblem(() -> other.open("test/a"), p -> assertThat(p.sentence()).contains("damaged"));
  }

  @Test
  void aNewKeyInFrontSealsAndTheOldOneStillOpens() throws IOException {
    var old = KeyRing.fresh();
    with(keyFile("old", old), false).put("test/a", CLEAR, AMY);
    var both = with(keyFile("both", KeyRing.fresh() + "\n" + old), false);
    assertThat(both.open("test/a")).hasValue(CLEAR);
    both.put("test/a", CLEAR, AMY);
    assertProblem(() -> with(folder.resolve("old"), false).open("test/a"), p -> {});
    assertThat(both.open("test/a")).hasValue(CLEAR);
  }

  @Test
  void withTheEmbeddedDatabaseAKeyIsMadeForItsOwnerAloneWhenTheFirstSecretIsKept()
      throws IOException {
    var console = with(null, true);
    var file = folder.resolve("secret-key");
    assertThat(file).doesNotExist();
    console.put("test/a", CLEAR, AMY);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(with(null, true).open("test/a")).as("after a new start").hasValue(CLEAR);
    Files.delete(file);
    assertProblem(
        () -> with(null, true).open("test/a"),
        p -> assertThat(p.sentence()).contains("cannot be read"));
    assertThat(file).as("a lost key is not replaced behind one's back").doesNotExist();
  }

  @Test
  void withAnotherDatabaseAndNoKeyFileSecretsAreRefused() {
    var console = with(null, false);
    assertProblem(
        console::requireKey,
        p -> {
          assertThat(p.sentence()).contains("no key to seal secrets with");
          assertThat(p.advice()).startsWith("Maybe set DCBALANCE_SECRET_KEY_FILE");
        });
    assertProblem(() -> console.put("test/a", CLEAR, AMY), p -> {});
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aKeyFileThatIsNoneStopsTheStartWithoutTellingWhatIsInIt() throws IOException {
    for (var content : new String[] {"", "# nothing\n", "c2hvcnQ=", "not base64 at all!"}) {
      var console = with(keyFile("bad", content), false);
      assertProblem(
          console::afterSingletonsInstantiated,
          p -> {
            assertThat(p.sentence()).contains("key file");
            assertThat(p.sentence() + p.advice() + p.getCause())
                .doesNotContain("c2hvcnQ=", "not base64");
          });
    }
    assertProblem(
        with(folder.resolve("missing"), true)::afterSingletonsInstantiated,
        p -> assertThat(p.sentence()).contains("cannot be read"));
  }

  private byte[] sealed(String place) {
    return jdbc.sql("select sealed from secret where place = ?")
        .param(place)
        .query(byte[].class)
        .single();
  }

  private Path keyFile(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private Secrets with(Path keyFile, boolean embedded) {
    return new Secrets(
        jdbc,
        new SecretSettings(keyFile),
        new DatabaseSettings(folder, Duration.ofSeconds(1)),
        new DatabaseKind(embedded));
  }

  private static void assertProblem(Runnable what, Consumer<Problem> how) {
    assertThatExceptionOfType(Problem.class).isThrownBy(what::run).satisfies(how);
  }
}
