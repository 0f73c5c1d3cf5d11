package org.dcbalance.hypervisor.libvirt;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The beginning of a file with a QEMU guest's memory, as libvirt writes it: a header (struct
 * virQEMUSaveHeader of libvirt's qemu_saveimage.h), the guest's XML, a cookie with what its CPU
 * turned out to be, and room to spare. QEMU's own stream follows. libvirt keeps 64 KiB to spare
 * since 1.2, and fills up what a new XML leaves over.
 */
final class SaveImage {
  /** Bytes of the header. */
  static final int HEADER = 92;

  /** How it begins once it is complete; until then it says "LibvirtQemudPart". */
  static final byte[] MAGIC = "LibvirtQemudSave".getBytes(StandardCharsets.US_ASCII);

  private static final int VERSION_AT = 16;
  private static final int LENGTH_AT = 20;
  private static final int COOKIE_AT = 32;
  private static final int VERSION = 2;
  private static final int MOST = 16 << 20;

  private final byte[] header;
  private final String xml;
  private final String cookie;
  private final int length;

  private SaveImage(byte[] header, String xml, String cookie, int length) {
    this.header = header;
    this.xml = xml;
    this.cookie = cookie;
    this.length = length;
  }

  /**
   * Tell how many bytes there are before QEMU's stream.
   *
   * @throws LibvirtFailure if it is not such a file, or of another byte order or version
   */
  static int length(byte[] header) {
    if (header.length < HEADER || !Arrays.equals(header, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new LibvirtFailure(27, "it does not begin as a saved memory does");
    }
    var numbers = numbers(header);
    int version = numbers.getInt(VERSION_AT);
    int data = numbers.getInt(LENGTH_AT);
    if (version != VERSION || data <= 0 || data > MOST) {
      throw new LibvirtFailure(27, "it is a saved memory of a form that is not known");
    }
    return HEADER + data;
  }

  /** Read as many bytes as {@link #length} says. */
  static SaveImage of(byte[] beginning) {
    int length = length(beginning);
    int cookieAt = numbers(beginning).getInt(COOKIE_AT);
    if (beginning.length < length || cookieAt < 0 || HEADER + cookieAt > length) {
      throw new LibvirtFailure(27, "it is shorter than its header says");
    }
    return new SaveImage(
        Arrays.copyOf(beginning, HEADER),
        text(beginning, HEADER, length),
        cookieAt == 0 ? "" : text(beginning, HEADER + cookieAt, length),
        length);
  }

  private static ByteBuffer numbers(byte[] header) {
    return ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static String text(byte[] bytes, int from, int to) {
    int end = from;
    while (end < to && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, from, end - from, StandardCharsets.UTF_8);
  }

  String xml() {
    return xml;
  }

  /**
   * Give the same beginning with another XML, in exactly as many bytes.
   *
   * @throws LibvirtFailure if it does not fit
   */
  byte[] with(String otherXml) {
    var guest = otherXml.getBytes(StandardCharsets.UTF_8);
    var more = cookie.getBytes(StandardCharsets.UTF_8);
    int needed = HEADER + guest.length + 1 + (more.length == 0 ? 0 : more.length + 1);
    if (needed > length) {
      throw new LibvirtFailure(
          27, "its header has room for %d bytes, and %d are needed".formatted(length, needed));
    }
    var bytes = Arrays.copyOf(header, length);
    System.arraycopy(guest, 0, bytes, HEADER, guest.length);
    if (more.length > 0) {
      int at = guest.length + 1;
      System.arraycopy(more, 0, bytes, HEADER + at, more.length);
      numbers(bytes).putInt(COOKIE_AT, at);
    }
    return bytes;
  }
}
