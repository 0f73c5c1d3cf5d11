package org.dcbalance.csv;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvTest {
  @Test
  void quotesWhatNeedsItAndEndsRowsAsTheStandardSays() throws IOException {
    var text = new StringBuilder();
    var table = new Csv(text, "name", "note");
    table.row("web-07", "says \"hello\", twice");
    table.row(null, "two\nlines");
    table.row(List.of("a", "b"), -4.5);
    assertThat(text)
        .hasToString(
            "name,note\r\n"
                + "web-07,\"says \"\"hello\"\", twice\"\r\n"
                + ",\"two\nlines\"\r\n"
                + "\"a; b\",-4.5\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "  =HYPERLINK(\"http://evil\")",
        "\uff1d1+1",
        "=cmd|'/c calc'!A1"
      })
  void aNameThatBeginsLikeAFormulaIsText(String name) throws IOException {
    assertThat(Csv.cell(name).replaceFirst("^\"", "")).startsWith("'");
  }

  @Test
  void ordinaryNamesStayAsTheyAre() throws IOException {
    assertThat(Csv.cell("web-07")).isEqualTo("web-07");
    assertThat(Csv.cell("a=b")).isEqualTo("a=b");
    assertThat(Csv.cell("")).isEmpty();
  }
}
