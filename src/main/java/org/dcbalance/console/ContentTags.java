package org.dcbalance.console;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.springframework.core.io.Resource;
import org.springframework.util.DigestUtils;

/**
 * Tag a file by its content, read once per version of it. The tags are weak, since a strong one
 * would forbid to compress the file on its way.
 */
final class ContentTags implements Function<Resource, String> {
  private final Map<Version, String> tags = new ConcurrentHashMap<>();

  @Override
  public String apply(Resource file) {
    try {
      var version =
          new Version(file.getURL().toString(), file.lastModified(), file.contentLength());
      return tags.computeIfAbsent(version, unseen -> tag(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String tag(Resource file) {
    try (var content = file.getInputStream()) {
      return "W/\"" + DigestUtils.md5DigestAsHex(content) + "\"";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private record Version(String url, long modified, long length) {}
}
