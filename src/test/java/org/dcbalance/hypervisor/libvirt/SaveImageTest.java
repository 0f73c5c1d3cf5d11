package org.dcbalance.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SaveImageTest {
  private static final String XML = "<domain><name>db-01</name></domain>";
  private static final String COOKIE = "<cookie><cpu/></cookie>";
  private static final int SPARE = 40;

  /** As libvirt writes it: magic, version 2, length, running, not compressed, cookie, unused. */
  private static byte[] image(String cookie) {
    int xml = XML.length() + 1;
    int data = xml + (cookie.isEmpty() ? 0 : cookie.length() + 1) + SPARE;
    var bytes = ByteBuffer.allocate(SaveImage.HEADER + data).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put("LibvirtQemudSave".getBytes(StandardCharsets.US_ASCII));
    bytes.putInt(2).putInt(data).putInt(1).putInt(0).putInt(cookie.isEmpty() ? 0 : xml);
    bytes.position(SaveImage.HEADER);
    bytes.put(XML.getBytes(StandardCharsets.UTF_8)).put((byte) 0);
    bytes.put(cookie.getBytes(StandardCharsets.UTF_8));
    return bytes.array();
  }

  @Test
  void anotherXmlTakesItsPlaceAndTheCookieFollowsIt() {
    var before = image(COOKIE);
    var image = SaveImage.of(before);
    assertThat(image.xml()).isEqualTo(XML);
    var longer = XML.replace("db-01", "db-01-as-it-was-today");
    var after = image.with(longer);
    assertThat(after).hasSameSizeAs(before);
    assertThat(Arrays.copyOf(after, 32))
        .as("all but where it lies")
        .isEqualTo(Arrays.copyOf(before, 32));
    var again = SaveImage.of(after);
    assertThat(again.xml()).isEqualTo(longer);
    assertThat(again.with(XML)).as("nothing of the longer one is left").isEqualTo(before);
  }

  @Test
  void oneWithoutACookieHasNoneAfterwards() {
    var before = image("");
    assertThat(SaveImage.of(before).with(XML)).isEqualTo(before);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    var image = SaveImage.of(image(COOKIE));
    assertThatThrownBy(() -> image.with(XML + " ".repeat(SPARE + 1)))
        .hasMessageContaining("has room for");
    assertThat(SaveImage.of(image.with(XML + " ".repeat(SPARE - 1))).xml()).startsWith(XML);
  }

  @Test
  void otherFilesAreNotWrittenTo() {
    assertThatThrownBy(() -> SaveImage.length(new byte[SaveImage.HEADER]))
        .hasMessageContaining("does not begin");
    var unfinished = image(COOKIE);
    unfinished[12] = 'P';
    assertThatThrownBy(() -> SaveImage.length(unfinished)).hasMessageContaining("does not begin");
    var otherOrder = image(COOKIE);
    otherOrder[16] = 0;
    otherOrder[19] = 2;
    assertThatThrownBy(() -> SaveImage.length(otherOrder)).hasMessageContaining("not known");
    assertThatThrownBy(() -> SaveImage.of(Arrays.copyOf(image(COOKIE), SaveImage.HEADER + 5)))
        .hasMessageContaining("shorter");
  }
}
