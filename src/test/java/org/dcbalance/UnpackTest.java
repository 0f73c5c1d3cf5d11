package org.dcbalance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What unpacking refuses; that it works is shown by every story, which starts from its result. */
class UnpackTest {
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  private int run(String... args) {
    return Unpack.run(args, new PrintStream(said, true), new PrintStream(said, true));
  }

  @Test
  void without_a_folder_it_tells_how_it_is_called() {
    assertThat(run("unpack")).isEqualTo(2);
    assertThat(said.toString()).contains("unpack FOLDER");
  }

  @Test
  void classes_that_were_not_packaged_cannot_be_unpacked(@TempDir Path folder) {
    assertThat(run("unpack", folder.toString())).isEqualTo(1);
    assertThat(said.toString()).contains("Only the packaged program").contains("Maybe");
    assertThat(folder).isEmptyDirectory();
  }
}
